"""A trained network to LiteRT: one graph that gives the probabilities and the saliency."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import msgspec
import numpy as np
import tensorflow as tf

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.errors import DatasetError, ModelError
from moodplayer.training import architectures
from moodplayer.training.dataset import Images
from moodplayer.training.recipe import Recipe
from moodplayer.vision.classifier import Card, Classifier

TOLERANCE = 0.02
"""How far a probability may be from the trained network's after its weights are rounded to 8 bits."""


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


class _Relu(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _relu(x)


class _MaxPool(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _max_pool(x)


def export(model: keras.Model, recipe: Recipe, file: Path, sample: Images, figures: dict[str, float]) -> Card:
    """Write `model` as `file` (.tflite, 8-bit weights) and its card beside it.

    `sample`, uint8 (N, 48, 48), are faces on which the file must agree with
    the model to TOLERANCE, or ModelError is raised: a conversion can lose the
    weights without a word. Needs keras on its TensorFlow backend.
    """
    if keras.backend.backend() != "tensorflow":
        raise DatasetError("export needs keras on tensorflow", "set KERAS_BACKEND=tensorflow")
    twin = architectures.build(recipe, relu=_Relu, max_pool=_MaxPool)
    twin.set_weights(model.get_weights())
    content = _convert(twin)

    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.tflite")
    part.write_bytes(content)
    card = Card(
        architecture=recipe.architecture,
        labels=tuple(EMOTIONS),
        input=f"float32 (1, {CROP_SIZE}, {CROP_SIZE}, 1), grey, 0 to 255",
        parameters=int(model.count_params()),
        sha256=hashlib.sha256(content).hexdigest(),
        figures=figures,
    )
    text = msgspec.json.format(msgspec.json.encode(card))
    part.with_suffix(".json").write_bytes(text)
    difference = _difference(model, Classifier(part), sample)
    if difference > TOLERANCE:
        raise ModelError(
            f"the exported network differs from the trained one by {difference:.3f}",
            "a layer was converted wrongly: compare the two layer by layer",
        )
    part.with_suffix(".json").replace(file.with_suffix(".json"))
    part.replace(file)
    return card


def _convert(twin: keras.Model) -> bytes:
    def explained(crop: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(crop)
            logits = twin(crop, training=False)
            top = tf.reduce_max(logits, axis=-1)
        return {"probabilities": tf.nn.softmax(logits), "saliency": tape.gradient(top, crop)}

    archive = keras.export.ExportArchive()
    archive.track(twin)
    shape = (1, CROP_SIZE, CROP_SIZE, 1)
    archive.add_endpoint("serve", explained, input_signature=[tf.TensorSpec(shape, tf.float32, name="crop")])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        return bytes(converter.convert())


def _difference(model: keras.Model, exported: Classifier, sample: Images) -> float:
    logits = keras.ops.convert_to_numpy(model(sample[..., None].astype(np.float32), training=False))
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    got = np.array([exported.read(crop) for crop in sample])
    return float(np.abs(got - expected).max())
