"""What explains a network, in TensorFlow: its gradients, by operations that LiteRT has."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import tensorflow as tf

from moodplayer.training import architectures
from moodplayer.training.recipe import Recipe

CAM_PLACES = 12
"""At 6x6, the last size, a place may carry what was seen elsewhere: the choice was made on faces held out
(`bench/cams.py`)."""


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _relu(x: tf.Tensor) -> Any:
    # LiteRT has no ReluGrad; a mask made by a cast is the same.
    return tf.nn.relu(x), lambda dy: dy * tf.cast(x > 0, dy.dtype)


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _max_pool(x: tf.Tensor) -> Any:
    # LiteRT has no MaxPoolGrad; spread the gradient over each 2x2 window and keep it where the maximum is.
    pooled = tf.nn.max_pool2d(x, 2, 2, "SAME")

    def gradient(dy: tf.Tensor) -> tf.Tensor:
        size = (x.shape[1], x.shape[2])
        spread = tf.image.resize(dy, size, "nearest")
        return spread * tf.cast(x >= tf.image.resize(pooled, size, "nearest"), dy.dtype)

    return pooled, gradient


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _mean_pool(x: tf.Tensor) -> Any:
    # LiteRT has no AvgPoolGrad; each pixel of a 2x2 window gets a quarter.
    size = (x.shape[1], x.shape[2])
    return tf.nn.avg_pool2d(x, 2, 2, "VALID"), lambda dy: tf.image.resize(dy, size, "nearest") / 4


class Relu(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _relu(x)


class MaxPool(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _max_pool(x)


class MeanPool(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _mean_pool(x)


class Explained:
    """A network that says why, with the weights of a trained one.

    `temperatures`, by head, divide the logits. Its methods take crops, float32
    (B, 48, 48, 1), and what is asked about each, float32 (B, 7): how much
    each emotion's logit counts. 1 for sad asks why sad, and -1 for neutral
    besides why sad and not neutral; all 0 asks about whatever is read.
    `places` is how many the features that `grad_cam` looks at have at least in
    height and in width: the last such are taken.
    """

    def __init__(
        self,
        model: keras.Model,
        recipe: Recipe,
        temperatures: Mapping[str, float],
        *,
        places: int = CAM_PLACES,
    ) -> None:
        twin = architectures.build(recipe, architectures.Parts(Relu, MaxPool, MeanPool))
        twin.set_weights(model.get_weights())
        self.network = twin
        self.temperatures = temperatures
        maps = [
            layer.output
            for layer in twin.layers
            if isinstance(layer, Relu) and len(layer.output.shape) == 4 and layer.output.shape[1] >= places
        ]
        self._with_features = keras.Model(twin.inputs, {"features": maps[-1], **twin.output})

    def decide(self, crop: tf.Tensor) -> dict[str, tf.Tensor]:
        """`probabilities` (B, 7) and, where there are two heads, what the `labels` (B, 7) would say."""
        logits = self.network(crop, training=False)
        outputs = {"probabilities": tf.nn.softmax(self.deciding(logits))}
        if "votes" in logits:
            outputs["labels"] = tf.nn.softmax(logits["labels"] / self.temperatures["labels"])
        return outputs

    def saliency(self, crop: tf.Tensor, asked: tf.Tensor) -> dict[str, tf.Tensor]:
        """`probabilities`, and `saliency` (B, 48, 48, 1): the gradient of what is asked about, by each pixel.

        By Simonyan et al. (2013).
        """
        with tf.GradientTape() as tape:
            tape.watch(crop)
            logits = self.deciding(self.network(crop, training=False))
            target = _target(logits, asked)
        return {"probabilities": tf.nn.softmax(logits), "saliency": tape.gradient(target, crop)}

    def grad_cam(self, crop: tf.Tensor, asked: tf.Tensor) -> dict[str, tf.Tensor]:
        """`probabilities`, and `grad_cam` (B, places, places): the features, each times its gradient, summed.

        Of Grad-CAM (Selvaraju et al., 2017) the kind that weighs each place by
        its own gradient, not by the mean of all: HiResCAM (Draelos & Carin,
        2020). Not yet cut at 0.
        """
        logits, features, gradient = self.features(crop, asked)
        return {
            "probabilities": tf.nn.softmax(logits),
            "grad_cam": tf.reduce_sum(gradient * features, axis=-1),
        }

    def features(self, crop: tf.Tensor, asked: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
        """The logits that decide (B, 7), and the features that `grad_cam` looks at (B, places, places, C)
        with the gradient by each of what is asked about."""
        with tf.GradientTape() as tape:
            tape.watch(crop)
            outputs = self._with_features(crop, training=False)
            logits = self.deciding(outputs)
            target = _target(logits, asked)
        return logits, outputs["features"], tape.gradient(target, outputs["features"])

    def deciding(self, logits: Mapping[str, tf.Tensor]) -> tf.Tensor:
        """The output that decides in the player: what people see, where the network knows that."""
        head = "votes" if "votes" in logits else "labels"
        return logits[head] / self.temperatures[head]


def _target(logits: tf.Tensor, asked: tf.Tensor) -> tf.Tensor:
    top = tf.cast(logits >= tf.reduce_max(logits, axis=-1, keepdims=True), logits.dtype)
    anything = tf.reduce_max(tf.abs(asked), axis=-1, keepdims=True) > 0
    return tf.reduce_sum(tf.stop_gradient(tf.where(anything, asked, top)) * logits, axis=-1)
