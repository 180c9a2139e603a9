"""A face's points to its crop, grey and 48x48: the one preprocessing, which training uses too."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE, CropPlace, Detection

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Image

EYES_APART = 0.367
"""The distance of the eyes in a crop, as a share of its side: as in FER-2013's."""

EYES_TO_MOUTH = 0.367
"""Likewise the distance from between the eyes to the mouth."""

MARGIN = 0.9
"""How much of a dataset's crop the player cuts: of photographs, most are read rightly so (bench/crops.py)."""

MIDDLE = 0.32
"""Where along the line from between the eyes to the mouth a crop's centre lies."""

POINTS = tuple(
    (CROP_SIZE * x, CROP_SIZE * y)
    for x, y in ((0.29, 0.38), (0.71, 0.38), (0.5, 0.58), (0.33, 0.79), (0.67, 0.79))
)
"""Where a Detection's points lie in a crop of the player's, to a pixel: x and y in pixels. In FER-2013's
ready crops they lie a tenth closer together."""


def place_of(detection: Detection) -> CropPlace:
    """The square that a face's crop shows: turned as its eyes are, as high as in FER-2013, a little tighter.

    A face from the side has its eyes close together, an open mouth is far
    from them: the larger of both distances decides the side.
    """
    points = np.array(detection.points)
    eyes, mouth = points[:2].mean(axis=0), points[3:].mean(axis=0)
    across, down = points[1] - points[0], mouth - eyes
    apart = max(float(np.hypot(*across)) / EYES_APART, float(np.hypot(*down)) / EYES_TO_MOUTH)
    side = max(MARGIN * apart, 1.0)
    centre = eyes + MIDDLE * down
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    return CropPlace(float(centre[0]), float(centre[1]), side, angle)


def crop_of(image: Image, place: CropPlace) -> Image:
    """What a BGR or grey frame shows in `place`, as the network reads it: grey uint8 (48, 48).

    What lies outside the frame is the frame's edge, repeated.
    """
    # Warping picks pixels; so a large face is first made small, each pixel the mean of those it covers.
    reach = place.side * 0.75
    part, left, top = part_of(image, place.x - reach, place.y - reach, 2 * reach, 2 * reach)
    grey = to_grey(part)
    shrink = min(1.0, 2 * CROP_SIZE / place.side)
    if shrink < 1:
        size = (max(1, round(grey.shape[1] * shrink)), max(1, round(grey.shape[0] * shrink)))
        grey = np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)
    x, y = grey.shape[1] / part.shape[1], grey.shape[0] / part.shape[0]
    to_frame = frame_of(place)
    # Pixel i of the smaller picture covers those from i / x to (i + 1) / x of the larger.
    to_part = np.array([[x, 0, (x - 1) / 2 - left * x], [0, y, (y - 1) / 2 - top * y]])
    matrix = np.vstack([to_part, [0, 0, 1]]) @ np.vstack([to_frame, [0, 0, 1]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(
        grey, matrix[:2], (CROP_SIZE, CROP_SIZE), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(crop, np.uint8)


def frame_of(place: CropPlace) -> npt.NDArray[np.float64]:
    """The matrix, (2, 3), that takes a crop's pixels (x, y) to its frame's."""
    scale, turn = place.side / CROP_SIZE, np.radians(place.angle)
    c, s = scale * np.cos(turn), scale * np.sin(turn)
    middle = (CROP_SIZE - 1) / 2
    return np.array([[c, -s, place.x - middle * c + middle * s], [s, c, place.y - middle * s - middle * c]])


def to_crop(face: Image) -> Image:
    """A grey face of any size, already cut, as a crop: uint8 (48, 48)."""
    if face.shape == (CROP_SIZE, CROP_SIZE):
        return face
    shrinks = face.shape[0] > CROP_SIZE
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(face, (CROP_SIZE, CROP_SIZE), interpolation=method), np.uint8)


def to_grey(image: Image) -> Image:
    """A BGR, BGRA or grey image as grey uint8 (height, width)."""
    if image.ndim == 2:
        return image
    code = cv2.COLOR_BGRA2GRAY if image.shape[2] == 4 else cv2.COLOR_BGR2GRAY
    return np.asarray(cv2.cvtColor(image, code), np.uint8)


def part_of(image: Image, x: float, y: float, width: float, height: float) -> tuple[Image, int, int]:
    """That part of an image, and its left and top in it; outside the image its edge is repeated."""
    left, top = math.floor(x), math.floor(y)
    right, bottom = math.ceil(x + width), math.ceil(y + height)
    tall, wide = image.shape[:2]
    inner_left, inner_right = (min(max(side, 0), wide - 1) for side in (left, right - 1))
    inner_top, inner_bottom = (min(max(side, 0), tall - 1) for side in (top, bottom - 1))
    part = image[inner_top : inner_bottom + 1, inner_left : inner_right + 1]
    borders = (
        max(0, min(inner_top - top, bottom - top - 1)),
        max(0, min(bottom - 1 - inner_bottom, bottom - top - 1)),
        max(0, min(inner_left - left, right - left - 1)),
        max(0, min(right - 1 - inner_right, right - left - 1)),
    )
    if any(borders):
        part = np.asarray(cv2.copyMakeBorder(part, *borders, cv2.BORDER_REPLICATE), np.uint8)
    return part, left, top
