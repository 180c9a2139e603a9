"""A trained network to LiteRT: one file that decides, and one that says why."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeAlias

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras
import msgspec
import numpy as np
import tensorflow as tf

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.errors import DatasetError, ModelError
from moodplayer.training.dataset import Images
from moodplayer.training.detector import DetectorRecipe, build
from moodplayer.training.gradients import Explained
from moodplayer.training.recipe import Recipe
from moodplayer.vision.classifier import EXPLAIN, GRAD_CAM, SALIENCY, Card, Classifier
from moodplayer.vision.detector import Detector

Weights: TypeAlias = Literal["float32", "float16", "int8"]
"""How weights are kept; what is computed with them is float32."""

TOLERANCE = 0.05
"""How far a probability may be from the trained network's after its weights, and what LiteRT multiplies them
by, are rounded to 8 bits: far less than lost weights would do."""

DETECTOR_TOLERANCE = 0.05
"""How far a face's score may be from the trained detector's, likewise."""


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
    explained = Explained(model, recipe, temperatures)
    folder = file.parent
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        part = Path(made) / file.name
        content = _convert(explained, ("decide",), weights)
        part.write_bytes(content)
        # A gradient through layers rounded to 8 bits is mostly that rounding: it agrees with the true one to
        # a correlation of 0.96, in 16 bits to 0.998.
        finer: Weights = "float16" if weights == "int8" else weights
        part.with_name(EXPLAIN).write_bytes(_convert(explained, (SALIENCY, GRAD_CAM), finer))
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
        difference = _difference(model, explained, Classifier(part), sample)
        if not difference <= TOLERANCE:
            raise ModelError(
                f"the exported network differs from the trained one by {difference:.3f}",
                "a layer was converted wrongly: compare the two layer by layer",
            )
        for name in (EXPLAIN, part.with_suffix(".json").name, part.name):
            part.with_name(name).replace(folder / name)
    return card


def _convert(explained: Explained, names: Sequence[str], weights: Weights) -> bytes:
    crop = tf.TensorSpec((1, CROP_SIZE, CROP_SIZE, 1), tf.float32, name="crop")
    asked = tf.TensorSpec((1, len(EMOTIONS)), tf.float32, name="asked")
    signatures = {"decide": [crop], SALIENCY: [crop, asked], GRAD_CAM: [crop, asked]}
    endpoints = {name: (getattr(explained, name), signatures[name]) for name in names}
    return to_litert(explained.network, endpoints, weights)


def to_litert(
    model: keras.Model,
    endpoints: Mapping[str, tuple[Callable[..., Any], list[tf.TensorSpec]]],
    weights: Weights = "int8",
) -> bytes:
    """What each function computes of its inputs with `model`'s weights, rounded to `weights`.

    A .tflite file's content, with a signature for each, by its name.
    """
    if keras.backend.backend() != "tensorflow":
        raise DatasetError("export needs keras on tensorflow", "set KERAS_BACKEND=tensorflow")
    archive = keras.export.ExportArchive()
    archive.track(model)
    for name, (function, signature) in endpoints.items():
        archive.add_endpoint(name, function, input_signature=signature)
    with tempfile.TemporaryDirectory() as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder, signature_keys=list(endpoints))
        if weights != "float32":
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if weights == "float16":
            converter.target_spec.supported_types = [tf.float16]
        return bytes(converter.convert())


def _difference(model: keras.Model, explained: Explained, exported: Classifier, sample: Images) -> float:
    """The most that any of the exported graphs' probabilities is from the trained network's."""
    logits = explained.deciding(model(sample[..., None].astype(np.float32), training=False))
    expected = keras.ops.convert_to_numpy(keras.ops.softmax(logits))
    graphs = (exported.read, lambda crop: exported.saliency(crop)[0], lambda crop: exported.grad_cam(crop)[0])
    said = np.array([[graph(crop) for crop in sample] for graph in graphs])
    return float(np.abs(said - expected).max())


def export_detector(model: keras.Model, recipe: DetectorRecipe, file: Path, sample: Images) -> None:
    """Write a face detector as `file` (.tflite, 8-bit weights), its scores in [0, 1], for frames of any size.

    `sample`, uint8 (N, HEIGHT, WIDTH), are frames on which the file must give
    each cell the model's score, but for DETECTOR_TOLERANCE on average, or
    ModelError is raised.
    """

    exported = build(recipe, _Doubled)
    exported.set_weights(model.get_weights())

    def scored(frame: tf.Tensor) -> dict[str, tf.Tensor]:
        cells = exported(frame, training=False)
        return {"cells": tf.concat([tf.sigmoid(cells[..., :1]), cells[..., 1:]], axis=-1)}

    signature = tf.TensorSpec((1, None, None, 1), tf.float32, name="frame")
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part.tflite")
    part.write_bytes(to_litert(exported, {"serve": (scored, [signature])}))
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


class _Doubled(keras.layers.Layer):  # type: ignore[misc]  # keras has no types
    """Repeats each pixel, as UpSampling2D does, but the graph holds no size."""

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.depth_to_space(tf.concat([inputs] * 4, axis=-1), 2)
