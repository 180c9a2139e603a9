"""Does an explanation depend on what was learned? Adebayo et al.'s sanity check (2018)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import keras
import msgspec
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from moodplayer.domain import CROP_SIZE, EMOTIONS, Method
from moodplayer.training.dataset import Images
from moodplayer.training.faithfulness import PLAIN, SEED, rank_correlation
from moodplayer.training.gradients import Explained
from moodplayer.training.recipe import Recipe
from moodplayer.vision import explain

FACES = 50
"""Of the sample, on which the check is made."""


class Step(msgspec.Struct, frozen=True):
    """With the uppermost `layers` randomised, the last of them `upto`.

    `similar` is by method the mean rank correlation, in [-1, 1], with the maps
    of the trained network.
    """

    layers: int
    upto: str
    similar: dict[str, float]


def cascade(
    model: keras.Model, recipe: Recipe, temperatures: Mapping[str, float], images: Images
) -> list[Step]:
    """Shuffle the weights of one layer after the other, from the top, and see how the maps change.

    `images` are uint8 (N, 48, 48). Asked is always about the emotion that the
    trained network reads. A layer's weights are shuffled among themselves, so
    that how large they are is as before, and only what was learned is lost.
    """
    explained = Explained(model, recipe, temperatures)
    network = explained.network
    crops = tf.constant(images[..., None], tf.float32)
    read = explained.decide(crops)["probabilities"].numpy().argmax(axis=1)
    asked = tf.constant(np.eye(len(EMOTIONS), dtype=np.float32)[read])
    original = _maps(explained, crops, asked)
    rng = np.random.default_rng(SEED)
    steps = [_step(0, "none", original, original)]
    learned = [layer for layer in reversed(network.layers) if layer.trainable_variables]
    for number, layer in enumerate(learned, start=1):
        layer.set_weights([rng.permuted(w.ravel()).reshape(w.shape) for w in layer.get_weights()])
        steps.append(_step(number, layer.name, original, _maps(explained, crops, asked)))
    return steps


def markdown(steps: list[Step]) -> str:
    """At most a dozen rows: none, some, all."""
    kept = sorted({round(i) for i in np.linspace(0, len(steps) - 1, min(12, len(steps)))})
    methods = list(steps[0].similar)
    lines = [f"| layers randomised | down to | {' | '.join(methods)} |", "|---" * (len(methods) + 2) + "|"]
    for step in (steps[i] for i in kept):
        figures = " | ".join(f"{step.similar[method]:.2f}" for method in methods)
        lines.append(f"| {step.layers} of {len(steps) - 1} | {step.upto} | {figures} |")
    return "\n".join(lines) + "\n"


def _maps(explained: Explained, crops: tf.Tensor, asked: tf.Tensor) -> dict[str, npt.NDArray[np.float32]]:
    images = crops.numpy()[..., 0].astype(np.uint8)
    gradients = explained.saliency(crops, asked)["saliency"].numpy()[..., 0]
    cams = explained.grad_cam(crops, asked)["grad_cam"].numpy()
    size = (CROP_SIZE, CROP_SIZE)
    return {
        str(Method.SALIENCY): np.array(
            [explain.saliency(gradient, crop) for gradient, crop in zip(gradients, images, strict=True)]
        ),
        PLAIN: np.array([explain.plain_saliency(gradient) for gradient in gradients]),
        # Not cut at 0: what is cut is the same everywhere, and has no rank.
        str(Method.GRADCAM): np.array([cv2.resize(cam, size, interpolation=cv2.INTER_CUBIC) for cam in cams]),
    }


def _step(
    layers: int,
    upto: str,
    original: Mapping[str, npt.NDArray[np.float32]],
    now: Mapping[str, npt.NDArray[np.float32]],
) -> Step:
    similar = {
        method: float(np.mean([rank_correlation(a, b) for a, b in zip(maps, now[method], strict=True)]))
        for method, maps in original.items()
    }
    return Step(layers, upto, similar)
