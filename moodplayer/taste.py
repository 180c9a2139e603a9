"""What the person did with the music, to how much more or less of it they want, and why.

For each emotion on its own: what somebody skips when sad they may love when happy.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypeVar

from moodplayer.domain import Counts, Emotion, History, Track, genres_of

if TYPE_CHECKING:
    from moodplayer.candidates import Candidates, Floats

_K = TypeVar("_K")

_LIKE = 2.0
"""A like says as much as two tracks that were heard to their end."""

# For the track, its artist and its genre each: the most that it moves the weight, as a natural logarithm, and
# how many deeds it takes to move it half as far. One skip is about the track; that somebody never wants an
# artist or a genre in this mood takes some more.
_TRACK = (1.4, 1.0)
_ARTIST = (0.8, 3.0)
_GENRE = (0.9, 5.0)

_WORTH_SAYING = 0.15
"""What moves the weight less than this is no reason that a person would recognise."""


def taste(counts: Counts, most: float, half: float) -> float:
    """What `counts` come to, in (-most, most): good deeds over bad, drawn to 0 while they are few.

    The mean of a beta distribution of `half` imagined deeds that cancel out
    (A. Gelman et al., Bayesian Data Analysis, 3rd ed., 2.1).
    """
    good, bad = _LIKE * counts.likes + counts.finishes, counts.skips
    return most * (good - bad) / (good + bad + half)


def tastes(library: Candidates, history: History, emotion: Emotion) -> Floats:
    """(tracks,): the logarithm of how much more of each track the person wants in `emotion`; 0 unknown."""
    import numpy as np

    total = np.zeros(len(library), np.float32)
    for name, numbers, counted, weight in (
        ("artist", library.artist, history.artists, _ARTIST),
        ("genre", library.genre, history.genres, _GENRE),
    ):
        learned = {key: taste(c, *weight) for (key, when), c in counted.items() if when is emotion}
        if not learned:
            continue
        if name == "artist":
            # One more at the end, for -1: nobody's artist.
            by_number = np.zeros(len(library.artists) + 1, np.float32)
            for key, value in learned.items():
                if key in library.artists:
                    by_number[library.artists[key]] = value
        else:
            means = (_mean([learned.get(genre, 0.0) for genre in several]) for several in library.genres)
            by_number = np.fromiter((*means, 0.0), np.float32, len(library.genres) + 1)
        total += by_number[numbers]
    for (path, when), counts in history.tracks.items():
        if when is emotion and (row := library.row(path)) is not None:
            total[row] += taste(counts, *_TRACK)
    return total


def explain(track: Track, history: History, emotion: Emotion) -> str:
    """The deed that moved the track most in `emotion`, as "you skipped this twice when sad"; or nothing."""
    reasons = [(taste(c := _of(history.tracks, track.path, emotion), *_TRACK), _this(c, emotion))]
    if track.artist:
        counts = _of(history.artists, track.artist.casefold(), emotion)
        reasons.append((taste(counts, *_ARTIST), _kind(counts, track.artist, emotion)))
    genres = genres_of(track.genre)
    for genre in genres:
        counts = _of(history.genres, genre, emotion)
        reasons.append((taste(counts, *_GENRE) / len(genres), _kind(counts, genre, emotion)))
    moved, reason = max(reasons, key=lambda pair: abs(pair[0]))
    return reason if abs(moved) >= _WORTH_SAYING else ""


def _of(counted: Mapping[tuple[_K, Emotion], Counts], key: _K, emotion: Emotion) -> Counts:
    return counted.get((key, emotion), Counts())


def _this(counts: Counts, emotion: Emotion) -> str:
    good = _LIKE * counts.likes + counts.finishes
    if counts.skips > good:
        return f"you skipped this {_times(counts.skips)} when {_when(emotion)}"
    if counts.likes:
        return f"you like this when {_when(emotion)}"
    return f"you heard this out {_times(counts.finishes)} when {_when(emotion)}"


def _kind(counts: Counts, name: str, emotion: Emotion) -> str:
    good = _LIKE * counts.likes + counts.finishes
    return f"you {'often skip' if counts.skips > good else 'like'} {name} when {_when(emotion)}"


def _when(emotion: Emotion) -> str:
    words = {Emotion.DISGUST: "disgusted", Emotion.FEAR: "afraid", Emotion.SURPRISE: "surprised"}
    return words.get(emotion, str(emotion))


def _times(n: int) -> str:
    return {1: "once", 2: "twice"}.get(n, f"{n} times")


def _mean(values: list[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
