"""Turning, scaling and pasting pictures, and where that leaves a face's box and points."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.training.material import Boxes

if TYPE_CHECKING:
    from moodplayer.domain import Image


def ellipse(image: Image, centre: tuple[float, float], axes: tuple[float, float], value: int = 255) -> None:
    """Draw a filled ellipse of half axes `axes` into `image`, in pixels."""
    place = (round(centre[0]), round(centre[1]))
    cv2.ellipse(
        image, place, (max(1, round(axes[0])), max(1, round(axes[1]))), 0, 0, 360, value, -1, cv2.LINE_AA
    )


def outline(portrait: Image, box: Boxes, rng: np.random.Generator) -> Image:
    """How much of each pixel of a portrait is pasted: the head, or all of it."""
    x, y, w, h = (float(side) for side in box)
    if rng.random() < 0.3:
        return np.full_like(portrait, 255)
    alpha = np.zeros_like(portrait)
    wider = rng.uniform(0.5, 0.62), rng.uniform(0.52, 0.64)
    ellipse(alpha, (x + w / 2, y + h / 2), (w * wider[0], h * wider[1]))
    return np.asarray(cv2.blur(alpha, (int(rng.integers(1, 16)),) * 2), np.uint8)


def paste(image: Image, picture: Image, turn: npt.NDArray[np.float64], scale: float, alpha: Image) -> None:
    """Draw `picture` into `image`, turned and scaled by `turn`, (2, 3); of each pixel `alpha` / 255."""
    height, width = image.shape
    tall, wide = picture.shape
    corners = moved(np.array([[0, 0], [wide, 0], [0, tall], [wide, tall]], np.float32), turn)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (width, height))
    if right <= left or bottom <= top:
        return
    size = (int(right - left), int(bottom - top))
    source, matrix = shrunk(picture, turn, scale)
    shrunk_alpha, _ = shrunk(alpha, turn, scale)
    matrix[:, 2] -= (left, top)
    part = cv2.warpAffine(source, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    weight = cv2.warpAffine(shrunk_alpha, matrix, size).astype(np.float32) / 255
    under = image[top:bottom, left:right]
    under[:] = (under + weight * (part.astype(np.float32) - under)).astype(np.uint8)


def shrunk(
    picture: Image, turn: npt.NDArray[np.float64], scale: float
) -> tuple[Image, npt.NDArray[np.float64]]:
    """A picture no larger than it is needed, and the matrix that then belongs to it: warping skips pixels."""
    if scale >= 0.75:
        return picture, turn.copy()
    tall, wide = picture.shape
    size = (max(2, round(wide * scale)), max(2, round(tall * scale)))
    x, y = wide / size[0], tall / size[1]
    # Pixel centres: a pixel i of the smaller picture covers the larger one's from i * x to (i + 1) * x.
    grown = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), turn @ grown


def turn_around(
    pivot: npt.NDArray[np.floating], centre: npt.NDArray[np.floating], scale: float, degrees: float
) -> npt.NDArray[np.float64]:
    """The 2x3 matrix that scales and turns a picture around `pivot` and puts that at `centre`."""
    matrix = cv2.getRotationMatrix2D((float(pivot[0]), float(pivot[1])), degrees, scale)
    matrix[:, 2] += centre - pivot
    return cast("npt.NDArray[np.float64]", matrix)


def moved(points: npt.NDArray[np.floating], turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Points, (N, 2), where the matrix `turn` (2, 3) puts them."""
    return np.asarray(points @ turn[:, :2].T + turn[:, 2], np.float64)


def turned_box(box: Boxes, turn: npt.NDArray[np.float64], scale: float, degrees: float) -> Boxes:
    """The upright box of a turned face: that around the ellipse which the box holds."""
    centre = moved(box[None, :2] + box[None, 2:] / 2, turn)[0]
    a, b = box[2:] * scale / 2
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    half = np.array([np.hypot(a * c, b * s), np.hypot(a * s, b * c)])
    return np.concatenate([centre - half, 2 * half]).astype(np.float32)


def hidden(before: Image, after: Image, box: Boxes) -> float:
    """The share of a face's box, inside the frame, that was drawn over: someone stands before it."""
    x, y, w, h = box.astype(int)
    part = np.s_[max(y, 0) : y + h, max(x, 0) : x + w]
    return float((before[part] != after[part]).mean())


def share_inside(box: Boxes, width: int, height: int) -> float:
    """How much of a box lies inside a frame of that size."""
    x, y, w, h = box
    inside = max(0.0, min(x + w, width) - max(x, 0)) * max(0.0, min(y + h, height) - max(y, 0))
    return float(inside / (w * h))


def overlap(one: Boxes, other: Boxes) -> float:
    """The intersection, as a share of the smaller box."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    return float(np.prod(np.maximum(high - low, 0)) / min(one[2] * one[3], other[2] * other[3]))
