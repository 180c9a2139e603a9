"""LIME (Ribeiro et al., 2016): hide parts of a face again and again, and fit how much each part counts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import HeatMap, Image

    Floats = npt.NDArray[np.float64]
    Segments = npt.NDArray[np.intp]
    """(48, 48): the number of the superpixel that each pixel belongs to, from 0."""

PERTURBATIONS = 400

_ROWS = 7
"""Superpixels down and across, at the start: each about as large as an eye."""

_COMPACT = 4.0
"""Grey levels that count as one pixel of distance: the fewer, the more superpixels follow edges."""

_ROUNDS = 6
_RIDGE = 1.0
"""The penalty on squared weights, as in LIME's own code."""

_KERNEL = 0.25
"""Width of the kernel by which a perturbation counts the less, the more is hidden, as in LIME's own code."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """How much each superpixel counts for what is asked about."""

    segments: Segments
    weights: Floats
    """(K,), signed: by how much the answer rises where that superpixel is seen."""
    r2: float
    """Of the fit, weighted as the fit was: at most 1."""

    def heat_map(self) -> HeatMap:
        """What speaks for it, (48, 48) in [0, 1], the most 1."""
        return positive(self.weights[self.segments])

    def chosen(self, share: float = 0.5) -> npt.NDArray[np.bool_]:
        """The mask (48, 48) of the fewest superpixels that together hold `share` of what speaks for it."""
        speaks = np.maximum(self.weights, 0)
        order = np.argsort(-speaks)
        before = np.cumsum(speaks[order]) - speaks[order]
        kept = order[(before < share * speaks.sum()) & (speaks[order] > 0)]
        return np.isin(self.segments, kept)


def positive(values: npt.NDArray[np.floating]) -> HeatMap:
    """What is above 0, as a share of the most; all 0 where nothing is."""
    top = float(values.max())
    if top <= 0:
        return np.zeros(values.shape, np.float32)
    return np.asarray(np.clip(values / top, 0, 1), np.float32)


def superpixels(crop: Image) -> Segments:
    """A crop in patches that are alike, by SLIC (Achanta et al., 2012): a grid that settles along edges."""
    ys, xs = np.mgrid[:CROP_SIZE, :CROP_SIZE].astype(np.float32)
    grey = cv2.GaussianBlur(crop, (0, 0), 1.0).astype(np.float32) / np.float32(_COMPACT)
    pixels = np.stack([ys, xs, grey], axis=-1).reshape(-1, 3)
    step = CROP_SIZE / _ROWS
    places = ((np.arange(_ROWS) + 0.5) * step).astype(int)
    centres = np.array([pixels[y * CROP_SIZE + x] for y in places for x in places])
    segments = np.zeros(len(pixels), np.intp)
    for _ in range(_ROUNDS):
        away = _squared(pixels[:, :2], centres[:, :2])
        distance = away + _squared(pixels[:, 2:], centres[:, 2:])
        # Beyond two steps a patch would no longer be one: alike is not the same as near.
        distance[away > (2 * step) ** 2] = np.inf
        segments = distance.argmin(axis=1)
        counts = np.bincount(segments, minlength=len(centres))
        for axis in range(3):
            sums = np.bincount(segments, pixels[:, axis], len(centres))
            centres[:, axis] = np.where(counts > 0, sums / np.maximum(counts, 1), centres[:, axis])
    _, numbered = np.unique(segments, return_inverse=True)
    return np.asarray(numbered.reshape(CROP_SIZE, CROP_SIZE), np.intp)


def _squared(pixels: npt.NDArray[np.float32], centres: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """The squared distances, (N, K), of (N, D) from (K, D)."""
    squares = (pixels**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)
    return np.asarray(squares - 2 * pixels @ centres.T, np.float32)


def fit(
    crop: Image,
    answer: Callable[[Image], float],
    *,
    n: int = PERTURBATIONS,
    seed: int = 0,
) -> Fit:
    """Ask about `n` versions of a crop, uint8 (48, 48), and fit a weighted ridge regression to the answers.

    In each about half of the superpixels are hidden: grey, as bright as the
    crop is on average. The first version is the crop itself.
    """
    segments = superpixels(crop)
    rng = np.random.default_rng(seed)
    seen = rng.random((n, int(segments.max()) + 1)) < 0.5
    seen[0] = True
    hidden = np.full_like(crop, round(float(crop.mean())))
    answers = np.array([answer(np.where(row[segments], crop, hidden)) for row in seen])
    # The cosine between what is seen and all, as LIME measures how far a version is from the original.
    distance = 1 - np.sqrt(seen.mean(axis=1))
    counts = np.exp(-(distance**2) / _KERNEL**2)
    return Fit(segments, *_ridge(seen.astype(float), answers, counts))


def _ridge(x: Floats, y: Floats, counts: Floats) -> tuple[Floats, float]:
    """Weights (K,) and R² of a ridge regression on x (N, K), each row counting as in `counts`."""
    x = x - np.average(x, axis=0, weights=counts)
    y = y - np.average(y, weights=counts)
    weighted = x.T * counts
    weights = np.asarray(
        np.linalg.solve(weighted @ x + _RIDGE * np.eye(x.shape[1]), weighted @ y), np.float64
    )
    spread = float(counts @ y**2)
    left = float(counts @ (y - x @ weights) ** 2)
    return weights, 1 - left / spread if spread > 0 else 0.0


def boundaries(segments: Segments) -> npt.NDArray[np.bool_]:
    """The pixels, bool (48, 48), whose neighbour to the right or below is another superpixel's."""
    edge = np.zeros(segments.shape, bool)
    edge[:, :-1] |= segments[:, :-1] != segments[:, 1:]
    edge[:-1] |= segments[:-1] != segments[1:]
    return edge
