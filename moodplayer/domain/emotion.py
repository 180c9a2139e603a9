"""What a face shows and what a track expresses: emotions, and moods on Russell's circumplex."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Mood:
    """A point on Russell's circumplex: valence and arousal, each in [-1, 1]."""

    valence: float
    arousal: float

    def distance(self, other: Mood) -> float:
        """Euclidean distance, in [0, 2·√2]."""
        return math.hypot(self.valence - other.valence, self.arousal - other.arousal)

    def towards(self, other: Mood, share: float) -> Mood:
        """The point that lies `share` (0 to 1) of the way from here to `other`."""
        return Mood(
            self.valence + share * (other.valence - self.valence),
            self.arousal + share * (other.arousal - self.arousal),
        )


class Emotion(StrEnum):
    """What a face shows, in FER-2013's order, which is the order of every array, file and table."""

    ANGRY = "angry"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISE = "surprise"
    NEUTRAL = "neutral"

    @property
    def mood(self) -> Mood:
        """Its place on the circumplex (pleasure and arousal of Russell & Mehrabian, 1977)."""
        return _MOODS[self]


EMOTIONS: tuple[Emotion, ...] = tuple(Emotion)

_MOODS: Mapping[Emotion, Mood] = {
    Emotion.ANGRY: Mood(-0.43, 0.67),
    Emotion.DISGUST: Mood(-0.60, 0.35),
    Emotion.FEAR: Mood(-0.64, 0.60),
    Emotion.HAPPY: Mood(0.81, 0.51),
    Emotion.SAD: Mood(-0.63, -0.27),
    Emotion.SURPRISE: Mood(0.40, 0.67),
    Emotion.NEUTRAL: Mood(0.0, 0.0),
}

Probabilities = tuple[float, ...]
"""Seven numbers in [0, 1] that sum to 1, in the order of EMOTIONS."""


def certain(emotion: Emotion) -> Probabilities:
    """The probabilities of somebody who says so themselves."""
    return tuple(1.0 if e is emotion else 0.0 for e in EMOTIONS)


def mood_of(probabilities: Sequence[float]) -> Mood:
    """The mean of the emotions' places, weighted by their probabilities.

    An unsure reading gives a middling mood, and nothing jumps when two
    emotions change places by a hair.
    """
    total = sum(probabilities) or 1.0
    return Mood(
        sum(p * e.mood.valence for p, e in zip(probabilities, EMOTIONS, strict=True)) / total,
        sum(p * e.mood.arousal for p, e in zip(probabilities, EMOTIONS, strict=True)) / total,
    )


def nearest_emotion(mood: Mood) -> Emotion:
    """The emotion whose place on the circumplex is nearest."""
    return min(EMOTIONS, key=lambda e: mood.distance(e.mood))


class Mode(StrEnum):
    """How an emotion becomes a target mood."""

    MATCH = "match"
    """The same mood as the face's."""
    LIFT = "lift"
    """From the face's mood towards happy, step by step over the queue."""
    CALM = "calm"
    """From the face's mood towards calm, step by step over the queue."""
