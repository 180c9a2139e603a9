"""A trained network to LiteRT: one graph that gives the probabilities and the saliency."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

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
from moodplayer.vision.classifier import EXPLAIN, Card, Classifier
from moodplayer.vision.detector import HEIGHT, WIDTH, Detector

Weights: TypeAlias = Literal["float32", "float16", "int8"]
"""How weights are kept; what is computed with them is float32."""

TOLERANCE = 0.02
"""How far a probability may be from the trained network's after its weights are rounded to 8 bits."""

DETECTOR_TOLERANCE = 0.05
"""How far a face's score may be from the trained detector's, likewise."""


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


class _Relu(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _relu(x)


class _MaxPool(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _max_pool(x)


class _MeanPool(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    def call(self, x: tf.Tensor) -> tf.Tensor:
        return _mean_pool(x)


def export(
    model: keras.Model,
    recipe: Recipe,
    file: Path,
    sample: Images,
    temperatures: Mapping[str, float],
    figures: dict[str, float],
    *,
    weights: Weights = "int8",
) -> Card:
    """Write `model` as `file` (.tflite), in weights of that kind, and beside it its card and EXPLAIN.

    `sample`, uint8 (N, 48, 48), are faces on which both files must agree with
    the model to TOLERANCE, or ModelError is raised: a conversion can lose the
    weights without a word. `temperatures`, by head, divide the logits.
    """
    twin = architectures.build(recipe, architectures.Parts(_Relu, _MaxPool, _MeanPool))
    twin.set_weights(model.get_weights())
    folder = file.parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        part = Path(made) / file.name
        content = _convert(twin, temperatures, explains=False, weights=weights)
        part.write_bytes(content)
        part.with_name(EXPLAIN).write_bytes(_convert(twin, temperatures, explains=True, weights=weights))
        card = Card(
            architecture=recipe.architecture,
            labels=tuple(EMOTIONS),
            input=f"float32 (1, {CROP_SIZE}, {CROP_SIZE}, 1), grey, 0 to 255",
            parameters=int(model.count_params()),
            sha256=hashlib.sha256(content).hexdigest(),
            figures=figures,
            temperatures=dict(temperatures),
        )
        part.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(card)))
        difference = _difference(model, temperatures, Classifier(part), sample)
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the exported network differs from the trained one by {difference:.3f}",
                "a layer was converted wrongly: compare the two layer by layer",
            )
        for name in (EXPLAIN, part.with_suffix(".json").name, part.name):
            part.with_name(name).replace(folder / name)
    return card


def _convert(
    twin: keras.Model, temperatures: Mapping[str, float], *, explains: bool, weights: Weights
) -> bytes:
    def decided(crop: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = twin(crop, training=False)
        outputs = {"probabilities": tf.nn.softmax(_deciding(logits, temperatures))}
        if "votes" in logits:
            outputs["labels"] = tf.nn.softmax(logits["labels"] / temperatures["labels"])
        return outputs

    def explained(crop: tf.Tensor) -> dict[str, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(crop)
            logits = _deciding(twin(crop, training=False), temperatures)
            top = tf.reduce_max(logits, axis=-1)
        return {"probabilities": tf.nn.softmax(logits), "saliency": tape.gradient(top, crop)}

    signature = tf.TensorSpec((1, CROP_SIZE, CROP_SIZE, 1), tf.float32, name="crop")
    return to_litert(twin, explained if explains else decided, signature, weights)


def _deciding(logits: dict[str, tf.Tensor], temperatures: Mapping[str, float]) -> tf.Tensor:
    """The output that decides in the player: what people see, where the network knows that."""
    head = "votes" if "votes" in logits else "labels"
    return logits[head] / temperatures[head]


def to_litert(
    model: keras.Model,
    function: Callable[[tf.Tensor], Any],
    signature: tf.TensorSpec,
    weights: Weights = "int8",
) -> bytes:
    """What `function` computes with `model`'s weights, rounded to `weights`, as a .tflite file's content."""
    if keras.backend.backend() != "tensorflow":
        raise DatasetError("export needs keras on tensorflow", "set KERAS_BACKEND=tensorflow")
    archive = keras.export.ExportArchive()
    archive.track(model)
    archive.add_endpoint("serve", function, input_signature=[signature])
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def _difference(
    model: keras.Model, temperatures: Mapping[str, float], exported: Classifier, sample: Images
) -> float:
    logits = _deciding(model(sample[..., None].astype(np.float32), training=False), temperatures)
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    decided = np.array([exported.read(crop) for crop in sample])
    explained = np.array([exported.read_and_explain(crop)[0] for crop in sample])
    return float(np.abs([decided - expected, explained - expected]).max())


def export_detector(model: keras.Model, file: Path, sample: Images) -> None:
    """Write a face detector as `file` (.tflite, 8-bit weights), its scores in [0, 1].

    `sample`, uint8 (N, HEIGHT, WIDTH), are frames on which the file must give
    each cell the model's score, but for DETECTOR_TOLERANCE on average, or
    ModelError is raised.
    """

    def scored(frame: tf.Tensor) -> dict[str, tf.Tensor]:
        cells = model(frame, training=False)
        return {"cells": tf.concat([tf.sigmoid(cells[..., :1]), cells[..., 1:]], axis=-1)}

    signature = tf.TensorSpec((1, HEIGHT, WIDTH, 1), tf.float32, name="frame")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.tflite")
    part.write_bytes(to_litert(model, scored, signature))
    expected = keras.ops.convert_to_numpy(
        keras.ops.sigmoid(model.predict(sample[..., None].astype(np.float32), verbose=0)[..., 0])
    )
    detector = Detector(part)
    got = np.array([detector.cells(frame)[..., 0] for frame in sample])
    # Most cells hold nothing in both; those that hold most are the ones that count.
    highest = expected >= np.percentile(expected, 99)
    difference = float(np.abs(got - expected)[highest].mean())
    if not difference < DETECTOR_TOLERANCE:
        raise ModelError(
            f"the exported detector differs from the trained one by {difference:.3f}",
            "a layer was converted wrongly: compare the two layer by layer",
        )
    part.replace(file)
