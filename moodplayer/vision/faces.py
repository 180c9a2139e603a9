"""Frame to faces: a look at all of it, a closer look at each face, and then after it from frame to frame."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import Box, Detection, Point
from moodplayer.vision.crops import part_of, to_grey
from moodplayer.vision.detector import HEIGHT, WIDTH, Detector

if TYPE_CHECKING:
    from pathlib import Path

    from moodplayer.domain import Image

NEAR = (96, 96)
"""Pixels at which a closer look sees its window."""

MAYBE = 0.2
"""The score at which something in the whole frame is worth a closer look."""

SURE = 0.55
"""The score that closer looks must give a face."""

_STAYS = 0.35
"""The score that one must keep that is followed: it was sure once, and is where it was."""

_LEAST = 0.05
"""The score at which one closer look still counts towards the mean of all."""

_SHARES = {NEAR: 0.64, (WIDTH, HEIGHT): 0.5}
"""Of the height of the window that a closer look at such a size sees: the face's."""

_LOOKS = ((0.06, False), (-0.06, True))
_MORE = ((0.0, False), (0.12, False), (-0.12, True))
"""Of each closer look: how far beside the face it is centred, as a share of the face's width, and whether it
is in a mirror. Each errs in its own way; a thing that is no face seldom looks like one in all of them. Those
of the second row, at the whole frame's size, are for faces that the first two leave in doubt."""

_ENOUGH, _NEVER = 0.85, 0.2
"""Mean scores of the first looks: of a face beyond doubt, and of none."""

_CLEAR, _LARGE = 0.6, 0.25
"""Where a face of this score, and of this share of the frame's height, is seen, no look is for those far away
that the whole frame does not show."""

_QUARTER = 0.56
"""Width and height of a quarter, as shares of the frame's: they overlap by more than a small face."""

_COARSE = 1.5
"""A frame so many times as large as the network's input has faces that only its quarters show well."""

_SAME = 0.2
"""Two boxes that share this much of their union hold the same face."""

_PATIENCE = 10
"""Frames for which a face that is gone is expected back where it was, before another may be followed."""


class FaceFinder:
    """Finds the faces of a frame, and follows one of them. Not for use by two threads at once."""

    def __init__(self, model: Path | None = None) -> None:
        self._detector = Detector(model)
        self._near = Detector(model, NEAR)
        self._last: Detection | None = None
        self._lost = 0

    def find(self, image: Image, *, most: int | None = None) -> list[Detection]:
        """The faces in a BGR or grey frame, the largest first; at most `most` of them, where given."""
        grey = to_grey(image)
        found: list[Detection] = []
        for face in self._candidates(grey)[: most and 2 * most]:
            closer = self._closer(grey, face)
            if closer and closer.score >= SURE and not _among(found, closer):
                found.append(closer)
        return sorted(found, key=lambda face: -face.box.area)[:most]

    def follow(self, image: Image) -> Detection | None:
        """The face that was followed in the last frame; at first, or when that is gone, the largest.

        Looks once around the last place first, which is quicker than the whole
        frame and sees more: readings are means over time, so one look errs as
        little as several. The same person keeps being followed though others come
        near, or are there while a hand hides the face. None without a face.
        """
        face = self._last and self._look(self._near, image, self._last.box)
        if face is None or face.score < _STAYS:
            last = self._last
            face = next((f for f in self.find(image) if last is None or _near(f.box, last.box)), None)
        if face is not None:
            self._last, self._lost = face, 0
        elif self._last is not None:
            self._lost += 1
            if self._lost >= _PATIENCE:
                self._last = None
        return face

    def _candidates(self, grey: Image) -> list[Detection]:
        """What may be a face: in the whole frame, and, where none is near, in its four quarters."""
        height, width = grey.shape
        found = self._detector.detect(grey, MAYBE)
        near = any(one.score >= _CLEAR and one.box.height >= _LARGE * height for one in found)
        if not near and min(width / WIDTH, height / HEIGHT) > _COARSE:
            wide, tall = round(width * _QUARTER), round(height * _QUARTER)
            for left in (0, width - wide):
                for top in (0, height - tall):
                    part = grey[top : top + tall, left : left + wide]
                    far = [_shifted(face, left, top) for face in self._detector.detect(part, MAYBE)]
                    found += [face for face in far if not _among(found, face)]
        return sorted(found, key=lambda face: -face.box.area)

    def _closer(self, image: Image, face: Detection) -> Detection | None:
        """That face, looked at more closely in several ways; None if none of them shows one."""
        seen: list[Detection] = []
        score, looks = 0.0, 0
        for detector, ways in ((self._near, _LOOKS), (self._detector, _MORE)):
            for aside, mirrored in ways:
                one = self._look(detector, image, face.box, aside, mirrored)
                if one is not None:
                    seen.append(one)
                looks += 1
            score = sum(face.score for face in seen) / looks
            if not _NEVER <= score < _ENOUGH:
                break
        return _mean(seen, score) if seen else None

    def _look(
        self, detector: Detector, image: Image, box: Box, aside: float = 0.0, mirrored: bool = False
    ) -> Detection | None:
        # Not enlarged: what the camera did not see cannot be seen more closely.
        across, tall = detector.size
        height = max(max(box.height, box.width) / _SHARES[detector.size], tall)
        width = height * across / tall
        left, top = box.x + (box.width - width) / 2 + aside * box.width, box.y + (box.height - height) / 2
        window, x, y = part_of(image, left, top, width, height)
        grey = to_grey(window)
        if mirrored:
            found = detector.detect(np.asarray(cv2.flip(grey, 1), np.uint8), _LEAST)
            found = [_mirrored(one, grey.shape[1]) for one in found]
        else:
            found = detector.detect(grey, _LEAST)
        same = [near for one in found if _overlap((near := _shifted(one, x, y)).box, box) >= _SAME]
        return max(same, key=lambda one: one.score * _overlap(one.box, box), default=None)


def _mean(looks: list[Detection], score: float) -> Detection:
    """One face of several looks at it, weighted by their scores."""
    weights = np.array([one.score for one in looks])
    boxes = np.array([(one.box.x, one.box.y, one.box.width, one.box.height) for one in looks])
    points = np.average([one.points for one in looks], axis=0, weights=weights)
    left, right, nose, mouth_left, mouth_right = ((float(x), float(y)) for x, y in points)
    box = Box(*(round(float(side)) for side in np.average(boxes, axis=0, weights=weights)))
    return Detection(box, (left, right, nose, mouth_left, mouth_right), score)


def _mirrored(face: Detection, width: int) -> Detection:
    """A face as it is without the mirror that a picture of `width` was seen in."""
    box = face.box
    left, right, nose, mouth_left, mouth_right = ((width - x, y) for x, y in face.points)
    return Detection(
        Box(width - box.x - box.width, box.y, box.width, box.height),
        (right, left, nose, mouth_right, mouth_left),
        face.score,
    )


def _shifted(face: Detection, x: int, y: int) -> Detection:
    box, points = face.box, face.points

    def moved(point: Point) -> Point:
        return point[0] + x, point[1] + y

    left, right, nose, mouth_left, mouth_right = map(moved, points)
    return Detection(
        Box(box.x + x, box.y + y, box.width, box.height),
        (left, right, nose, mouth_left, mouth_right),
        face.score,
    )


def _among(faces: list[Detection], face: Detection) -> bool:
    return any(_overlap(face.box, other.box) >= _SAME for other in faces)


def _near(one: Box, other: Box) -> bool:
    """Whether one face may be the other, moved: about as large, and no further than two of its heights."""
    across = one.x + one.width / 2 - other.x - other.width / 2
    down = one.y + one.height / 2 - other.y - other.height / 2
    return math.hypot(across, down) < 2 * other.height and 0.5 < one.height / other.height < 2


def _overlap(one: Box, other: Box) -> float:
    """Intersection over union, in [0, 1]."""
    across = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    down = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0, across) * max(0, down)
    union = one.area + other.area - shared
    return shared / union if union else 0.0
