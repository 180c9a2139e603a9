"""One file to one row of the index, and back."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from moodplayer.domain import Evidence, Mood, Tags, Track
from moodplayer.library.moods import track_of
from moodplayer.library.packing import pack
from moodplayer.library.rules import Rules

COLUMNS = (
    "path, mtime_ns, size, away, tags, title, artist, album, genre, bpm, key, length, "
    "valence, arousal, sure, evidence_tag, evidence_text, "
    "album_artist, year, number, disc, gain, is_compilation"
)
"""Of the table `tracks`, in the order of `row`."""

TRACK_COLUMNS = (
    "path, title, artist, album, genre, bpm, key, length, valence, arousal, sure, "
    "evidence_tag, evidence_text, album_artist, year, number, disc, gain, is_compilation"
)
"""Likewise, in the order of `track`."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file is known to be unchanged."""

    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Readable:
    """A file that was read."""

    stamp: Stamp
    tags: Tags
    packed: bytes | None = None
    """The tags as `pack` packs them, where that is done already."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and why."""

    stamp: Stamp
    path: Path
    reason: str


def row(stamp: Stamp, tags: Tags, rules: Rules, packed: bytes | None = None) -> tuple[object, ...]:
    """The values of COLUMNS, with the mood that the tags come to; `packed` where it is known already."""
    track = track_of(tags, rules)
    return (
        os.fsencode(tags.path),
        stamp.mtime_ns,
        stamp.size,
        0,
        pack(tags) if packed is None else packed,
        track.title,
        track.artist,
        track.album,
        track.genre,
        track.bpm,
        track.key,
        track.length,
        track.mood.valence,
        track.mood.arousal,
        track.sure,
        track.evidence.tag,
        track.evidence.text,
        track.album_artist,
        track.year,
        track.number,
        track.disc,
        track.gain,
        track.is_compilation,
    )


def track(values: Sequence[Any]) -> Track:
    """The track of one row of TRACK_COLUMNS."""
    path, title, artist, album, genre, bpm, key, length, valence, arousal, sure, tag, text, *rest = values
    album_artist, year, number, disc, gain, is_compilation = rest
    return Track(
        Path(os.fsdecode(path)),
        title,
        artist,
        album,
        genre,
        bpm,
        key,
        length,
        Mood(valence, arousal),
        sure,
        Evidence(tag, text),
        album_artist,
        year,
        number,
        disc,
        gain,
        bool(is_compilation),
    )
