"""Frame to face boxes, box to crop: the one preprocessing, which training uses too."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE, Box
from moodplayer.errors import ModelError

if TYPE_CHECKING:
    from moodplayer.domain import Image

MARGIN = 0.0
"""How much wider than the cascade's box the crop is, as a share of its side. FER-2013's crops were cut by
the same detector (Viola and Jones's), and so are as tight."""

_SEARCH_WIDTH = 240
"""Faces are looked for in a frame of this many pixels across: larger ones take longer and find no more."""

_BORDER = 0.1
"""Share of the frame added around it: the cascade does not find a face that fills its picture."""


class FaceFinder:
    """Finds faces that look at the camera, by OpenCV's Haar cascade (Viola & Jones, 2001)."""

    def __init__(self) -> None:
        file = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
        self._cascade = cv2.CascadeClassifier(str(file))
        if self._cascade.empty():
            raise ModelError(
                "OpenCV's face cascade is missing", "install opencv-python-headless 4.10 to 4.14 again"
            )

    def find(self, image: Image) -> list[Box]:
        """The boxes of the faces in a BGR or grey image, the largest first."""
        grey = to_grey(image)
        scale = max(1.0, grey.shape[1] / _SEARCH_WIDTH)
        size = (max(1, round(grey.shape[1] / scale)), max(1, round(grey.shape[0] / scale)))
        small = cv2.resize(grey, size, interpolation=cv2.INTER_AREA) if scale > 1 else grey
        border = round(_BORDER * size[0])
        framed = cv2.copyMakeBorder(small, border, border, border, border, cv2.BORDER_REPLICATE)
        least = max(24, min(size) // 8)
        found = self._cascade.detectMultiScale(
            cv2.equalizeHist(framed), scaleFactor=1.1, minNeighbors=4, minSize=(least, least)
        )
        boxes = [
            Box(*(round(float(side) * scale) for side in (x - border, y - border, width, height)))
            for x, y, width, height in found
        ]
        return sorted(boxes, key=lambda box: box.area, reverse=True)


def crop_of(image: Image, box: Box) -> Image:
    """The face in `box`, with MARGIN around it, as the network reads it: grey uint8 (48, 48).

    What lies outside the frame is the frame's edge, repeated.
    """
    side = round(max(box.width, box.height) * (1 + MARGIN))
    x = box.x + (box.width - side) // 2
    y = box.y + (box.height - side) // 2
    height, width = image.shape[:2]
    rows = np.clip(np.arange(y, y + side), 0, height - 1)
    columns = np.clip(np.arange(x, x + side), 0, width - 1)
    return to_crop(to_grey(image[np.ix_(rows, columns)]))


def to_crop(face: Image) -> Image:
    """A grey face of any size as a crop: uint8 (48, 48)."""
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
