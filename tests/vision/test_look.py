"""From frame to look, with a network that sees only one side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from moodplayer.domain import CROP_SIZE, Frame, Method, Probabilities, Why
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.demo_face import DemoFace
from moodplayer.vision.look import Looker

if TYPE_CHECKING:
    from collections.abc import Callable

    from moodplayer.domain import Image

HALF = CROP_SIZE // 2


class OneSided(Classifier):
    """The more of something there is on the crop's left side, the happier."""

    gives_grad_cam = False
    gives_saliency = False

    def __init__(self, much: Callable[[Image], float]) -> None:
        self.file = Path("one-sided.tflite")
        self._much = much

    def read(self, crop: Image) -> Probabilities:
        happy = 0.5 + min(0.5, self._much(crop[:, :HALF]) / 255)
        return (0, 0, 0, happy, 0, 0, 1 - happy)


def face_lit_from_the_left() -> Image:
    image = DemoFace().frame_at(2.5)
    light = np.linspace(1, 0.3, image.shape[1])[:, None]
    return np.asarray(image * light, np.uint8)


def happiness(frame: Image, looks: int) -> list[float]:
    looker = Looker(OneSided(lambda side: float(side.mean())), why=None)
    faces = [looker.follow(Frame(frame, number / 10, number)).face for number in range(looks)]
    return [face.probabilities[3] for face in faces if face is not None]


def test_a_face_lit_from_one_side_is_read_as_one_lit_from_the_other() -> None:
    """Frame by frame in turn as it is and mirrored: on average no side counts more."""
    left = face_lit_from_the_left()
    right = np.ascontiguousarray(left[:, ::-1])
    (once,), (other,) = happiness(left, 1), happiness(right, 1)
    assert abs(once - other) > 0.03
    assert np.mean(happiness(left, 4)) == pytest.approx(np.mean(happiness(right, 4)), abs=0.005)


def test_a_mirrored_look_shows_the_face_and_its_heat_map_as_they_are() -> None:
    looker = Looker(OneSided(lambda side: 2 * float(side.std())), why=Why(Method.LIME))
    faces = [looker.follow(Frame(face_lit_from_the_left(), number / 10, number)).face for number in range(2)]
    heat = []
    for face in faces:
        assert face is not None
        assert face.crop[:, :HALF].mean() > face.crop[:, HALF:].mean()
        assert face.heat_map is not None
        assert face.explanation is not None
        heat.append(float(face.heat_map[:, :HALF].sum() / face.heat_map.sum()))
    # In a mirrored crop, the network's left is the face's other side.
    assert max(heat) > 0.6
    assert min(heat) < 0.4
