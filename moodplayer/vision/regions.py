"""Where mouth, eyes and the rest of a face lie in a crop, and how much of a heat map each has."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE, Region
from moodplayer.vision.crops import POINTS

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import HeatMap, Shares

    Mask = npt.NDArray[np.bool_]

_OUTLINES: Mapping[Region, tuple[tuple[tuple[float, float], ...], ...]] = {
    # In the face's own coordinates: 1 across is the distance of its eyes, 1 down that from eyes to mouth.
    Region.MOUTH: (((-0.55, 0.72), (0.55, 0.72), (0.62, 1.0), (0.45, 1.32), (-0.45, 1.32), (-0.62, 1.0)),),
    Region.EYES: (
        ((-0.85, -0.17), (-0.15, -0.17), (-0.15, 0.2), (-0.85, 0.2)),
        ((0.15, -0.17), (0.85, -0.17), (0.85, 0.2), (0.15, 0.2)),
    ),
    Region.BROWS: (((-0.95, -0.55), (0.95, -0.55), (0.95, -0.17), (-0.95, -0.17)),),
    Region.NOSE: (((-0.15, -0.17), (0.15, -0.17), (0.3, 0.5), (0.36, 0.72), (-0.36, 0.72), (-0.3, 0.5)),),
    Region.CHEEKS: (
        ((-1.0, 0.2), (-0.15, 0.2), (-0.3, 0.72), (-0.62, 1.0), (-0.5, 1.35), (-0.95, 0.9)),
        ((1.0, 0.2), (0.15, 0.2), (0.3, 0.72), (0.62, 1.0), (0.5, 1.35), (0.95, 0.9)),
    ),
    Region.FOREHEAD: (((-0.9, -1.15), (0.9, -1.15), (0.95, -0.55), (-0.95, -0.55)),),
}

_PRECEDENCE = (Region.MOUTH, Region.EYES, Region.NOSE, Region.BROWS, Region.CHEEKS, Region.FOREHEAD)
"""A pixel on the edge of two belongs to the one that is named first."""


@cache
def masks() -> Mapping[Region, Mask]:
    """Which pixels of a crop, bool (48, 48), are each region's; none has two."""
    taken = np.zeros((CROP_SIZE, CROP_SIZE), bool)
    found: dict[Region, Mask] = {}
    for region in _PRECEDENCE:
        drawn = np.zeros((CROP_SIZE, CROP_SIZE), np.uint8)
        for outline in _OUTLINES[region]:
            cv2.fillPoly(drawn, [np.round(_pixels(np.array(outline))).astype(np.int32)], 1)
        found[region] = (drawn > 0) & ~taken
        taken |= found[region]
    return found


def areas() -> Shares:
    """Each region's share of the crop: what it would have of a heat map that is the same everywhere."""
    return {region: float(mask.mean()) for region, mask in masks().items()}


def shares(heat_map: HeatMap) -> Shares:
    """How much of a heat map's heat lies in each region, the most first; nothing where there is no heat."""
    heat = float(heat_map.sum())
    if heat <= 0:
        return {}
    found = {region: float(heat_map[mask].sum()) / heat for region, mask in masks().items()}
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _pixels(places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    points = np.array(POINTS)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[1] - points[0], mouth - eyes
    pixels: npt.NDArray[np.float64] = eyes + places[:, :1] * across + places[:, 1:] * down
    return pixels
