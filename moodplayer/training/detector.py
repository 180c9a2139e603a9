"""The face detector: its network, what it learns, and how; in Keras 3, for any backend."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import cv2
import keras
import msgspec
import numpy as np
import numpy.typing as npt
from keras import layers, ops
from msgspec import Meta

from moodplayer.training import scenes
from moodplayer.training.material import Material
from moodplayer.training.recipe import Positive, Share
from moodplayer.training.scenes import Plan, Scene
from moodplayer.training.train import Checkpoint, Run
from moodplayer.vision.detector import CELL, GEOMETRY, HEIGHT, WIDTH, centres_of, fitted

if TYPE_CHECKING:
    from moodplayer.domain import Image

Floats = npt.NDArray[np.float32]

ROWS, COLUMNS = HEIGHT // CELL, WIDTH // CELL
TRAINING = Plan(close_ups=0.12)
"""What the scenes are like that it learns from."""

_SPREAD = 0.11
"""Of a face's peak in the heat map: its standard deviation, as a share of the box's side."""

_CORE = 0.3
"""Cells whose target is above this learn the face's box and points."""

_PRIOR = 0.01
"""The score that an untrained network gives: most cells hold no face (Lin et al., 2017)."""

_STEP = 32.0
"""Pixels that 1 stands for in the network's raw centre and size: the middle of the faces' sizes."""


class Network(msgspec.Struct, forbid_unknown_fields=True, tag_field="architecture", tag="faces"):
    """Channels."""

    stem: Positive
    stages: tuple[Positive, ...]
    head: Positive


class Data(msgspec.Struct, forbid_unknown_fields=True):
    """How many frames are composed."""

    frames: Positive
    batch_size: Positive
    held_out: Positive


class Optimisation(msgspec.Struct, forbid_unknown_fields=True):
    """How fast it learns, and what an error costs."""

    learning_rate: Annotated[float, Meta(gt=0)]
    weight_decay: Annotated[float, Meta(ge=0)]
    warm_up: Share
    epochs: Positive
    box_weight: Annotated[float, Meta(gt=0)]
    point_weight: Annotated[float, Meta(gt=0)]


class DetectorRecipe(msgspec.Struct, forbid_unknown_fields=True):
    """One training run."""

    seed: int
    network: Network
    data: Data
    optimisation: Optimisation


def build(
    recipe: DetectorRecipe, doubled: Callable[[], Any] = lambda: layers.UpSampling2D(interpolation="nearest")
) -> keras.Model:
    """The untrained network: frames of any size, float32 (B, h, w, 1) in [0, 255], to float32 (B, h / CELL,
    w / CELL, 1 + GEOMETRY): the logit of a face's centre in that cell, and the face's geometry in pixels from
    the cell's centre. `h` and `w` are multiples of 32.

    `doubled` makes the layer that repeats each pixel; it may be replaced by another that computes the same.
    """
    net = recipe.network
    inputs = keras.Input((None, None, 1), name="frame")
    # Each frame to mean 0 and variance 1: a dim room looks to the network like a bright one.
    x = layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False, dtype="float32")(inputs)
    x = _convolution(x, net.stem, stride=2)
    levels = []
    for channels in net.stages:
        x = _residual(_convolution(x, channels, stride=2))
        levels.append(x)
    for level in reversed(levels[:-1]):
        x = _convolution(x, level.shape[-1], kernel=1)
        x = doubled()(x)
        x = _convolution(layers.Add()([x, level]), level.shape[-1])
    x = _convolution(x, net.head)
    score = layers.Conv2D(
        1, 1, bias_initializer=keras.initializers.Constant(-math.log(1 / _PRIOR - 1)), name="score"
    )(x)
    place = layers.Conv2D(GEOMETRY, 1, name="place")(x)
    return keras.Model(inputs, _Geometry(dtype="float32")([score, place]), name="faces")


def _convolution(x: Any, filters: int, *, kernel: int = 3, stride: int = 1) -> Any:
    x = layers.Conv2D(
        filters, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
    )(x)
    return layers.ReLU()(layers.BatchNormalization()(x))


def _residual(x: Any) -> Any:
    channels = x.shape[-1]
    y = _convolution(x, channels)
    y = layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(y)
    y = layers.BatchNormalization(gamma_initializer="zeros")(y)
    return layers.ReLU()(layers.Add()([x, y]))


@keras.saving.register_keras_serializable("moodplayer")
class _Geometry(layers.Layer):  # type: ignore[misc]  # keras has no types
    """Raw numbers to pixels from the cell's centre: sizes from their logarithm, the rest by the height."""

    def call(self, inputs: tuple[Any, Any]) -> Any:
        score, place = inputs
        score, place = ops.cast(score, "float32"), ops.cast(place, "float32")
        size = _STEP * ops.exp(ops.clip(place[..., 2:4], -4, 3))
        tall = size[..., 1:2]
        return ops.concatenate([score, tall * place[..., :2], size, tall * place[..., 4:]], axis=-1)

    def compute_output_shape(self, shapes: tuple[Any, Any]) -> tuple[Any, ...]:
        return (*shapes[0][:-1], 1 + GEOMETRY)


@keras.saving.register_keras_serializable("moodplayer")
class DetectorLoss(keras.losses.Loss):  # type: ignore[misc]  # keras has no types
    """The focal loss of the centres (Law & Deng, 2018), and how far off boxes and points are, as shares of
    the face's height. The truth is as `targets` makes it."""

    def __init__(self, box_weight: float, point_weight: float, **named: Any) -> None:
        super().__init__(**named)
        self.box_weight = box_weight
        self.point_weight = point_weight

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "box_weight": self.box_weight, "point_weight": self.point_weight}

    def call(self, truth: Any, predicted: Any) -> Any:
        """float32 (B, ROWS, COLUMNS, …) to a scalar for each frame of the batch."""
        heat, weight = truth[..., 0], truth[..., -1]
        logit = predicted[..., 0]
        probability = ops.sigmoid(logit)
        peak = ops.cast(heat > 0.999, "float32")
        found = ops.square(1 - probability) * ops.softplus(-logit)
        quiet = ops.power(1 - heat, 4) * ops.square(probability) * ops.softplus(logit)
        faces = ops.maximum(ops.sum(peak, axis=(1, 2)), 1)
        focal = ops.sum(peak * found + (1 - peak) * quiet, axis=(1, 2)) / faces
        tall = ops.maximum(truth[..., 4:5], 1.0)
        error = ops.abs(predicted[..., 1:] - truth[..., 1:-1]) / tall
        error = self.box_weight * ops.mean(error[..., :4], -1) + self.point_weight * ops.mean(
            error[..., 4:], -1
        )
        return focal + ops.sum(weight * error, axis=(1, 2)) / faces


def targets(scene: Scene) -> Floats:
    """What the network should say of a scene of WIDTH x HEIGHT: float32 (ROWS, COLUMNS, 2 + GEOMETRY).

    The heat map of centres, 1 at each face's cell; the geometry, from the
    cell's centre; and how much a cell's geometry counts, 1 in all for each face.
    """
    truth = np.zeros((ROWS, COLUMNS, 2 + GEOMETRY), np.float32)
    rows, columns = np.mgrid[:ROWS, :COLUMNS]
    for box, points in zip(scene.boxes, scene.points, strict=True):
        centre = box[:2] + box[2:] / 2
        cell = np.clip((centre / CELL).astype(int), 0, (COLUMNS - 1, ROWS - 1))
        spread = np.maximum(box[2:] * _SPREAD / CELL, 0.6)
        heat = np.exp(
            -((columns - cell[0]) ** 2) / (2 * spread[0] ** 2) - (rows - cell[1]) ** 2 / (2 * spread[1] ** 2)
        )
        core = (heat > _CORE) & (heat > truth[..., 0])
        truth[..., 0] = np.maximum(truth[..., 0], heat)
        truth[core, 1:-1] = np.concatenate([centre, box[2:], points.ravel()])
        truth[core, -1] = heat[core] / heat[core].sum()
    truth[..., 1:-1] -= centres_of(slice(0, ROWS), slice(0, COLUMNS))
    return truth


def scene_of(material: Material, rng: np.random.Generator, plan: Plan | None = None) -> Scene:
    """A scene that fills the network's input, composed as frames of several shapes are fitted into it."""
    shapes = [
        (WIDTH, WIDTH * 3 // 4),
        (WIDTH, HEIGHT),
        (WIDTH, WIDTH * 9 // 16),
        (HEIGHT, HEIGHT),
        (96, HEIGHT),
    ]
    size = shapes[int(rng.choice(len(shapes), p=[0.45, 0.35, 0.1, 0.07, 0.03]))]
    scene = scenes.compose(material, size, plan or TRAINING, rng)
    image, fit = fitted(scene.image)
    boxes = scene.boxes.copy()
    boxes[:, :2] += (fit.x, fit.y)
    return Scene(image, boxes, scene.points + np.array([fit.x, fit.y], np.float32))


class Frames(keras.utils.PyDataset):  # type: ignore[misc]  # keras has no types
    """Batches of composed frames, float32 (B, HEIGHT, WIDTH, 1), and their targets.

    What is composed follows from the seed, the epoch and the batch alone, so
    that a resumed run sees what an uninterrupted one would have seen.
    """

    def __init__(self, material: Material, frames: int, batch_size: int, seed: int, epoch: int = 0) -> None:
        super().__init__(workers=1)
        self.material = material
        self.frames = frames
        self.batch_size = batch_size
        self.seed = seed
        self.epoch = epoch

    def __len__(self) -> int:
        return self.frames // self.batch_size

    def __getitem__(self, index: int) -> tuple[Floats, Floats]:
        rng = np.random.default_rng([self.seed, self.epoch, index])
        batch = [scene_of(self.material, rng) for _ in range(self.batch_size)]
        images: list[Image] = [scene.image for scene in batch]
        return np.stack(images)[..., None].astype(np.float32), np.stack([targets(scene) for scene in batch])

    def on_epoch_end(self) -> None:
        """Keras calls this between epochs."""
        self.epoch += 1


def train(material: Material, recipe: DetectorRecipe, folder: Path, *, epochs: int | None = None) -> Run:
    """Train by `recipe` and keep checkpoints in `folder`; goes on where an earlier run there stopped.

    `epochs` replaces the recipe's number, and with it how fast the learning rate falls.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setNumThreads(1)
    run = Run(folder)
    history = run.epochs()
    keras.utils.set_random_seed(recipe.seed + len(history))
    training, held_out = material.split()
    data, optimisation = recipe.data, recipe.optimisation
    epochs = epochs or optimisation.epochs
    frames = Frames(training, data.frames, data.batch_size, recipe.seed, epoch=len(history))
    steps = epochs * len(frames)
    warm_up = round(steps * optimisation.warm_up)
    rate = keras.optimizers.schedules.CosineDecay(
        optimisation.learning_rate / 100,
        steps - warm_up,
        warmup_target=optimisation.learning_rate,
        warmup_steps=warm_up,
    )
    if history:
        model = keras.models.load_model(run.last)
        model.optimizer.learning_rate = rate
    else:
        keras.mixed_precision.set_global_policy("float32")
        model = build(recipe)
        model.compile(
            keras.optimizers.AdamW(rate, weight_decay=optimisation.weight_decay, clipnorm=10.0),
            loss=DetectorLoss(optimisation.box_weight, optimisation.point_weight),
        )
    validation = Frames(held_out, data.held_out, data.held_out, recipe.seed + 1)[0]
    model.fit(
        frames,
        validation_data=validation,
        validation_batch_size=data.batch_size,
        initial_epoch=len(history),
        epochs=epochs,
        callbacks=[Checkpoint(run, history)],
        verbose=2,
    )
    return run


def last_of(run: Run, recipe: DetectorRecipe) -> keras.Model:
    """The run's last network, in float32: the learning rate has fallen to nothing, no frame came twice."""
    keras.mixed_precision.set_global_policy("float32")
    model = build(recipe)
    model.set_weights(keras.models.load_model(run.last, compile=False).get_weights())
    return model


def sample(material: Material, recipe: DetectorRecipe) -> npt.NDArray[np.uint8]:
    """Frames of what is held out, uint8 (48, HEIGHT, WIDTH), to compare an exported detector on."""
    _, held_out = material.split()
    rng = np.random.default_rng([recipe.seed, 48])
    return np.stack([scene_of(held_out, rng).image for _ in range(48)])
