"""The genre tree and the mood words of genres.toml and moods.toml, and what of them a tag names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from moodplayer.domain import Mood
from moodplayer.library.words import fields, key, words

_GENRES = Path(__file__).with_name("genres.toml")
_MOODS = Path(__file__).with_name("moods.toml")
_FORMAT = 2
"""To be raised when this package reads the same tables differently."""

TABLE_VERSION: str = (
    f"{_FORMAT}-{hashlib.sha256(_GENRES.read_bytes() + _MOODS.read_bytes()).hexdigest()[:16]}"
)
"""Changes whenever a track's mood may; an index that holds moods of another version must draw them again."""

_MOOD_SURE = 0.95
_GENRE_SURE = 0.80
_ROOT_SURE = 0.60
"""A root, or a genre without a place of its own: "Rock" is said of too much music to say much."""
_PART_SURE = 0.85
"""Factor where only a part of what the tag says is known."""
_ENDING_SURE = 0.60
"""Factor where only the end of a word is: "Yachtcore" is some core."""

_PART_SHARE = 0.75
"""How much of such a part's valence is taken: what the rest says may take it back. Loud stays loud."""

_PULL = 0.25
"""How far another genre in the same name pulls: Ambient in "Ambient Black Metal"."""
_MOST_SHIFT = 0.30
"""The most that all words beside a genre add to an axis."""

_BY_INSTRUMENT = "Instrumental"
"""The root of instruments: those name a genre only where nothing else does."""

_NEGATIONS = frozenset({"not", "non", "no", "never", "without"})


@dataclass(frozen=True, slots=True)
class Found:
    """A genre or mood word of the tables, as a tag names it, and how much that says."""

    name: str
    root: str
    """Of a mood word its own name."""
    mood: Mood
    sure: float
    """In (0, 1]."""


@dataclass(frozen=True, slots=True)
class _Tables:
    """By the words of a name, written as one."""

    genres: Mapping[str, Found]
    moods: Mapping[str, Found]
    titles: Mapping[str, Found]
    beside: Mapping[str, Mood]
    endings: Mapping[str, Found]


@lru_cache(maxsize=8192)
def genres_in(field: str) -> tuple[Found, ...]:
    """The genres in one tag; failing them its mood words, for people write "Chill" and "Sad" there, too."""
    tables = _tables()
    return distinct(_genre(words(part), tables) for part in fields(field, has_genre)) or moods_in(field)


@lru_cache(maxsize=2048)
def moods_in(field: str) -> tuple[Found, ...]:
    """The mood words in one tag, and nothing of what is denied ("Not happy")."""
    return distinct(_mood(words(part), _tables().moods) for part in fields(field))


@lru_cache(maxsize=8192)
def title_in(title: str) -> Found | None:
    """The longest phrase of a title that the table of titles has, the first of two as long."""
    said = words(title)
    return None if _NEGATIONS.intersection(said) else _longest(said, _tables().titles, later=False)[0]


def distinct(found: Iterable[tuple[Found, ...]]) -> tuple[Found, ...]:
    """Each name once, and no root beside a genre of its own: "Metal; Doom Metal" is Doom Metal."""
    best: dict[str, Found] = {}
    for one in (one for several in found for one in several):
        if one.name not in best or best[one.name].sure < one.sure:
            best[one.name] = one
    told = {one.root for one in best.values() if one.root != one.name}
    return tuple(one for one in best.values() if one.name not in told)


def has_genre(name: str) -> bool:
    """Whether the tree has it by name, not only a part of it."""
    return key(name) in _tables().genres


def _mood(said: tuple[str, ...], table: Mapping[str, Found]) -> tuple[Found, ...]:
    if not said or _NEGATIONS.intersection(said):
        return ()
    one, rest = _longest(said, table)
    if one is None:
        return ()
    if not rest:
        return (one,)
    if "and" in rest:
        cut = said.index("and")
        return _mood(said[:cut], table) + _mood(said[cut + 1 :], table)
    return (replace(one, sure=one.sure * _PART_SURE),)


def _genre(said: tuple[str, ...], tables: _Tables) -> tuple[Found, ...]:
    """What `said` names: all of it, else its longest known part, the later of two as long.

    In English the later word is the thing and the earlier one its kind:
    "Norwegian Atmospheric Black Metal" is a metal. What stands beside it shifts
    its place. Two sides of an "and" are two things, unless they are one name
    ("Drum and Bass").
    """
    if not said or _NEGATIONS.intersection(said):
        return ()
    if whole := tables.genres.get("".join(said)):
        return (whole,)
    one, rest = _longest(said, tables.genres, without=_BY_INSTRUMENT)
    if one is None:
        one, rest = _longest(said, tables.genres)
    if one is None:
        return _by_ending(said, tables.endings)
    if "and" in rest:
        cut = said.index("and")
        return _genre(said[:cut], tables) + _genre(said[cut + 1 :], tables)
    part = Mood(one.mood.valence * _PART_SHARE, one.mood.arousal)
    return (replace(one, mood=_shifted(part, rest, tables), sure=one.sure * _PART_SURE),)


def _longest(
    said: tuple[str, ...], table: Mapping[str, Found], *, without: str = "", later: bool = True
) -> tuple[Found | None, tuple[str, ...]]:
    """What the longest part of `said` that is in `table` names, and the words around that part."""
    for length in range(len(said), 0, -1):
        starts = range(len(said) - length + 1)
        for start in reversed(starts) if later else starts:
            one = table.get("".join(said[start : start + length]))
            if one is not None and one.root != without:
                return one, said[:start] + said[start + length :]
    return None, said


def _shifted(mood: Mood, rest: tuple[str, ...], tables: _Tables) -> Mood:
    """`mood` as the words beside its genre shift it: those of the table by what it says, genres by a pull."""
    shift_v = shift_a = 0.0
    at = 0
    while at < len(rest):
        for length in (2, 1):
            name = "".join(rest[at : at + length])
            if (shift := tables.beside.get(name)) is not None:
                shift_v, shift_a = shift_v + shift.valence, shift_a + shift.arousal
                break
            if (other := tables.genres.get(name)) is not None:
                mood = mood.towards(other.mood, _PULL)
                break
        at += length
    valence = mood.valence + max(-_MOST_SHIFT, min(_MOST_SHIFT, shift_v))
    arousal = mood.arousal + max(-_MOST_SHIFT, min(_MOST_SHIFT, shift_a))
    return Mood(max(-1.0, min(1.0, valence)), max(-1.0, min(1.0, arousal)))


def _by_ending(said: tuple[str, ...], endings: Mapping[str, Found]) -> tuple[Found, ...]:
    """By the longest known end of a word, the last one that has any: "Synthgaze", "Tanzrock"."""
    for word in reversed(said):
        for start in range(1, len(word) - 2):
            if (one := endings.get(word[start:])) is not None:
                return (replace(one, sure=one.sure * _ENDING_SURE),)
    return ()


@cache
def _tables() -> _Tables:
    # Only now: a player that is asked for nothing of this need not read them.
    import tomllib

    genre_file = tomllib.loads(_GENRES.read_text("utf-8"))
    mood_file = tomllib.loads(_MOODS.read_text("utf-8"))
    genres: dict[str, Found] = {}
    for root, entry in genre_file["genre"].items():
        _add_root(genres, root, entry)
    beside: dict[str, Found] = {}
    moods: dict[str, Found] = {}
    titles: dict[str, Found] = {}
    for table, said in (
        (beside, genre_file["beside"]),
        (moods, mood_file["mood"]),
        (titles, mood_file["title"]),
    ):
        for name, entry in said.items():
            place, others = _read(entry)
            if place is not None:
                _add(table, Found(name, name, place, _MOOD_SURE), others)
    endings = {ending: genres[key(name)] for ending, name in genre_file["ending"].items()}
    return _Tables(genres, moods, titles, {name: one.mood for name, one in beside.items()}, endings)


def _add_root(table: dict[str, Found], root: str, entry: Mapping[str, Any]) -> None:
    below = dict(entry)
    sure = float(below.pop("sure", _ROOT_SURE))
    at, others = _read([*below.pop("at"), *below.pop("also", ())])
    parent = at or Mood(0.0, 0.0)
    _add(table, Found(root, root, parent, sure), others)
    for name, said in below.items():
        place, others = _read(said)
        _add(table, Found(name, root, place or parent, _GENRE_SURE if place else _ROOT_SURE), others)


def _add(table: dict[str, Found], found: Found, others: list[str]) -> None:
    for name in (found.name, *others):
        table[key(name)] = found


def _read(entry: list[Any]) -> tuple[Mood | None, list[str]]:
    place = [value for value in entry if not isinstance(value, str)]
    others = [value for value in entry if isinstance(value, str)]
    return (Mood(*map(float, place)) if place else None), others
