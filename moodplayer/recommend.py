"""Mood, tracks and history to a queue. Pure: the same arguments give the same queue.

numpy is imported where it is needed, so that the first screen need not wait for it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from moodplayer.domain import Emotion, History, Mode, Mood, Pick, Track, nearest_emotion

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int64]

CALM = Mood(0.30, -0.50)
"""Where calm lies on the circumplex: low arousal, mild valence."""

_SAME = 0.15
"""Tracks within this distance fit alike: no place is known better, and nobody wants one genre only."""
_NEAR = 0.5
"""The distance beyond _SAME at which a track fits half as well."""
_UNSURE = 0.5
"""Factor of a track of which no tag says a mood."""
_LIKED = 0.5
_SKIP = 0.6
"""Factor for each time that a track was skipped in this emotion."""
_JUST_HEARD = 0.2
"""Factor of a track heard this moment; half the loss is made up after each _REST."""
_REST = 24 * 3600.0
_JITTER = 0.1
"""Tracks that score as alike as this change places from one seed to the next."""
_MOST = 3
"""Tracks of one artist or album before the next is crowded."""
_CROWDED = 0.4
"""Factor of a track whose artist or album came that often already.

A factor and not a ban, and no smaller however often it came: nobody who owns
one happy artist wants funeral marches in between. Another's track wins as long
as it lies no more than some 0.75 off; with _IN_A_ROW, some 1.15.
"""
_IN_A_ROW = 0.5
"""Factor of a track right after another of its artist."""


class Candidates(Sequence[Track]):
    """A library's tracks, with the arrays that choosing among them needs.

    Pass one to `recommend` wherever a library is asked more than once; it is a
    sequence of the tracks like any other. Building it takes most of the time of
    a recommendation (some 3 µs a track). It holds each path once, and does not
    follow what happens to `tracks` afterwards: build another.
    """

    def __init__(self, tracks: Iterable[Track]) -> None:
        import numpy as np

        # By text: a path takes five times as long to hash.
        unique: dict[str, Track] = {}
        for track in tracks:
            unique.setdefault(str(track.path), track)
        self._tracks = tuple(unique.values())
        self._rows = dict(zip(unique, range(len(unique)), strict=True))
        n = len(self._tracks)
        self.valence: Floats = np.fromiter((t.mood.valence for t in self._tracks), np.float64, n)
        self.arousal: Floats = np.fromiter((t.mood.arousal for t in self._tracks), np.float64, n)
        self.sure: Floats = np.fromiter((t.sure for t in self._tracks), np.float64, n)
        self.artist: Ints = _numbered((t.artist for t in self._tracks), n)
        """(n,): a number for each artist, from 0; -1 where none is named."""
        self.album: Ints = _numbered((t.album for t in self._tracks), n)
        """(n,): a number for each album, from 0; -1 where none is named."""

    @overload
    def __getitem__(self, index: int) -> Track: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Track, ...]: ...
    def __getitem__(self, index: int | slice) -> Track | tuple[Track, ...]:
        return self._tracks[index]

    def __len__(self) -> int:
        return len(self._tracks)

    def rows(self, paths: Iterable[Path]) -> list[int]:
        """Where `paths` stand among the tracks, in their order; those that do not are left out."""
        found = (self._rows.get(str(path)) for path in paths)
        return [row for row in found if row is not None]


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
) -> list[Pick]:
    """The `n` of `tracks` that fit `mood` best, in the order in which to play them.

    Fewer where there are fewer; no path twice. Two tracks of one artist do not
    follow each other, and an artist or album comes no more than 3 times, as
    long as others fit nearly as well. Tracks of `exclude` come only when the
    others do not suffice. `seed`, not negative, chooses among tracks that fit
    about equally. `now`, in unix seconds, is what `history.played` is reckoned
    from; without it, nothing counts as heard lately.

    A pick's score is in [0, 1]: 1 / (1 + (d / 0.5)²), d the track's distance
    on the circumplex from its target beyond 0.15, times how sure its mood is (from 0.5 for
    not at all), times 0.6 for each skip in the emotion nearest to `mood`, times
    what is left after it was heard lately (0.2 at once, 0.6 a day later). A
    liked track's score s grows by s · (1 - s) / 2. The weights are this
    project's own judgement. Raises ValueError for a negative seed.
    """
    import numpy as np

    library = tracks if isinstance(tracks, Candidates) else Candidates(tracks)
    goals = targets(mood, mode, n)
    if not goals or not library:
        return []
    weight = _weights(library, nearest_emotion(mood), history, now)
    liked = np.zeros(len(library), np.bool_)
    if history is not None:
        liked[library.rows(history.liked)] = True
    jitter = 1 - _JITTER * np.random.default_rng(seed).random(len(library))

    def wanted() -> Iterator[Floats]:
        before = None
        for goal in goals:
            if goal != before:
                before, scores = goal, _scores(library, goal, weight, liked) * jitter
            yield scores

    chosen = _choose(library, wanted(), exclude)
    order = _apart(chosen, [int(library.artist[row]) for row in chosen])
    return [
        Pick(library[row], float(_scores(library, goal, weight, liked, slice(row, row + 1))[0]))
        for row, goal in zip(order, goals, strict=False)
    ]


def _weights(library: Candidates, emotion: Emotion, history: History | None, now: float | None) -> Floats:
    """(tracks,) in (0, 1]: what there is to say of each track, whatever the target."""
    weight: Floats = _UNSURE + (1 - _UNSURE) * library.sure.clip(0, 1)
    if history is None:
        return weight
    for (path, when), times in history.skipped.items():
        if when is emotion:
            for row in library.rows([path]):
                weight[row] *= _SKIP**times
    if now is not None:
        for path, heard in history.played.items():
            lost = (1 - _JUST_HEARD) * 0.5 ** (max(0.0, now - heard) / _REST)
            for row in library.rows([path]):
                weight[row] *= 1 - lost
    return weight


def _scores(
    library: Candidates, goal: Mood, weight: Floats, liked: Bools, rows: slice = slice(None)
) -> Floats:
    import numpy as np

    across, up = library.valence[rows] - goal.valence, library.arousal[rows] - goal.arousal
    distance = np.sqrt(across**2 + up**2)
    scores = weight[rows] / (1 + ((distance - _SAME).clip(0) / _NEAR) ** 2)
    return scores + _LIKED * liked[rows] * scores * (1 - scores)


def _choose(library: Candidates, scores: Iterable[Floats], exclude: Collection[Path]) -> list[int]:
    """A row for each of `scores`, while there are rows: the best, each crowding out others of its kind."""
    import numpy as np

    free = np.ones(len(library), np.bool_)
    held_back = library.rows(exclude)
    free[held_back] = False
    crowded = np.zeros(len(library), np.bool_)
    times: dict[tuple[str, int], int] = {}
    chosen: list[int] = []
    last = -1
    for wanted in scores:
        if not free.any():
            free[held_back] = True
            held_back = []
            if not free.any():
                break
        value = np.where(crowded, wanted * _CROWDED, wanted)
        if last >= 0:
            value[library.artist == last] *= _IN_A_ROW
        row = int(np.where(free, value, -1.0).argmax())
        chosen.append(row)
        free[row] = False
        last = int(library.artist[row])
        for kind, numbers in (("artist", library.artist), ("album", library.album)):
            number = int(numbers[row])
            if number < 0:
                continue
            times[kind, number] = times.get((kind, number), 0) + 1
            if times[kind, number] == _MOST:
                crowded |= numbers == number
    return chosen


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


def _numbered(names: Iterable[str], n: int) -> Ints:
    import numpy as np

    numbers: dict[str, int] = {"": -1}
    return np.fromiter((numbers.setdefault(name.casefold(), len(numbers) - 1) for name in names), np.int64, n)
