"""Mood, tracks and history to a queue. Pure: the same arguments give the same queue.

numpy is imported where it is needed, so that the first screen need not wait for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from moodplayer.candidates import Candidates, Recordings
from moodplayer.domain import Emotion, History, Mode, Mood, Pick, Track, nearest_emotion
from moodplayer.taste import explain, tastes

if TYPE_CHECKING:
    from moodplayer.candidates import Bools, Floats, Ints

CALM = Mood(0.30, -0.50)
"""Where calm lies on the circumplex: low arousal, mild valence."""

FITS = 0.5
"""The distance within which a track fits its target; further off it is the nearest that was left."""

_SAME = 0.15
"""Tracks within this distance fit alike: no place is known better, and nobody wants one genre only."""
_NEAR = 0.5
"""The distance beyond _SAME at which a track fits half as well."""
_UNSURE = 0.5
"""Factor of a track of which no tag says a mood."""
_JUST_HEARD = 0.2
"""Factor of a track heard this moment; half the loss is made up after each _REST."""
_REST = 24 * 3600.0
_JITTER = 0.1
"""Tracks that score as alike as this change places from one seed to the next."""
_MOST = 3
"""Tracks of one artist or album among _AMONG before the next is crowded."""
_AMONG = 15
_CROWDED = 0.3
"""Factor of a track whose artist or album came that often already.

A factor and not a ban, and no smaller however often it came: nobody who owns
one happy artist wants funeral marches in between. Another's track that fits
always wins; one that does not, as long as it lies no more than some 0.9 off;
with _IN_A_ROW, some 1.3.
"""
_IN_A_ROW = 0.5
"""Factor of a track right after another of its artist."""
_SHORT_LIST = 1024
"""About so many of the best are looked at closely, and all only if these do not suffice."""


def targets(mood: Mood, mode: Mode, n: int) -> list[Mood]:
    """The moods that a queue of `n` tracks passes through, the first for the first track.

    `match` stays at `mood`. `lift` and `calm` begin at it and go in equal steps
    to happy, or to CALM: the iso principle, that music meets a person where
    they are and leads from there. I. M. Altshuler (1948), "A psychiatrist's
    experience with music as a therapeutic agent", in Schullian & Schoen (eds.),
    Music and Medicine; A. Heiderscheit & A. Madson (2015), "Use of the iso
    principle as a central method in mood management", Music Therapy
    Perspectives 33(1). Empty where `n` is not positive.
    """
    if mode is Mode.MATCH:
        return [mood] * n
    end = Emotion.HAPPY.mood if mode is Mode.LIFT else CALM
    return [mood.towards(end, step / max(1, n - 1)) for step in range(n)]


def recommend(
    mood: Mood,
    tracks: Sequence[Track],
    *,
    mode: Mode = Mode.MATCH,
    n: int = 15,
    history: History | None = None,
    seed: int = 0,
    exclude: Collection[Path] = (),
    now: float | None = None,
    emotion: Emotion | None = None,
) -> list[Pick]:
    """The `n` of `tracks` that fit `mood` best, in the order in which to play them.

    Fewer where there are fewer; no path twice, and no recording twice under two
    names. Two tracks of one artist do not follow each other, and an artist or
    album comes no more than 3 times in 15, as long as others fit nearly as
    well. Tracks of `exclude` come only when the others do not suffice. Where
    fewer than `n` fit, the nearest are next, and their picks say so. `seed`, not
    negative, chooses among tracks that fit about equally. `now`, in unix
    seconds, is what `history.played` is reckoned from; without it, nothing
    counts as heard lately. What was learned counts for `emotion`, by default
    the one nearest to `mood`.

    A pick's score is in [0, 1]: s = 1 / (1 + (d / 0.5)²), d the track's distance
    on the circumplex from its target beyond 0.15, times how sure its mood is
    (from 0.5 for not at all); with t what was learned of the track, its artist
    and its genre (see `taste`), s · eᵗ where t is negative, and the odds s / (1 - s)
    times eᵗ where it is positive, so that what does not fit stays behind what
    does; then times what is left after it was heard lately (0.2 at once, 0.6 a
    day later). The weights are this project's own judgement. Raises ValueError
    for a negative seed.
    """
    library = tracks if isinstance(tracks, Candidates) else Candidates(tracks)
    goals = targets(mood, mode, n)
    if not goals or not library:
        return []
    emotion = emotion or nearest_emotion(mood)
    history = history or History()
    scoring = _Scoring(library, history, emotion, now, seed)
    chosen = _Choice(library, scoring, exclude).rows(goals)
    order = _apart(chosen, [int(library.artist[row]) for row in chosen])
    return [
        Pick(
            library[row],
            scoring.score(row, goal),
            library[row].mood.distance(goal) <= FITS,
            explain(library[row], history, emotion),
        )
        for row, goal in zip(order, goals, strict=False)
    ]


class _Scoring:
    """How well each track fits a target. Arrays are written over: they cost more to make than to fill."""

    def __init__(
        self, library: Candidates, history: History, emotion: Emotion, now: float | None, seed: int
    ) -> None:
        import numpy as np

        self._library = library
        self._weight: Floats = np.float32(_UNSURE) + np.float32(1 - _UNSURE) * library.sure.clip(0, 1)
        self._rest: Floats = np.ones(len(library), np.float32)
        if now is not None:
            played = library.rows(history.played)
            known = [heard for path, heard in history.played.items() if library.row(path) is not None]
            ago = np.maximum(0.0, now - np.array(known, np.float64))
            self._rest[played] = (1 - (1 - _JUST_HEARD) * 0.5 ** (ago / _REST)).astype(np.float32)
        taste = tastes(library, history, emotion)
        self._gain: Floats | None = None
        if taste.any():
            # One formula for both signs: score · gain / (1 + score · more).
            self._gain = np.exp(taste)
            self._more: Floats = np.maximum(self._gain - 1, 0)
        self._jitter: Floats = 1 - _JITTER * np.random.default_rng(seed).random(len(library), np.float32)
        self._buffers = np.empty((2, len(library)), np.float32)

    def score(self, row: int, goal: Mood) -> float:
        """The score of one track, in [0, 1]."""
        return min(1.0, max(0.0, float(self._scored(goal, slice(row, row + 1))[0])))

    def wanted(self, goal: Mood) -> Floats:
        """(tracks,): the scores, shuffled a little by the seed; overwritten by the next call."""
        scores = self._scored(goal, slice(None))
        scores *= self._jitter
        return scores

    def _scored(self, goal: Mood, rows: slice) -> Floats:
        import numpy as np

        scores: Floats = self._buffers[0, rows]
        other: Floats = self._buffers[1, rows]
        np.subtract(self._library.valence[rows], np.float32(goal.valence), out=scores)
        scores *= scores
        np.subtract(self._library.arousal[rows], np.float32(goal.arousal), out=other)
        other *= other
        scores += other
        np.sqrt(scores, out=scores)
        scores -= np.float32(_SAME)
        np.maximum(scores, 0, out=scores)
        scores *= np.float32(1 / _NEAR)
        scores *= scores
        scores += 1
        np.divide(self._weight[rows], scores, out=scores)
        if self._gain is not None:
            np.multiply(scores, self._more[rows], out=other)
            other += 1
            scores *= self._gain[rows]
            scores /= other
        scores *= self._rest[rows]
        return scores


class _Choice:
    """Chooses row after row, each crowding out others of its kind."""

    def __init__(self, library: Candidates, scoring: _Scoring, exclude: Collection[Path]) -> None:
        import numpy as np

        self._library = library
        self._scoring = scoring
        self._held_back = library.rows(exclude)
        self._free: Bools = np.ones(len(library), np.bool_)
        self._free[self._held_back] = False
        self._met = Recordings()
        self._chosen: list[int] = []

    def rows(self, goals: Iterable[Mood]) -> list[int]:
        """A row for each goal, while there are rows: the best of those that are left."""
        before = None
        excluded = Recordings()
        for row in self._held_back:
            excluded.add(self._library[row])
        for goal in goals:
            if goal != before:
                before, scores = goal, self._scoring.wanted(goal)
                short = _best(scores)
            found = self._next(scores, short, excluded)
            if found is None and self._held_back:
                self._free[self._held_back] = True
                self._held_back, excluded = [], Recordings()
                found = self._next(scores, short, excluded)
            if found is None:
                break
            self._chosen.append(found)
            self._free[found] = False
            self._met.add(self._library[found])
        return self._chosen

    def _next(self, scores: Floats, short: Ints, excluded: Recordings) -> int | None:
        """The best free row that is no recording met before; None where there is none."""
        lowest = float(scores[short].min()) if len(short) < len(scores) else 0.0
        rows: Ints | None = short
        while True:
            value = self._values(scores, rows)
            at = int(value.argmax())
            if rows is not None and value[at] < lowest:
                # Somebody beyond the short list may be better: look at all.
                rows = None
                continue
            if value[at] < 0:
                return None
            row = at if rows is None else int(rows[at])
            track = self._library[row]
            if track in self._met:
                self._free[row] = False
            elif track in excluded:
                self._free[row] = False
                self._held_back.append(row)
            else:
                return row

    def _values(self, scores: Floats, rows: Ints | None) -> Floats:
        """The scores of `rows`, or of all, with what is crowded lowered and what is taken below 0."""
        import numpy as np

        artist, album = self._library.artist, self._library.album
        value, free = scores, self._free
        if rows is not None:
            artist, album, value, free = artist[rows], album[rows], scores[rows], free[rows]
        recent = self._chosen[1 - _AMONG :]
        crowded = np.zeros(len(value), np.bool_)
        for mine, numbers in ((artist, self._library.artist), (album, self._library.album)):
            counted = Counter(int(numbers[row]) for row in recent)
            for number, times in counted.items():
                if number >= 0 and times >= _MOST:
                    crowded |= mine == number
        value = np.where(crowded, value * np.float32(_CROWDED), value)
        if recent and (last := int(self._library.artist[recent[-1]])) >= 0:
            value[artist == last] *= np.float32(_IN_A_ROW)
        value[~free] = -1.0
        return value


def _best(scores: Floats) -> Ints:
    """The rows of about _SHORT_LIST of the best scores: all that reach what a sample of them says."""
    import numpy as np

    step = len(scores) // (_SHORT_LIST * 16)
    if step < 2:
        if len(scores) <= _SHORT_LIST:
            return np.arange(len(scores), dtype=np.int32)
        return np.argpartition(scores, -_SHORT_LIST)[-_SHORT_LIST:].astype(np.int32)
    sample = np.sort(scores[::step])
    enough = sample[-(_SHORT_LIST // step + 4)]
    return np.flatnonzero(scores >= enough).astype(np.int32)


def _apart(rows: list[int], artists: list[int]) -> list[int]:
    """`rows`, with those moved that follow another of their artist, each no further than it must be.

    Moving the second of a pair never joins another pair, and finds no gap only
    where the artist has more than half of the rows: so this is the best there is.
    """
    order = list(zip(rows, artists, strict=True))
    stuck = {-1}
    at = 1
    while at < len(order):
        artist = order[at][1]
        if artist in stuck or order[at - 1][1] != artist:
            at += 1
            continue
        moved = order.pop(at)
        free = (g for g in range(len(order) + 1) if all(a != artist for _, a in order[max(0, g - 1) : g + 1]))
        gap = min(free, key=lambda gap: abs(gap - at), default=None)
        if gap is None:
            stuck.add(artist)
        order.insert(at if gap is None else gap, moved)
    return [row for row, _ in order]
