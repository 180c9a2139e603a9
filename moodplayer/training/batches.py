"""Batches of faces, varied anew in each epoch and the same for the same seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.training.dataset import Dataset, Images
from moodplayer.training.recipe import Augmentation, Recipe

Floats = npt.NDArray[np.float32]
Targets = dict[str, Floats]
"""By head: float32 (B, 7), probabilities; or float32 (B,), how much each face counts."""


class Batches:
    """Shuffled, augmented batches: float32 (B, side, side, 1), targets by head, how much each face counts.

    Order and augmentation follow from the seed and the epoch alone, so that a
    resumed run sees what an uninterrupted one would have seen.
    """

    def __init__(
        self,
        dataset: Dataset,
        recipe: Recipe,
        epoch: int = 0,
        taught: Mapping[str, Floats] | None = None,
    ) -> None:
        self.dataset = dataset
        self.recipe = recipe
        self.epoch = epoch
        self.side = CROP_SIZE
        self._targets, self._weights = targets(dataset, recipe, taught)
        self._order = self._shuffled()

    def __len__(self) -> int:
        return len(self.dataset) // self.recipe.data.batch_size

    def __getitem__(self, index: int) -> tuple[Floats, Targets, Targets]:
        size = self.recipe.data.batch_size
        chosen = self._order[index * size : (index + 1) * size]
        rng = np.random.default_rng([self.recipe.seed, self.epoch, index])
        images = augment(self.dataset.images[chosen], self.recipe.augmentation, rng, self.side)
        x = images[..., None].astype(np.float32)
        truth = {head: values[chosen] for head, values in self._targets.items()}
        weights = {head: values[chosen] for head, values in self._weights.items()}
        if self.recipe.augmentation.mixup:
            share = float(rng.beta(self.recipe.augmentation.mixup, self.recipe.augmentation.mixup))
            other = rng.permutation(len(chosen))
            x = share * x + (1 - share) * x[other]
            truth = {head: share * v + (1 - share) * v[other] for head, v in truth.items()}
            weights = {head: share * v + (1 - share) * v[other] for head, v in weights.items()}
        return x, truth, weights

    def listen(self, taught: Mapping[str, Floats]) -> None:
        """Let what a new teacher says of the faces count from now on."""
        self._targets, self._weights = targets(self.dataset, self.recipe, taught)

    def turn_to(self, epoch: int, side: int) -> None:
        """Give the batches of that epoch, of faces of `side` pixels."""
        self.epoch, self.side = epoch, side
        self._order = self._shuffled()

    def _shuffled(self) -> npt.NDArray[np.intp]:
        return np.random.default_rng([self.recipe.seed, self.epoch]).permutation(len(self.dataset))


def targets(
    dataset: Dataset, recipe: Recipe, taught: Mapping[str, Floats] | None = None
) -> tuple[Targets, Targets]:
    """What each head should say of each face of a dataset, and how much each face counts.

    `taught`, by head float32 (N, 7), is what teachers say of them, where there are any.
    """
    loss = recipe.loss
    labels = np.eye(len(EMOTIONS), dtype=np.float32)[dataset.labels]
    count = np.bincount(dataset.labels, minlength=len(EMOTIONS)).astype(np.float32)
    rarity = (count.mean() / np.maximum(count, 1)) ** loss.balance
    weight = rarity[dataset.labels]
    truth = {"labels": labels * (1 - loss.smoothing) + loss.smoothing / len(EMOTIONS)}
    weights = {"labels": (weight / weight.mean()).astype(np.float32)}
    if loss.votes:
        votes = dataset.seven_votes().astype(np.float32)
        total = votes.sum(axis=1)
        truth["votes"] = votes / np.maximum(total, 1)[:, None]
        # Faces that half of the people could not name say half as much; those without votes say nothing.
        weights["votes"] = total / 10 * (truth["votes"] @ rarity)
        weights["votes"] /= max(float(weights["votes"].mean()), 1e-6)
    if taught:
        share = np.float32(loss.teachers)
        truth = {head: (1 - share) * values + share * taught[head] for head, values in truth.items()}
    return truth, weights


def augment(images: Images, by: Augmentation, rng: np.random.Generator, side: int = CROP_SIZE) -> Images:
    """Each face varied, by its own draw, within the recipe's bounds; uint8 (N, side, side)."""
    n = len(images)
    mirror = by.flip & (rng.random(n) < 0.5)
    shift = rng.uniform(-by.shift, by.shift, (n, 2)) * CROP_SIZE
    angle = rng.uniform(-by.rotation, by.rotation, n)
    zoom = 1 + rng.uniform(-by.zoom, by.zoom, n)
    centre = ((CROP_SIZE - 1) / 2, (CROP_SIZE - 1) / 2)
    out = np.empty((n, side, side), np.uint8)
    scale = side / CROP_SIZE
    for i, image in enumerate(images):
        turned = np.asarray(cv2.getRotationMatrix2D(centre, angle[i], zoom[i]), np.float64)
        turned[:, 2] += shift[i] + 0.5
        matrix = turned * scale
        matrix[:, 2] -= 0.5
        source = image[:, ::-1] if mirror[i] else image
        cv2.warpAffine(source, matrix, (side, side), out[i], borderMode=cv2.BORDER_REPLICATE)
    if not (by.contrast or by.gamma or by.harm):
        return out
    return _in_bad_light(out, by, rng)


def resized(images: Images, side: int) -> Images:
    """Faces, (N, 48, 48), as (N, side, side)."""
    if side == CROP_SIZE:
        return images
    return np.stack([cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA) for face in images])


def _in_bad_light(images: Images, by: Augmentation, rng: np.random.Generator) -> Images:
    n, whole, _ = images.shape

    def drawn(most: float) -> npt.NDArray[Any]:
        return np.exp(rng.uniform(-most, most, (n, 1, 1))).astype(np.float32)

    def harmed() -> npt.NDArray[np.intp]:
        return np.flatnonzero(rng.random(n) < by.harm)

    x = images.astype(np.float32)
    x = 255 * (x / 255) ** drawn(by.gamma)
    mean = x.mean(axis=(1, 2), keepdims=True)
    x = (x - mean) * drawn(by.contrast) + mean
    for i in harmed():
        x[i] *= 1 - rng.uniform(0, by.darkness)
    for i in harmed():
        if by.blur:
            x[i] = cv2.GaussianBlur(x[i], (0, 0), rng.uniform(0.2, max(by.blur, 0.21)))
    for i in harmed():
        x[i] += rng.standard_normal(x[i].shape, np.float32) * np.float32(rng.uniform(0, by.noise))
    for i in harmed():
        side = round(rng.uniform(0.15, max(by.erase, 0.15)) * whole)
        top, left = rng.integers(0, whole - side + 1, 2)
        x[i, top : top + side, left : left + side] = rng.choice([0, 255, float(rng.uniform(0, 255))])
    return np.asarray(np.clip(np.rint(x), 0, 255), np.uint8)
