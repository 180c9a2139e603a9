"""Crop to heat map: how much each pixel of the face weighed in what was read."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Box, HeatMap, Image


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


def overlay(image: Image, box: Box, heat_map: HeatMap) -> Image:
    """A copy of a BGR frame with the heat map laid over the face in `box`, and the box drawn."""
    out = image.copy()
    height, width = image.shape[:2]
    left, top = max(box.x, 0), max(box.y, 0)
    right, bottom = min(box.x + box.width, width), min(box.y + box.height, height)
    if right <= left or bottom <= top:
        return out
    heat = cv2.resize(heat_map, (box.width, box.height), interpolation=cv2.INTER_CUBIC)
    heat = np.clip(heat[top - box.y : bottom - box.y, left - box.x : right - box.x], 0, 1)
    coloured = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = (0.65 * heat)[..., None]
    face = out[top:bottom, left:right]
    out[top:bottom, left:right] = (face * (1 - weight) + coloured * weight).astype(np.uint8)
    thickness = max(1, round(min(height, width) / 240))
    cv2.rectangle(out, (left, top), (right - 1, bottom - 1), (255, 255, 255), thickness, cv2.LINE_AA)
    return out
