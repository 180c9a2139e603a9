"""Looks to readings."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from moodplayer.domain import (
    EMOTIONS,
    Box,
    CropPlace,
    Detection,
    Emotion,
    Explanation,
    Face,
    Frame,
    Look,
    Method,
    Reading,
    Region,
    Why,
)
from moodplayer.vision.reader import Reader

PER_SECOND = 10


SALIENCY, LIME = Why(Method.SALIENCY), Why(Method.LIME)


def look(emotion: Emotion | None, share: float = 0.8, why: Why | None = SALIENCY) -> Look:
    """A look whose heat map is as hot everywhere as it is sure."""
    frame = Frame(np.zeros((48, 48, 3), np.uint8), 0.0, 0)
    if emotion is None:
        return Look(frame, ())
    rest = (1 - share) / 6
    probabilities = tuple(share if e is emotion else rest for e in EMOTIONS)
    heat_map = np.full((48, 48), share, np.float32)
    explanation = None if why is None else Explanation(why, emotion, None, heat_map, {}, fit=share)
    detection = Detection(Box(0, 0, 48, 48), ((14, 16), (34, 16), (24, 26), (16, 36), (32, 36)), 0.9)
    place = CropPlace(24, 24, 48, 0)
    return Look(frame, (Face(detection, place, probabilities, frame.image[..., 0], explanation),))


def readings(reader: Reader, looks: list[Look], start: float = 100.0) -> list[Reading]:
    """What a reader makes of looks that come at PER_SECOND."""
    found = (reader.add(one, start + i / PER_SECOND) for i, one in enumerate(looks))
    return [reading for reading in found if reading is not None]


def test_three_seconds_of_one_emotion_make_one_reading() -> None:
    first, *rest = readings(Reader(), [look(Emotion.HAPPY)] * 32)
    assert first.emotion is Emotion.HAPPY
    assert first.sure
    assert first.confidence == pytest.approx(0.8)
    assert 102.8 <= first.time <= 103.1
    assert first.heat_map is not None
    assert first.heat_map.shape == (48, 48)
    assert not rest


def test_one_frame_changes_nothing() -> None:
    looks = [look(Emotion.SAD)] * 15 + [look(Emotion.HAPPY, 1.0)] + [look(Emotion.SAD)] * 16
    assert [reading.emotion for reading in readings(Reader(), looks)] == [Emotion.SAD]


def test_without_agreement_it_says_that_it_is_not_sure() -> None:
    mixed = [look(e) for e in (Emotion.SAD, Emotion.NEUTRAL, Emotion.ANGRY)] * 31
    found = readings(Reader(), mixed)
    assert [reading.sure for reading in found] == [False]
    assert found[0].time - 100 == pytest.approx(9, abs=0.2)
    assert found[0].mood.valence > Emotion.SAD.mood.valence


def test_an_emotion_that_leads_by_little_is_not_sure_either() -> None:
    found = readings(Reader(), [look(Emotion.SAD, share=0.3)] * 95)
    assert [(reading.emotion, reading.sure) for reading in found] == [(Emotion.SAD, False)]


def test_a_face_that_goes_away_begins_anew() -> None:
    looks = [look(Emotion.HAPPY)] * 20 + [look(None)] * 15 + [look(Emotion.SAD)] * 25
    reader = Reader()
    assert readings(reader, looks) == []
    assert reader.progress(100 + 60 / PER_SECOND) < 1


def test_a_blink_of_no_face_does_not() -> None:
    looks = [look(Emotion.HAPPY)] * 14 + [look(None)] * 4 + [look(Emotion.HAPPY)] * 14
    assert [reading.emotion for reading in readings(Reader(), looks)] == [Emotion.HAPPY]


def test_it_goes_on_reading() -> None:
    looks = [look(Emotion.HAPPY)] * 40 + [look(Emotion.SAD)] * 60
    assert [r.emotion for r in readings(Reader(), looks)] == [Emotion.HAPPY, Emotion.SAD, Emotion.SAD]


def test_too_few_frames_are_no_reading() -> None:
    reader = Reader()
    assert all(reader.add(look(Emotion.HAPPY), second * 0.9) is None for second in range(10))


def test_a_face_seen_badly_does_not_outvote_one_seen_well() -> None:
    looks = [look(Emotion.HAPPY, 0.9)] * 12 + [look(Emotion.SAD, 0.2)] * 19
    assert [(r.emotion, r.sure) for r in readings(Reader(), looks)] == [(Emotion.HAPPY, True)]


def test_between_two_emotions_it_is_not_sure_and_does_not_go_to_and_fro() -> None:
    def between(share: float) -> Look:
        one = look(Emotion.SAD)
        face = one.faces[0]
        rest = (0.05,) * 7
        odds = [*rest]
        odds[EMOTIONS.index(Emotion.SAD)], odds[EMOTIONS.index(Emotion.NEUTRAL)] = share, 0.75 - share
        return Look(one.frame, (dataclasses.replace(face, probabilities=tuple(odds)),))

    wavering = [between(0.375 + 0.04 * np.sin(i / 9)) for i in range(200)]
    found = readings(Reader(), wavering)
    assert len(found) >= 2
    assert not any(reading.sure for reading in found)
    for reading in found:
        assert {EMOTIONS[i] for i in np.argsort(reading.probabilities)[-2:]} == {Emotion.SAD, Emotion.NEUTRAL}


def test_a_reading_is_explained_by_the_looks_that_show_it() -> None:
    looks = [look(Emotion.SAD, 0.6)] * 14 + [look(Emotion.NEUTRAL, 0.9)] * 3 + [look(Emotion.SAD, 0.8)] * 14
    (reading,) = readings(Reader(), looks)
    explanation = reading.explanation
    assert explanation is not None
    assert explanation.emotion is Emotion.SAD
    assert 0.65 < explanation.heat_map.mean() < 0.75
    assert explanation.fit == pytest.approx(explanation.heat_map.mean(), abs=0.01)
    assert explanation.shares[Region.CHEEKS] > 0
    assert reading.crop is not None


def test_another_method_does_not_mix_with_the_last() -> None:
    reader = Reader()
    for i in range(15):
        reader.add(look(Emotion.SAD, 0.6), 100 + i / PER_SECOND)
    reader.add(look(Emotion.SAD, 0.9, LIME), 101.5)
    explanation = reader.explanation()
    assert explanation is not None
    assert explanation.why == LIME
    assert explanation.heat_map.mean() == pytest.approx(0.9)
    reader.add(look(Emotion.SAD, 0.9, None), 101.6)
    assert reader.explanation() is None
