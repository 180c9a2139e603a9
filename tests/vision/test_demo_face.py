"""The drawn face is a face, moves like one, and shows the same every time."""

from __future__ import annotations

import threading
import time
from itertools import islice, pairwise

import numpy as np
import pytest

from moodplayer.domain import Emotion
from moodplayer.vision.camera import Kind, open_source
from moodplayer.vision.demo_face import CYCLE, EXPRESSIONS, HOLD, RATE, DemoFace
from moodplayer.vision.drawn.expression import Expression, Pose
from moodplayer.vision.drawn.portrait import Portrait
from moodplayer.vision.faces import FaceFinder

PROMPTLY = 2.0
"""Seconds: far above what closing takes."""


@pytest.fixture(scope="module")
def face() -> DemoFace:
    return DemoFace()


@pytest.fixture(scope="module")
def portrait() -> Portrait:
    return Portrait()


def test_a_source_like_the_others() -> None:
    with open_source("demo") as source:
        assert (source.kind, source.label, source.live) == (Kind.DEMO, "demo face", False)
        frames = list(islice(source, 3))
    assert [frame.name for frame in frames] == [0, 1, 2]
    assert [frame.time for frame in frames] == pytest.approx([0, 1 / RATE, 2 / RATE])
    assert all(frame.image.shape == (480, 640, 3) and frame.image.dtype == np.uint8 for frame in frames)


def test_one_cycle_unless_paced(monkeypatch: pytest.MonkeyPatch) -> None:
    face = DemoFace()
    monkeypatch.setattr(face, "frame_at", lambda _: np.zeros((480, 640, 3), np.uint8))
    assert len(list(face)) == round(CYCLE * RATE)


def test_is_found_in_nearly_every_frame(face: DemoFace) -> None:
    finder = FaceFinder()
    found = [finder.find(face.frame_at(float(at))) for at in np.arange(0, CYCLE, 0.3)]
    assert sum(len(faces) == 1 for faces in found) / len(found) >= 0.95
    for faces in found:
        for box in (one.box for one in faces):
            centre = (box.x + box.width / 2, box.y + box.height / 2)
            assert centre == pytest.approx((320, 225), abs=40)
            assert 200 < box.width < 280


def test_shows_every_expression_in_turn(face: DemoFace) -> None:
    times = np.arange(0, 2 * CYCLE, HOLD) + HOLD / 2
    assert [face.expression_at(float(t)) for t in times] == 2 * list(EXPRESSIONS)
    assert {Emotion.HAPPY, Emotion.SURPRISE, Emotion.NEUTRAL} <= set(EXPRESSIONS)


def test_two_of_a_seed_are_the_same(face: DemoFace) -> None:
    twin, other = DemoFace(), DemoFace(seed=1)
    for at in (0.0, 3.3, 7.9, 61.25):
        assert np.array_equal(face.frame_at(at), twin.frame_at(at))
        assert not np.array_equal(face.frame_at(at), other.frame_at(at))


def test_never_jumps(face: DemoFace) -> None:
    """Between two frames that follow each other there is less change than between two expressions."""

    def change(one: float, two: float) -> float:
        a, b = (face.frame_at(at)[180:400, 200:440].astype(int) for at in (one, two))
        return float(np.abs(a - b).mean())

    apart = min(change(n * HOLD + 2, (n + 1) * HOLD + 2) for n in range(len(EXPRESSIONS)))
    changes = [change(HOLD + n / RATE / 2, HOLD + (n + 1) / RATE / 2) for n in range(12)]
    assert max(changes) < apart


def test_blinks(face: DemoFace) -> None:
    lids = [face._pose(n / 60).blink for n in range(60 * 14)]
    shut = [one < 0.5 <= two for one, two in pairwise(lids)]
    assert 3 <= sum(shut) <= 6
    assert min(lids) == 0
    assert 0.9 < max(lids) <= 1


def test_paced_frames_come_in_time_and_late_ones_are_left_out() -> None:
    pause = threading.Event()
    with DemoFace(paced=True) as source:
        frames = iter(source)
        started = time.monotonic()
        first = next(frames)
        pause.wait(0.5)
        second, third = next(frames), next(frames)
        took = time.monotonic() - started
    assert first.name == 0
    assert second.time >= 0.4
    assert third.time > second.time
    assert took >= third.time - 0.05


def test_closed_by_another_thread() -> None:
    begun, ended = threading.Event(), threading.Event()
    source = DemoFace(paced=True)

    def iterate() -> None:
        for _ in source:
            begun.set()
        ended.set()

    threading.Thread(target=iterate, daemon=True).start()
    assert begun.wait(PROMPTLY)
    source.close()
    source.close()
    assert ended.wait(PROMPTLY)
    assert list(source) == []


@pytest.mark.parametrize("value", [-1.0, 1.0])
def test_draws_the_most_extreme_expressions(portrait: Portrait, value: float) -> None:
    extreme = Expression(*[value if value > 0 else -1.0] * len(Expression.__slots__))
    for pose in (Pose(), Pose(x=40, y=30, turn=12, gaze=(value, value), blink=1, light=1.4)):
        assert portrait.draw(extreme, pose).shape == (480, 640, 3)


def test_mixing_expressions() -> None:
    sad = EXPRESSIONS.get(Emotion.SAD, Expression(smile=-1))
    assert Expression().mixed(sad, 0) == Expression()
    assert Expression().mixed(sad, 1) == sad
    assert Expression().mixed(sad, 0.5).smile == pytest.approx(sad.smile / 2)


def test_a_shut_eye_shows_no_white(portrait: Portrait) -> None:
    eye = np.s_[196:222, 236:286]
    opened, shut = (portrait.draw(Expression(), Pose(blink=blink))[eye] for blink in (0.0, 1.0))
    # What is white has as much blue as red; skin has not.
    white = [((e[..., 0].astype(int) > e[..., 2] - 25) & (e[..., 2] > 130)).sum() for e in (opened, shut)]
    assert white[0] > 100
    assert white[1] < 10
