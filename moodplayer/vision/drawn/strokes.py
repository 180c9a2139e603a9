"""Lines and patches with soft edges, and the canvas they are painted on.

Lengths are in units of a hundredth of the distance between the eyes: the eyes
are at (±50, 0), y points down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from moodplayer.domain import Image

Array = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]
"""(n, 2) in units."""
Colour = tuple[float, float, float]
"""BGR, 0 to 255."""

SCALE = 1.18
"""Pixels in a unit."""

HEAD = (352, 456)
"""Width and height of the head's canvas in pixels."""

ORIGIN = (176.0, 196.0)
"""Where in it the point between the eyes is."""


def pixels(points: Points) -> npt.NDArray[np.int32]:
    """Points in units as pixels of the head's canvas, times 16, as OpenCV's drawing takes fractions."""
    return np.asarray(np.round((points * SCALE + ORIGIN) * 16), np.int32).reshape(-1, 1, 2)


def curve(points: Points, n: int = 16) -> Points:
    """A smooth line through points (Catmull-Rom)."""
    p = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, n)[:, None]
    parts = [
        0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
        for a, b, c, d in zip(p, p[1:], p[2:], p[3:], strict=False)
    ]
    return np.concatenate(parts)


def stroke(points: Points, widths: Points) -> Points:
    """The polygon of a line with a width at each point."""
    along = np.gradient(points, axis=0)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    across /= np.maximum(1e-6, np.hypot(across[:, 0], across[:, 1]))[:, None]
    half = across * widths[:, None] / 2
    return np.concatenate([points + half, (points - half)[::-1]])


def ellipse(cx: float, cy: float, rx: float, ry: float) -> Points:
    """The polygon of an ellipse about (cx, cy)."""
    t = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return np.stack([cx + rx * np.cos(t), cy + ry * np.sin(t)], 1)


def region(polygon: Points, soft: float) -> tuple[Image, int, int]:
    """The mask of a polygon, and where in the canvas its top left corner is."""
    points = pixels(polygon)
    margin = int(3 * soft) + 2
    left, top = points.min((0, 1)) // 16 - margin
    right, bottom = points.max((0, 1)) // 16 + margin + 1
    left, top = max(0, left), max(0, top)
    right, bottom = min(HEAD[0], right), min(HEAD[1], bottom)
    mask = np.zeros((bottom - top, right - left), np.uint8)
    cv2.fillPoly(mask, [points - (left * 16, top * 16)], 255, cv2.LINE_AA, 4)
    if soft:
        mask = blurred(mask, soft)
    return mask, int(left), int(top)


def lay(canvas: Image, polygon: Points, colour: Colour, strength: float = 1.0, soft: float = 0.0) -> None:
    """Paint a polygon onto the head, its edge as soft as `soft` pixels."""
    mask, left, top = region(polygon, soft)
    blend(canvas[top : top + mask.shape[0], left : left + mask.shape[1]], np.array(colour), mask, strength)


def lay_at(part: Image, polygon: Points, colour: Colour, strength: float, soft: float) -> None:
    """As lay, but on a part of the canvas only as large as itself."""
    mask = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(mask, [pixels(polygon)], 255, cv2.LINE_AA, 4)
    if soft:
        mask = blurred(mask, soft)
    blend(part, np.array(colour), mask, strength)


def blend(part: Image, over: npt.NDArray[Any], mask: Image, strength: float = 1.0) -> None:
    """Lay a colour or picture over a part of the canvas, where and as much as the mask says."""
    share = mask.astype(np.float32)[..., None] * np.float32(strength / 255)
    part[:] = part + (over.astype(np.float32) - part) * share


def smooth(values: Array, soft: float) -> Array:
    """Numbers with a Gaussian blur of `soft` pixels."""
    return cast("Array", cv2.GaussianBlur(values, (0, 0), soft))


def blurred(mask: Image, soft: float) -> Image:
    """A picture or mask with a Gaussian blur of `soft` pixels."""
    return cast("Image", cv2.GaussianBlur(mask, (0, 0), soft))
