"""Crop to heat map: how much each pixel of the face weighed in what was read."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE
from moodplayer.vision.crops import frame_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import CropPlace, HeatMap, Image


class Method(StrEnum):
    """A way to explain a reading."""

    SALIENCY = "saliency"


_SMOOTHING = 1.2
"""Standard deviation, in pixels, of the blur over a gradient: single pixels of it are noise to the eye."""

_CLIP = 99.0
"""Percentile taken as 1: a few outliers would leave the rest dark (as in Smilkov et al., 2017)."""


def saliency(gradient: npt.NDArray[np.float32]) -> HeatMap:
    """The size of the input gradient (Simonyan et al., 2013), smoothed, as a heat map in [0, 1]."""
    size = cv2.GaussianBlur(np.abs(gradient), (0, 0), _SMOOTHING)
    low, high = float(size.min()), float(np.percentile(size, _CLIP))
    if high <= low:
        return np.zeros_like(size, np.float32)
    return np.asarray(np.clip((size - low) / (high - low), 0, 1), np.float32)


def overlay(image: Image, place: CropPlace, heat_map: HeatMap) -> Image:
    """A copy of a BGR frame with the heat map laid over the face that it is of, and the crop's edge drawn."""
    height, width = image.shape[:2]
    matrix = frame_of(place)
    heat = cv2.warpAffine(heat_map, matrix, (width, height), flags=cv2.INTER_CUBIC)
    heat = np.clip(heat, 0, 1)
    coloured = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = (0.65 * heat)[..., None]
    out = (image * (1 - weight) + coloured * weight).astype(np.uint8)
    low, high = -0.5, CROP_SIZE - 0.5
    corners = np.array([[low, low, 1], [high, low, 1], [high, high, 1], [low, high, 1]]) @ matrix.T
    thickness = max(1, round(min(height, width) / 240))
    outline = np.round(corners).astype(np.int32)
    return cv2.polylines(out, [outline], True, (255, 255, 255), thickness, cv2.LINE_AA).astype(np.uint8)
