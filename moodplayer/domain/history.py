"""What the person did with the music."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from moodplayer.domain.emotion import EMOTIONS, Emotion
from moodplayer.domain.track import Track, genres_of


class Deed(StrEnum):
    """What the person did with a track."""

    FINISH = "finish"
    """Heard it to its end, or nearly."""
    HEAR = "hear"
    """Heard some of it, which says nothing but that it need not come again soon."""
    SKIP = "skip"
    """Left it within its first seconds."""
    LIKE = "like"
    UNLIKE = "unlike"
    """Took the like back."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a track, an artist or a genre was liked, finished and skipped."""

    likes: int = 0
    finishes: int = 0
    skips: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.likes + other.likes, self.finishes + other.finishes, self.skips + other.skips)


_COUNTED = {
    Deed.LIKE: Counts(likes=1),
    Deed.UNLIKE: Counts(likes=-1),
    Deed.FINISH: Counts(finishes=1),
    Deed.SKIP: Counts(skips=1),
}


@dataclass(frozen=True, slots=True)
class History:
    """What the person did with the music so far."""

    played: Mapping[Path, float] = field(default_factory=dict)
    """When each track was heard last, and be it for a moment, in unix seconds."""
    tracks: Mapping[tuple[Path, Emotion], Counts] = field(default_factory=dict)
    artists: Mapping[tuple[str, Emotion], Counts] = field(default_factory=dict)
    """By artist in lower case (`casefold`)."""
    genres: Mapping[tuple[str, Emotion], Counts] = field(default_factory=dict)
    """By each single genre in lower case."""

    def is_liked(self, path: Path) -> bool:
        """Whether the track is liked, in whatever emotion."""
        return any(
            (path, emotion) in self.tracks and self.tracks[path, emotion].likes for emotion in EMOTIONS
        )

    def after(self, track: Track, emotion: Emotion, deed: Deed, time: float) -> History:
        """The history with one more deed at `time` (unix seconds); a track is liked once in an emotion."""
        counts = _COUNTED.get(deed, Counts())
        likes = self.tracks.get((track.path, emotion), Counts()).likes
        if (deed is Deed.LIKE and likes) or (deed is Deed.UNLIKE and not likes):
            return self
        heard = deed in (Deed.FINISH, Deed.HEAR, Deed.SKIP)
        artists = (track.artist.casefold(),) if track.artist else ()
        return History(
            {**self.played, track.path: time} if heard else self.played,
            _counted(self.tracks, [(track.path, emotion)], counts),
            _counted(self.artists, [(artist, emotion) for artist in artists], counts),
            _counted(self.genres, [(genre, emotion) for genre in genres_of(track.genre)], counts),
        )


_K = TypeVar("_K")


def _counted(known: Mapping[_K, Counts], keys: Sequence[_K], counts: Counts) -> Mapping[_K, Counts]:
    if counts == Counts() or not keys:
        return known
    return {**known, **{key: known.get(key, Counts()) + counts for key in keys}}
