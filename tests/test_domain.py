"""The words all parts share."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodplayer.domain import EMOTIONS, Emotion, Mood, certain, mood_of, nearest_emotion


def test_the_emotions_are_in_fer2013s_order() -> None:
    assert list(EMOTIONS) == ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_certain_emotion_has_its_own_mood(emotion: Emotion) -> None:
    assert mood_of(certain(emotion)) == emotion.mood
    assert nearest_emotion(emotion.mood) is emotion


@given(st.lists(st.floats(0, 1), min_size=7, max_size=7))
def test_any_probabilities_have_a_mood_on_the_circumplex(probabilities: list[float]) -> None:
    mood = mood_of(probabilities)
    assert -1 <= mood.valence <= 1
    assert -1 <= mood.arousal <= 1


def test_two_emotions_that_change_places_by_a_hair_hardly_move_the_mood() -> None:
    sad_first = mood_of([0, 0, 0, 0, 0.501, 0, 0.499])
    neutral_first = mood_of([0, 0, 0, 0, 0.499, 0, 0.501])
    assert sad_first.distance(neutral_first) < 0.01


def test_towards_goes_all_the_way_and_half_of_it() -> None:
    here, there = Mood(-1, 0), Mood(1, 1)
    assert here.towards(there, 1) == there
    assert here.towards(there, 0.5) == Mood(0, 0.5)
