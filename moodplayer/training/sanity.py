"""Does an explanation depend on what was learned? Adebayo et al.'s sanity check (2018)."""

from __future__ import annotations

from collections.abc import Mapping

import cv2
import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from moodplayer.domain import CROP_SIZE, EMOTIONS, Method
from moodplayer.training.dataset import Images
from moodplayer.training.faithfulness import PLAIN, SEED, Step, rank_correlation
from moodplayer.training.gradients import Explained
from moodplayer.training.recipe import Recipe
from moodplayer.vision import explain

FACES = 50
"""Of the sample, on which the check is made."""


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
    maps = _Maps(explained, images)
    read = explained.decide(crops)["probabilities"].numpy().argmax(axis=1)
    asked = tf.constant(np.eye(len(EMOTIONS), dtype=np.float32)[read])
    original = maps.of(asked)
    rng = np.random.default_rng(SEED)
    steps = [_step(0, "none", original, original)]
    learned = [layer for layer in reversed(network.layers) if layer.trainable_variables]
    for number, layer in enumerate(learned, start=1):
        layer.set_weights([rng.permuted(w.ravel()).reshape(w.shape) for w in layer.get_weights()])
        steps.append(_step(number, _named(layer), original, maps.of(asked)))
    return steps


def _named(layer: keras.Layer) -> str:
    """What a layer is and, where it has places, how many."""
    shape = layer.output.shape
    return f"{type(layer).__name__} {shape[1]}x{shape[2]}" if len(shape) == 4 else type(layer).__name__


class _Maps:
    """Heat maps of the same faces, by whatever weights the network has at the time."""

    def __init__(self, explained: Explained, images: Images) -> None:
        self._images = images
        self._crops = tf.constant(images[..., None], tf.float32)
        self._saliency = tf.function(explained.saliency)
        self._grad_cam = tf.function(explained.grad_cam)

    def of(self, asked: tf.Tensor) -> dict[str, npt.NDArray[np.float32]]:
        """By method, (N, 48, 48)."""
        gradients = self._saliency(self._crops, asked)["saliency"].numpy()[..., 0]
        cams = self._grad_cam(self._crops, asked)["grad_cam"].numpy()
        size = (CROP_SIZE, CROP_SIZE)
        pairs = zip(gradients, self._images, strict=True)
        return {
            str(Method.SALIENCY): np.array([explain.saliency(gradient, crop) for gradient, crop in pairs]),
            PLAIN: np.array([explain.plain_saliency(gradient) for gradient in gradients]),
            # Not cut at 0: what is cut is the same everywhere, and has no rank.
            str(Method.GRADCAM): np.array(
                [cv2.resize(cam, size, interpolation=cv2.INTER_CUBIC) for cam in cams]
            ),
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
