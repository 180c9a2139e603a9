"""Frame to detections: boxes, points and scores, by the network in LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from moodplayer import paths
from moodplayer.domain import Box, Detection
from moodplayer.vision.litert import ANY, Network

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Image

    Floats = npt.NDArray[np.float32]

WIDTH, HEIGHT = 160, 128
"""The network's input, in pixels."""

CELL = 4
"""Pixels of the input to a cell of the network's output."""

GEOMETRY = 14
"""Numbers that say where a face is: its centre, width and height, and five points; in pixels of the input."""

_SAME_FACE = 0.35
"""Two boxes that share this much of their union are one face."""

_MOST = 20
"""Faces that a frame holds at most: a crowd's hundredth face is nobody who listens."""


class Fit(NamedTuple):
    """How a frame lies in the network's input: `input = frame * scale + (x, y)`."""

    scale: float
    x: float
    y: float


class Detector:
    """Finds faces in grey pictures of any size, which it sees at `size`, (width, height) in multiples of 32.

    Not for use by two threads at once. Raises ModelError if the file is
    missing, damaged, or not one of ours.
    """

    def __init__(
        self, file: Path | None = None, size: tuple[int, int] = (WIDTH, HEIGHT), *, threads: int = 1
    ) -> None:
        self.file = file or paths.model_file("faces.tflite")
        self.size = size
        self._network = Network(
            self.file, (size[1], size[0]), {"cells": (1, ANY, ANY, 1 + GEOMETRY)}, threads=threads
        )

    def cells(self, frame: Image) -> Floats:
        """What the network says of each cell of a fitted frame, uint8 (height, width): float32
        (height / CELL, width / CELL, 1 + GEOMETRY), the score first, in [0, 1]; the geometry in pixels from
        the cell's centre."""
        return self._network(frame)["cells"]

    def detect(self, grey: Image, least: float) -> list[Detection]:
        """The faces in a grey picture, in its pixels, whose score is at least `least`; the surest first."""
        frame, fit = fitted(grey, self.size)
        return [_detection(row, fit) for row in peaks(self.cells(frame), least)]


def centres_of(rows: slice, columns: slice) -> Floats:
    """What a geometry from the cells' centres lacks to one from the picture's corner: float32 (rows, columns,
    GEOMETRY), pixels."""
    centres = np.zeros((rows.stop - rows.start, columns.stop - columns.start, GEOMETRY), np.float32)
    x, y = (CELL * (np.arange(part.start, part.stop) + 0.5) for part in (columns, rows))
    # All but the third and fourth number, width and height, are places.
    for first, along in ((0, x[None, :, None]), (1, y[:, None, None])):
        centres[..., first:2:2] = along
        centres[..., 4 + first :: 2] = along
    return centres


def fitted(grey: Image, size: tuple[int, int] = (WIDTH, HEIGHT)) -> tuple[Image, Fit]:
    """A grey frame in a network's input of `size`, (width, height), uint8 (height, width): as large as it
    fits, in the middle, its edge repeated around it."""
    height, width = grey.shape
    scale = min(size[0] / width, size[1] / height)
    inner = (max(1, round(width * scale)), max(1, round(height * scale)))
    if inner != (width, height):
        # OpenCV halves 30 times as fast as it averages over other shares; linear does for what is left.
        while grey.shape[1] >= 2 * inner[0] and grey.shape[0] >= 2 * inner[1]:
            tall, wide = grey.shape[0] // 2, grey.shape[1] // 2
            grey = np.asarray(
                cv2.resize(grey[: 2 * tall, : 2 * wide], (wide, tall), interpolation=cv2.INTER_AREA)
            )
        grey = np.asarray(cv2.resize(grey, inner, interpolation=cv2.INTER_LINEAR), np.uint8)
    left, top = (size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2
    right, bottom = size[0] - inner[0] - left, size[1] - inner[1] - top
    framed = cv2.copyMakeBorder(grey, top, bottom, left, right, cv2.BORDER_REPLICATE)
    return np.asarray(framed, np.uint8), Fit(scale, left, top)


def peaks(cells: Floats, least: float) -> Floats:
    """The faces among the network's cells: float32 (n, 1 + GEOMETRY), in pixels, the surest first, each once.

    A cell is a face where its score is at least `least` and the highest of
    its neighbours'. What it says of the face's place is the mean of what its
    neighbours say, weighted by their scores: they err independently.
    """
    scores = cells[..., 0]
    rows, columns = np.nonzero((scores >= least) & (scores >= cv2.dilate(scores, np.ones((3, 3)))))
    order = np.argsort(-scores[rows, columns], kind="stable")
    found: list[Floats] = []
    for y, x in zip(rows[order], columns[order], strict=True):
        near = slice(max(y - 1, 0), min(y + 2, len(cells))), slice(max(x - 1, 0), min(x + 2, cells.shape[1]))
        around = cells[near].copy()
        around[..., 1:] += centres_of(*near)
        around = around.reshape(-1, 1 + GEOMETRY)
        weights = around[:, 0] * (around[:, 0] >= scores[y, x] / 2)
        face = (weights @ around) / weights.sum()
        face[0] = scores[y, x]
        if all(overlap(face[1:5], other[1:5]) < _SAME_FACE for other in found):
            found.append(face)
        if len(found) == _MOST:
            break
    return np.array(found, np.float32).reshape(-1, 1 + GEOMETRY)


def overlap(one: Floats, other: Floats) -> float:
    """The intersection over union of two boxes, each centre x, centre y, width, height; in [0, 1]."""
    low = np.maximum(one[:2] - one[2:4] / 2, other[:2] - other[2:4] / 2)
    high = np.minimum(one[:2] + one[2:4] / 2, other[:2] + other[2:4] / 2)
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / float(one[2] * one[3] + other[2] * other[3] - shared)


def _detection(row: Floats, fit: Fit) -> Detection:
    centre, size = (row[1:3] - (fit.x, fit.y)) / fit.scale, row[3:5] / fit.scale
    points = (row[5:].reshape(5, 2) - (fit.x, fit.y)) / fit.scale
    corner = centre - size / 2
    left, right, nose, mouth_left, mouth_right = ((float(x), float(y)) for x, y in points)
    return Detection(
        box=Box(*(round(float(side)) for side in (*corner, *size))),
        points=(left, right, nose, mouth_left, mouth_right),
        score=float(row[0]),
    )
