"""What a file's tags say about its mood, and in which words.

A MOOD tag says it best, a genre well, the tempo hardly anything. The genre
tree, the mood words and their sources are in genres.toml, beside this file.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from moodplayer.domain import NO_EVIDENCE, Evidence, Mood, Tags, Track

_TOML = Path(__file__).with_name("genres.toml")
_FORMAT = 1
"""To be raised when this file reads the same tree differently."""

TABLE_VERSION: str = f"{_FORMAT}-{hashlib.sha256(_TOML.read_bytes()).hexdigest()[:16]}"
"""Changes whenever a track's mood may; an index that holds moods of another version must draw them again."""

_MOOD_SURE = 0.95
_GENRE_SURE = 0.80
_ROOT_SURE = 0.60
"""A root, or a genre without a place of its own: "Rock" is said of too much music to say much."""
_BPM_SURE = 0.15
_PART_SURE = 0.85
"""Factor where only a part of what the tag says is known."""

_NUDGE = 0.10
"""The most that the tempo adds to a genre's arousal; a step between neighbouring genres is about as much."""
_BPM_AROUSAL = 0.45
"""The most arousal that the tempo alone gives: so much as stays neutral, for it says no feeling."""

_LONGEST_FIELD = 400
"""Characters of a tag that are read, for tags are not to be trusted."""
_MOST_WORDS = 12
"""Words of one genre that are read, the last ones."""
_MOST_FOUND = 2
"""Genres that the evidence names before it counts the rest."""

_SEPARATORS = re.compile(r"[;/,|\\\0\r\n]")
_AND = re.compile(r"['’‘`´]?\bn\b['’‘`´]?|&")
_APOSTROPHES = re.compile(r"['’‘`´]")
_NOT_WORD = re.compile(r"[\W_]+")
_NEGATIONS = frozenset({"not", "non", "no", "never", "without"})


@dataclass(frozen=True, slots=True)
class _Found:
    """A genre or mood word of the table, and how much it says."""

    name: str
    root: str
    mood: Mood
    sure: float


def mood_of_tags(tags: Tags) -> tuple[Mood, float, Evidence]:
    """The mood that `tags` say, how sure that is, in [0, 1], and why.

    A MOOD tag beats a genre, a genre beats the tempo. Several are averaged,
    each weighted by how much it says, and are less sure the further they lie
    apart; unknown ones are passed over. Besides a genre, the tempo adds up to
    ±0.1 arousal; alone it gives arousal only, up to ±0.45. That tempo moves
    arousal, and hardly valence: Husain, Thompson & Schellenberg (2002),
    "Effects of musical tempo and mode on arousal, mood, and spatial
    abilities", Music Perception 20(2). Where nothing is known: neutral, 0 and
    NO_EVIDENCE. Raises nothing, whatever the tags hold.
    """
    if moods := _all(_moods_in(field[:_LONGEST_FIELD]) for field in tags.moods):
        mood, sure = _mean(moods)
        return mood, sure, Evidence("mood", f"mood {_names(moods)}")
    speed = _speed(tags.bpm)
    if genres := _all(_genres_in(field[:_LONGEST_FIELD]) for field in tags.genres):
        mood, sure = _mean(genres)
        if speed is not None:
            mood = Mood(mood.valence, max(-1.0, min(1.0, mood.arousal + _NUDGE * speed)))
        only = genres[0]
        text = f"{only.name} › {only.root}" if len(genres) == 1 and only.root != only.name else _names(genres)
        return mood, sure, Evidence("genre", text)
    if speed is not None:
        return Mood(0.0, _BPM_AROUSAL * speed), _BPM_SURE, Evidence("bpm", f"{tags.bpm:.0f} bpm")
    return Mood(0.0, 0.0), 0.0, NO_EVIDENCE


def track_of(tags: Tags) -> Track:
    """The track that `tags` describe, with its mood. Raises nothing."""
    mood, sure, evidence = mood_of_tags(tags)
    return Track(
        path=tags.path,
        title=tags.title,
        artist=tags.artist,
        album=tags.album,
        genre=", ".join(tags.genres),
        bpm=tags.bpm,
        key=tags.key,
        length=tags.length,
        mood=mood,
        sure=sure,
        evidence=evidence,
    )


def _speed(bpm: float | None) -> float | None:
    """From -1 (40 bpm and slower) over 0 (115) to 1 (190 and faster); None where `bpm` cannot be a tempo."""
    if bpm is None or not math.isfinite(bpm) or not 20 <= bpm <= 400:
        return None
    return max(-1.0, min(1.0, (bpm - 115) / 75))


def _mean(found: tuple[_Found, ...]) -> tuple[Mood, float]:
    if len(found) == 1:
        return found[0].mood, found[0].sure
    total = sum(one.sure for one in found)
    mean = Mood(
        sum(one.sure * one.mood.valence for one in found) / total,
        sum(one.sure * one.mood.arousal for one in found) / total,
    )
    spread = sum(one.sure * mean.distance(one.mood) for one in found) / total
    return mean, total / len(found) * max(0.0, 1 - spread / 2)


def _names(found: tuple[_Found, ...]) -> str:
    named = ", ".join(one.name for one in found[:_MOST_FOUND])
    return named if len(found) <= _MOST_FOUND else f"{named} +{len(found) - _MOST_FOUND}"


def _all(fields: Iterable[tuple[_Found, ...]]) -> tuple[_Found, ...]:
    """Each name once, and no root beside a genre of its own: "Metal; Doom Metal" is Doom Metal."""
    best: dict[str, _Found] = {}
    for one in (one for field in fields for one in field):
        if one.name not in best or best[one.name].sure < one.sure:
            best[one.name] = one
    told = {one.root for one in best.values() if one.root != one.name}
    return tuple(one for one in best.values() if one.name not in told)


@lru_cache(maxsize=8192)
def _genres_in(field: str) -> tuple[_Found, ...]:
    """The genres in one tag; failing them its mood words, for people write "Chill" and "Sad" there, too."""
    genres, moods = _table()
    return _in(field, genres) or _in(field, moods)


@lru_cache(maxsize=2048)
def _moods_in(field: str) -> tuple[_Found, ...]:
    _, moods = _table()
    return _in(field, moods)


def _in(field: str, table: Mapping[str, _Found]) -> tuple[_Found, ...]:
    parts = _SEPARATORS.split(field)
    return _all(_known(_words(part), table) for part in parts)


def _known(words: list[str], table: Mapping[str, _Found]) -> tuple[_Found, ...]:
    """What `words` name: all of them, else their longest known part, the later of two as long.

    In English the later word is the thing and the earlier one its kind:
    "Norwegian Atmospheric Black Metal" is a metal. Two sides of an "and" are
    two things, unless they are one name ("Drum and Bass").
    """
    if not words or _NEGATIONS.intersection(words):
        return ()
    for length in range(len(words), 0, -1):
        for start in range(len(words) - length, -1, -1):
            part = words[start : start + length]
            one = table.get("".join(part))
            if one is None:
                continue
            if length == len(words):
                return (one,)
            if "and" not in words or "and" in part:
                return (replace(one, sure=one.sure * _PART_SURE),)
            cut = words.index("and")
            return _known(words[:cut], table) + _known(words[cut + 1 :], table)
    return ()


def _words(text: str) -> list[str]:
    """The words of `text` as the table's keys have them: without case, accents, plurals and "music"."""
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
    plain = _APOSTROPHES.sub("", _AND.sub(" and ", plain))
    words = [_singular(word) for word in _NOT_WORD.sub(" ", plain).split() if word != "music"]
    return words[-_MOST_WORDS:]


def _singular(word: str) -> str:
    if len(word) > 6 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


@cache
def _table() -> tuple[Mapping[str, _Found], Mapping[str, _Found]]:
    """The genres and the mood words of genres.toml, by their words written as one."""
    import tomllib

    data = tomllib.loads(_TOML.read_text("utf-8"))
    genres: dict[str, _Found] = {}
    for name, entry in data["genre"].items():
        _add_genre(genres, name, name, entry, Mood(0.0, 0.0))
    moods: dict[str, _Found] = {}
    for name, entry in data["mood"].items():
        place, others = _read(entry)
        if place is not None:
            _add(moods, _Found(name, name, place, _MOOD_SURE), others)
    return genres, moods


def _add_genre(
    table: dict[str, _Found], name: str, root: str, entry: dict[str, Any] | list[Any], parent: Mood
) -> None:
    if isinstance(entry, list):
        place, others = _read(entry)
        below: dict[str, Any] = {}
    else:
        below = dict(entry)
        place, others = _read([*below.pop("at", ()), *below.pop("also", ())])
    says_much = place is not None and name != root
    mood = place or parent
    _add(table, _Found(name, root, mood, _GENRE_SURE if says_much else _ROOT_SURE), others)
    for child, child_entry in below.items():
        _add_genre(table, child, root, child_entry, mood)


def _add(table: dict[str, _Found], found: _Found, others: list[str]) -> None:
    for name in (found.name, *others):
        table["".join(_words(name))] = found


def _read(entry: list[Any]) -> tuple[Mood | None, list[str]]:
    place = [value for value in entry if not isinstance(value, str)]
    others = [value for value in entry if isinstance(value, str)]
    return (Mood(*map(float, place)) if place else None), others
