"""From an audio file to a place in the queue: its tags, its mood, and the evidence for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from moodplayer.domain.emotion import Emotion, Mood


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a track has its mood: the tag and its value, in words a person reads."""

    tag: str
    """What decided: rule, mood, number, genre, title, bpm, key, or nothing."""
    text: str
    """For instance "genre Doom Metal › Metal"."""

    def __str__(self) -> str:
        return self.text


NO_EVIDENCE = Evidence("", "no tag says a mood")


@dataclass(frozen=True, slots=True)
class Tags:
    """What one audio file says of itself; text is already clean. No mood is drawn from it yet."""

    path: Path
    title: str
    artist: str = ""
    album: str = ""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    bpm: float | None = None
    """Beats per minute."""
    key: str = ""
    """As tagged: "Am", "F#", "8A"."""
    length: float = 0.0
    """Seconds; 0 where unknown."""
    album_artist: str = ""
    """Empty where it is not tagged: then the artist is."""
    date: str = ""
    """As tagged: "1997", "1997-05-21"."""
    number: int | None = None
    """Of the track on its disc, from 1."""
    disc: int | None = None
    """From 1."""
    gain: float | None = None
    """ReplayGain of the track in dB, against 89 dB SPL (-18 LUFS)."""
    album_gain: float | None = None
    """Likewise of the album."""
    is_compilation: bool = False
    measures: tuple[tuple[str, float], ...] = ()
    """What programs measured, by name (happy, sad, aggressive, relaxed, party, danceable: in [0, 1]; valence,
    arousal, energy: in [-1, 1]), each name once."""

    @property
    def year(self) -> int | None:
        """The year of `date`, 1000 to 2999."""
        return year_of(self.date)


def year_of(date: str) -> int | None:
    """The first year in a date as people write them, "1997-05-21" or "21.5.1997"; 1000 to 2999."""
    match = re.search(r"(?<!\d)[12]\d{3}(?!\d)", date, re.ASCII) or re.match(r"[12]\d{3}", date, re.ASCII)
    return int(match[0]) if match else None


@dataclass(frozen=True, slots=True)
class Track:
    """One audio file of the library, its mood, and why."""

    path: Path
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    bpm: float | None = None
    key: str = ""
    length: float = 0.0
    mood: Mood = Emotion.NEUTRAL.mood
    sure: float = 0.0
    """How much the evidence says, in [0, 1]; 0 where nothing did."""
    evidence: Evidence = NO_EVIDENCE
    album_artist: str = ""
    year: int | None = None
    number: int | None = None
    """Of the track on its disc, from 1."""
    disc: int | None = None
    gain: float | None = None
    """ReplayGain in dB."""
    is_compilation: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """A track in the queue, and how well it fits there."""

    track: Track
    score: float
    """In [0, 1], 1 the best."""
    fits: bool = True
    """Whether its mood is near the target; if not, it is the nearest of what was left."""
    learned: str = ""
    """What the person did that moved it, as "you skipped this twice when sad"; mostly nothing."""

    @property
    def why(self) -> str:
        """The track's evidence, and what was learned."""
        return " · ".join(filter(None, (self.track.evidence.text, self.learned)))


def genres_of(genre: str) -> tuple[str, ...]:
    """The single genres, in lower case, of a track's `genre`: "Doom Metal, Rock" is two."""
    return tuple(dict.fromkeys(part for text in genre.split(",") if (part := text.strip().casefold())))
