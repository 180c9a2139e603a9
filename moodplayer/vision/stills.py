"""Pictures as sources of frames: one image, or the images of a folder."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from moodplayer.domain import Frame
from moodplayer.errors import CameraError
from moodplayer.vision.source import Kind, Source, printable, reason

if TYPE_CHECKING:
    from moodplayer.domain import Image

_log = logging.getLogger(__name__)

IMAGE_SUFFIXES: Final = frozenset(
    {".jpg", ".jpeg", ".jpe", ".png", ".webp", ".bmp", ".dib", ".tif", ".tiff", ".avif", ".jp2", ".ppm"}
    | {".pgm", ".pbm", ".pnm", ".sr", ".ras", ".hdr"}
)
"""What counts as a picture in a folder. A file named by itself is looked into, whatever its suffix."""

LONGEST_SIDE = 4096
"""Pixels; a larger picture is shrunk to this. Faces are looked for in far smaller ones."""

_LARGEST_FILE = 512 * 2**20
"""Bytes: what is larger is no picture, and must not be read into memory to find that out."""

_STILL_INTERVAL = 0.1
"""Seconds between two frames of a picture that is shown in its own time."""

_PICTURE_SECONDS = 4.0
"""How long each picture of a folder is shown: long enough for a reading (see Reader.window)."""


class Picture(Source):
    """One image, read when it is opened."""

    def __init__(self, label: str, image: Image, *, paced: bool) -> None:
        super().__init__(Kind.IMAGE, label)
        self._image = image
        self._paced = paced

    def __iter__(self) -> Iterator[Frame]:
        while not self._closed.is_set():
            yield Frame(self._image, time.monotonic(), self.label)
            if not self._paced or self._closed.wait(_STILL_INTERVAL):
                return


class Pictures(Source):
    """The images of a folder, in the order of their names; those that cannot be read are left out."""

    def __init__(self, folder: Path, *, paced: bool) -> None:
        """Raises CameraError if there is no picture in it."""
        files = sorted(
            file
            for file in folder.iterdir()
            if file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()
        )
        name = printable(folder.resolve().name)
        if not files:
            raise CameraError(f"no pictures in {name}/", "JPEG, PNG, WebP and the like count")
        super().__init__(Kind.FOLDER, f"{name}/ ({len(files)})")
        self._files = files
        self._paced = paced

    def __iter__(self) -> Iterator[Frame]:
        while not self._closed.is_set():
            shown = 0
            for file in self._files:
                if self._closed.is_set():
                    return
                try:
                    image = read_image(file)
                except CameraError as error:
                    _log.warning("left out: %s", error.message)
                    continue
                shown += 1
                yield from self._show(image, printable(file.name))
            if not shown:
                raise CameraError(f"none of the pictures in {self.label} can be read")
            if not self._paced:
                return

    def _show(self, image: Image, name: str) -> Iterator[Frame]:
        until = time.monotonic() + _PICTURE_SECONDS
        yield Frame(image, time.monotonic(), name)
        while self._paced and not self._closed.wait(_STILL_INTERVAL) and time.monotonic() < until:
            yield Frame(image, time.monotonic(), name)


def read_image(path: Path) -> Image:
    """An image file as BGR uint8 (height, width, 3), upright by its EXIF, no side over LONGEST_SIDE.

    Grey and 16-bit pictures are converted, alpha is left out. Raises
    CameraError if it cannot be read, or is not an image that OpenCV knows.
    """
    image = decoded(path)
    if image is None:
        raise CameraError(f"{printable(path.name)} is not an image", "give it a JPEG, PNG, WebP or the like")
    return image


def decoded(path: Path) -> Image | None:
    """The image in a file; None if it is none. Raises CameraError if the file cannot be read."""
    try:
        if not 0 < path.stat().st_size <= _LARGEST_FILE:
            return None
        # Not cv2.imread, which knows only some names on Windows.
        image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except OSError as error:
        raise CameraError(f"{printable(path.name)} cannot be read", reason(error)) from error
    except cv2.error as error:
        _log.warning("%s cannot be decoded: %s", printable(path.name), error)
        return None
    if image is None:
        return None
    height, width = image.shape[:2]
    if (scale := LONGEST_SIDE / max(height, width)) < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8)
