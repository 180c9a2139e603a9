"""What a file's tags say about its mood, and in which words.

A MOOD tag says it best, then what a program measured, then a genre; title,
tempo and key hardly say anything. The user's own rules win over all of them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from functools import lru_cache

from moodplayer.domain import NO_EVIDENCE, Evidence, Mood, Tags, Track
from moodplayer.library.rules import NO_RULES, Rules
from moodplayer.library.tree import TABLE_VERSION, Found, distinct, genres_in, has_genre, moods_in, title_in
from moodplayer.library.words import LONGEST_FIELD, fields, key

__all__ = ["TABLE_VERSION", "Clue", "clues_in", "mood_of_tags", "track_of", "unknown_genres"]

_MEASURED_SURE = 0.88
_HALF_MEASURED_SURE = 0.82
"""Where a program measured one axis only."""
_TITLE_SURE = 0.20
_BPM_SURE = 0.15
_KEY_SURE = 0.08

_PULL = 0.05
"""How far a weaker clue pulls the place that a stronger one gives."""
_TEMPO_NUDGE = 0.10
"""The most that the tempo adds to a genre's arousal; a step between neighbouring genres is about as much."""
_TEMPO_ALONE = 0.45
"""The most arousal that the tempo alone gives: so much as stays neutral, for it says no feeling."""
_TITLE_ALONE = 0.50
"""The share of a title's place that it gives alone."""
_MODE_NUDGE = 0.05
_MODE_ALONE = 0.15

_MOST_FOUND = 2
"""Genres that the evidence names before it counts the rest."""
_LONGEST_EVIDENCE = 72
"""Characters."""

# Where a track lies that a classifier is sure to be so: the mood words' own places, rounded.
_MEASURED = {
    "happy": Mood(0.80, 0.45),
    "sad": Mood(-0.65, -0.30),
    "aggressive": Mood(-0.40, 0.80),
    "relaxed": Mood(0.35, -0.55),
    "party": Mood(0.70, 0.70),
    "danceable": Mood(0.45, 0.40),
}
_UNSURE = 0.25
"""The weight of neutral beside the classifiers': one that is hardly sure moves a track little."""

_CAMELOT = re.compile(r"(1[0-2]|0?[1-9])\s*([abdm])", re.IGNORECASE)
"""Camelot's wheel (8A minor, 8B major) and Open Key's (1m, 1d)."""
_NAMED_KEY = re.compile(r"[a-h]\s*(?:[#b♯♭]|is\b|es\b|s\b|sharp|flat)?\s*-?\s*(.*)", re.IGNORECASE)
_MINOR = re.compile(r"m|min|minor|moll|mineur|minore|menor", re.IGNORECASE)
_MAJOR = re.compile(r"|maj|major|dur|majeur|maggiore|mayor", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clue:
    """One thing that is said of a track's mood: what, by which tag, and how sure that alone would be."""

    evidence: Evidence
    valence: float | None
    """In [-1, 1]; None where it says nothing of it."""
    arousal: float | None
    sure: float
    """In (0, 1]."""


def clues_in(tags: Tags, rules: Rules = NO_RULES) -> tuple[Clue, ...]:
    """All that is said of the mood, the strongest first: rule, mood, number, genre, title, bpm, key."""
    rule = rules.of(tags)
    clues = (
        rule and Clue(_evidence("rule", rule[1]), rule[0].valence, rule[0].arousal, 1.0),
        tags.moods and _of_moods(tags.moods),
        tags.measures and _measured(dict(tags.measures)),
        tags.genres and _of_genres(tags.genres),
        _of_title(tags),
        _of_tempo(tags.bpm),
        _of_key(tags.key),
    )
    return tuple(clue for clue in clues if clue)


def mood_of_tags(tags: Tags, rules: Rules = NO_RULES) -> tuple[Mood, float, Evidence]:
    """The mood that `tags` say, how sure that is, in [0, 1], and why.

    A rule of the user's is all that counts. Else the strongest of mood tag,
    measured number and genre decides, each axis by the strongest that says
    something of it; every weaker one pulls that place a twentieth of the way
    towards its own, and so does a word in title or album. Several genres (or
    mood words) are averaged, each weighted by how much it says, and are less
    sure the further they lie apart; unknown ones are passed over. The tempo
    adds up to ±0.1 arousal (alone ±0.45), a minor or major key ∓0.05 valence
    (alone 0.15). That tempo moves arousal and mode moves mood: Husain, Thompson
    & Schellenberg (2002), "Effects of musical tempo and mode on arousal, mood,
    and spatial abilities", Music Perception 20(2). Where nothing is known:
    neutral, 0 and NO_EVIDENCE. Raises nothing, whatever the tags hold.
    """
    clues = clues_in(tags, rules)
    if not clues:
        return Mood(0.0, 0.0), 0.0, NO_EVIDENCE
    first = clues[0]
    if first.evidence.tag == "rule":
        return Mood(first.valence or 0.0, first.arousal or 0.0), first.sure, first.evidence
    if first.evidence.tag == "title":
        clues = (replace(first, valence=_share(first.valence), arousal=_share(first.arousal)), *clues[1:])
    nudges = {clue.evidence.tag: clue for clue in clues if clue.evidence.tag in ("bpm", "key")}
    placed = [clue for clue in clues if clue.evidence.tag not in nudges]
    valence = _pulled([clue.valence for clue in placed if clue.valence is not None])
    arousal = _pulled([clue.arousal for clue in placed if clue.arousal is not None])
    # What is no more than a nudge beside a place is all there is without one.
    if (tempo := nudges.get("bpm")) is not None and tempo.arousal is not None:
        scale = 1.0 if arousal is None else _TEMPO_NUDGE / _TEMPO_ALONE
        arousal = (arousal or 0.0) + scale * tempo.arousal
    if (mode := nudges.get("key")) is not None and mode.valence is not None:
        scale = 1.0 if valence is None else _MODE_NUDGE / _MODE_ALONE
        valence = (valence or 0.0) + scale * mode.valence
    return Mood(_bounded(valence or 0.0), _bounded(arousal or 0.0)), first.sure, first.evidence


def track_of(tags: Tags, rules: Rules = NO_RULES) -> Track:
    """The track that `tags` describe, with its mood. Raises nothing."""
    mood, sure, evidence = mood_of_tags(tags, rules)
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
        album_artist=tags.album_artist,
        year=tags.year,
        number=tags.number,
        disc=tags.disc,
        gain=tags.gain,
        is_compilation=tags.is_compilation,
    )


def unknown_genres(tags: Tags) -> tuple[str, ...]:
    """What stands among the genres that neither the tree nor the mood words know, as it is written."""
    parts = (part.strip() for field in tags.genres for part in fields(field, has_genre))
    return tuple(dict.fromkeys(part for part in parts if key(part) and not genres_in(part)))


# An album's tracks mostly say the same, and so do a library's.
@lru_cache(maxsize=4096)
def _of_moods(said: tuple[str, ...]) -> Clue | None:
    moods = distinct(moods_in(field[:LONGEST_FIELD]) for field in said)
    return _of(moods, "mood", f"mood {_names(moods)}") if moods else None


@lru_cache(maxsize=4096)
def _of_genres(said: tuple[str, ...]) -> Clue | None:
    genres = distinct(genres_in(field[:LONGEST_FIELD]) for field in said)
    return _of(genres, "genre", _names(genres)) if genres else None


def _of(found: tuple[Found, ...], tag: str, text: str) -> Clue:
    total = sum(one.sure for one in found)
    valence = sum(one.sure * one.mood.valence for one in found) / total
    arousal = sum(one.sure * one.mood.arousal for one in found) / total
    spread = sum(one.sure * one.mood.distance(Mood(valence, arousal)) for one in found) / total
    sure = total / len(found) * max(0.1, 1 - spread / 2)
    return Clue(_evidence(tag, text), valence, arousal, sure)


def _measured(said: dict[str, float]) -> Clue | None:
    """Classifiers' probabilities, each by how far it is above a half; measured axes are taken as they are."""
    weights = {name: 2 * said[name] - 1 for name in _MEASURED if said.get(name, 0.0) > 0.5}
    valence: float | None = None
    arousal: float | None = None
    if weights:
        total = sum(weights.values()) + _UNSURE
        valence = sum(weight * _MEASURED[name].valence for name, weight in weights.items()) / total
        arousal = sum(weight * _MEASURED[name].arousal for name, weight in weights.items()) / total
    axes = [name for name in ("valence", "arousal", "energy") if name in said]
    valence = said.get("valence", valence)
    arousal = said.get("arousal", said.get("energy", arousal))
    if valence is None and arousal is None:
        return None
    named = [f"{name} {said[name]:+.2f}" for name in axes]
    named += [f"{name} {said[name]:.2f}" for name in sorted(weights, key=lambda name: -weights[name])]
    sure = _HALF_MEASURED_SURE if valence is None or arousal is None else _MEASURED_SURE
    return Clue(_evidence("number", f"measured {', '.join(named[:_MOST_FOUND])}"), valence, arousal, sure)


def _of_title(tags: Tags) -> Clue | None:
    for kind, text in (("title", tags.title), ("album", tags.album)):
        if (one := title_in(text[:LONGEST_FIELD])) is not None:
            return Clue(
                _evidence("title", f"{kind} “{text}”"), one.mood.valence, one.mood.arousal, _TITLE_SURE
            )
    return None


def _of_tempo(bpm: float | None) -> Clue | None:
    """From 40 bpm and slower over 115, which says nothing, to 190 and faster; None where it cannot be one."""
    if bpm is None or not math.isfinite(bpm) or not 20 <= bpm <= 400:
        return None
    speed = max(-1.0, min(1.0, (bpm - 115) / 75))
    return Clue(_evidence("bpm", f"{bpm:.0f} bpm"), None, _TEMPO_ALONE * speed, _BPM_SURE)


def _of_key(text: str) -> Clue | None:
    is_minor = _is_minor(text)
    if is_minor is None:
        return None
    return Clue(_evidence("key", f"key {text}"), -_MODE_ALONE if is_minor else _MODE_ALONE, None, _KEY_SURE)


def _is_minor(text: str) -> bool | None:
    """Of a key as taggers write it: "Am", "F#", "C-Dur", "cis-moll", "8A", "1d"; None where it is none."""
    if wheel := _CAMELOT.fullmatch(text.strip()):
        return wheel[2] in "aAm"
    named = _NAMED_KEY.fullmatch(text.strip())
    mode = named[1].strip() if named else "?"
    if _MINOR.fullmatch(mode) and mode != "M":
        return True
    return False if mode == "M" or _MAJOR.fullmatch(mode) else None


def _pulled(values: list[float]) -> float | None:
    """The first, pulled a little by each of the others."""
    if not values:
        return None
    value = values[0]
    for other in values[1:]:
        value += _PULL * (other - value)
    return value


def _names(found: tuple[Found, ...]) -> str:
    if len(found) == 1 and found[0].root != found[0].name:
        return f"{found[0].name} › {found[0].root}"
    named = ", ".join(one.name for one in found[:_MOST_FOUND])
    return named if len(found) <= _MOST_FOUND else f"{named} +{len(found) - _MOST_FOUND}"


def _evidence(tag: str, text: str) -> Evidence:
    return Evidence(tag, text if len(text) <= _LONGEST_EVIDENCE else text[: _LONGEST_EVIDENCE - 1] + "…")


def _share(value: float | None) -> float | None:
    return None if value is None else _TITLE_ALONE * value


def _bounded(value: float) -> float:
    return max(-1.0, min(1.0, value))
