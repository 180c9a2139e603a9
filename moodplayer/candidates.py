"""A library's tracks with the arrays that choosing among them needs.

numpy is imported where it is needed, so that the first screen need not wait for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, overload

from moodplayer.domain import Track, genres_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Bools = npt.NDArray[np.bool_]
    Ints = npt.NDArray[np.int32]

SAME_LENGTH = 3.0
"""Seconds by which two copies of one recording may differ: encoders pad, rips cut differently."""

_ADDED = re.compile(
    r"[(\[][^)\]]*\b(?:re-?master(?:ed)?|mono|stereo|explicit|album version|bonus track|feat\.?|ft\.?|with)\b"
    r"[^)\]]*[)\]]|\s+-\s+(?:\d{4}\s+)?(?:digital(?:ly)?\s+)?re-?master(?:ed)?\b.*$|\s+(?:feat|ft)\.?\s.*$"
)
"""What is said of a title and makes no other recording of it, unlike "(live)" or "(remix)"."""
_NOT_WORD = re.compile(r"[\W_]+")


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
        self.valence: Floats = np.fromiter((t.mood.valence for t in self._tracks), np.float32, n)
        self.arousal: Floats = np.fromiter((t.mood.arousal for t in self._tracks), np.float32, n)
        self.sure: Floats = np.fromiter((t.sure for t in self._tracks), np.float32, n)
        self.artists: dict[str, int] = {}
        """The number of each artist, by their name in lower case."""
        self.artist: Ints = _numbered((t.artist for t in self._tracks), n, self.artists)
        """(n,): a number for each artist, from 0; -1 where none is named."""
        self.album: Ints = _numbered(map(_album, self._tracks), n, {})
        """(n,): a number for each album, from 0; -1 where none is named."""
        numbers: dict[str, int] = {}
        self.genre: Ints = _numbered((t.genre for t in self._tracks), n, numbers)
        """(n,): a number for each set of genres, from 0; -1 where none is named."""
        self.genres: list[tuple[str, ...]] = [genres_of(name) for name in numbers]
        """The genres of each set, in lower case."""

    @overload
    def __getitem__(self, index: int) -> Track: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Track, ...]: ...
    def __getitem__(self, index: int | slice) -> Track | tuple[Track, ...]:
        return self._tracks[index]

    def __len__(self) -> int:
        return len(self._tracks)

    def row(self, path: Path) -> int | None:
        """Where `path` stands among the tracks; None where it does not."""
        return self._rows.get(str(path))

    def rows(self, paths: Iterable[Path]) -> list[int]:
        """Where `paths` stand among the tracks, in their order; those that do not are left out."""
        found = (self._rows.get(str(path)) for path in paths)
        return [row for row in found if row is not None]


class Recordings:
    """Recordings that were met, to know one again under another name."""

    def __init__(self) -> None:
        self._lengths: dict[tuple[str, str], list[float]] = {}

    def add(self, track: Track) -> None:
        """This one was met."""
        if key := _recording(track):
            self._lengths.setdefault(key, []).append(track.length)

    def __contains__(self, track: Track) -> bool:
        """Whether a track with this artist, title and length, as they are meant, was met.

        Lengths are the same within SAME_LENGTH, or where one is unknown. A track
        without artist or title is no other's copy.
        """
        key = _recording(track)
        lengths = self._lengths.get(key, ()) if key else ()
        return any(
            not length or not track.length or abs(length - track.length) <= SAME_LENGTH for length in lengths
        )


def _album(track: Track) -> str:
    """One name for one album. A folder of songs by many, called an album for want of a tag, is none."""
    by = track.artist if track.album == track.path.parent.name else track.album_artist
    return track.album and f"{by}\n{track.album}"


def _recording(track: Track) -> tuple[str, str] | None:
    title = _plain(_ADDED.sub("", track.title.casefold())) or _plain(track.title.casefold())
    artist = _plain(_ADDED.sub("", track.artist.casefold())).removeprefix("the ")
    return (artist, title) if artist and title else None


def _plain(text: str) -> str:
    """Words alone, without accents."""
    if not text.isascii():
        text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return _NOT_WORD.sub(" ", text).strip()


def _numbered(names: Iterable[str], n: int, numbers: dict[str, int]) -> Ints:
    """A number for each name in lower case, from 0 and kept in `numbers`; -1 for an empty one."""
    import numpy as np

    seen: dict[str, int] = {"": -1}

    def number(name: str) -> int:
        known = seen.get(name)
        if known is None:
            known = seen[name] = numbers.setdefault(name.casefold(), len(numbers))
        return known

    return np.fromiter((number(name) for name in names), np.int32, n)
