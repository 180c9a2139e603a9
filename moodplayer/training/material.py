"""What a face detector's frames are composed of: portraits and backgrounds, from disk."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.errors import DatasetError

if TYPE_CHECKING:
    from moodplayer.domain import Image

Boxes = npt.NDArray[np.float32]

_BLOCK = 100
_HELD_OUT = 12
"""One block of so many is held out. Portraits are ordered by person: a block shares few with the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What frames are composed of: N portraits of one face each, and pictures without any."""

    portraits: list[Image]
    """Grey."""
    boxes: Boxes
    """(N, 4): x, y, width and height in the portrait's pixels."""
    points: npt.NDArray[np.float32]
    """(N, 5, 2), in the portrait's pixels."""
    backgrounds: list[Image]
    """Grey."""

    def split(self) -> tuple[Material, Material]:
        """What to train on and what to hold out, of portraits and backgrounds alike."""
        portraits = np.arange(len(self.portraits)) // _BLOCK % _HELD_OUT == _HELD_OUT // 2
        backgrounds = np.arange(len(self.backgrounds)) % (_HELD_OUT // 3) == 1
        return self._where(~portraits, ~backgrounds), self._where(portraits, backgrounds)

    def _where(self, portraits: npt.NDArray[np.bool_], backgrounds: npt.NDArray[np.bool_]) -> Material:
        return Material(
            [self.portraits[i] for i in np.flatnonzero(portraits)],
            self.boxes[portraits],
            self.points[portraits],
            [self.backgrounds[i] for i in np.flatnonzero(backgrounds)],
        )


def load_material(folder: Path) -> Material:
    """The material in `folder`: `faces.npz` and `backgrounds.npz`, each with JPEG files one after the other
    (`jpeg`, `offsets`), and for the faces `boxes` and `landmarks` as shares of width and height.

    Raises DatasetError where they are missing or damaged.
    """
    try:
        with np.load(folder / "faces.npz") as faces, np.load(folder / "backgrounds.npz") as backgrounds:
            portraits = _decoded(faces["jpeg"], faces["offsets"])
            sizes = np.array([p.shape[::-1] for p in portraits], np.float32)
            return Material(
                portraits,
                faces["boxes"] * np.tile(sizes, 2),
                faces["landmarks"] * sizes[:, None],
                _decoded(backgrounds["jpeg"], backgrounds["offsets"]),
            )
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, cv2.error) as error:
        raise DatasetError(
            f"{folder} holds nothing to compose frames of: {error}",
            "it should hold faces.npz and backgrounds.npz, each with the keys jpeg and offsets",
        ) from error


def _decoded(jpeg: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> list[Image]:
    pictures = [cv2.imdecode(jpeg[start:end], cv2.IMREAD_GRAYSCALE) for start, end in pairwise(offsets)]
    if any(picture is None for picture in pictures):
        raise ValueError("a picture in it is damaged")
    return [np.asarray(picture, np.uint8) for picture in pictures]
