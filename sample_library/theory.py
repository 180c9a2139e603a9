"""Pitches, scales, chords, voice leading and the growth of melodies from motifs.

Pitches are MIDI numbers (60 is middle C, 440 Hz is 69), pitch classes are 0 (C) to 11 (B), and times
are steps: the smallest note of a piece's grid, a sixteenth where a beat has four of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_ACCIDENTALS = {"": 0, "#": 1, "b": -1}

_SCALES: Mapping[str, tuple[int, ...]] = {
    "major": (0, 2, 4, 5, 7, 9, 11),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    "double harmonic": (0, 1, 4, 5, 7, 8, 11),
    "octatonic": (0, 1, 3, 4, 6, 7, 9, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
}

_QUALITIES: Mapping[str, tuple[int, ...]] = {
    "": (0, 4, 7),
    "m": (0, 3, 7),
    "5": (0, 7, 12),
    "6": (0, 4, 7, 9),
    "69": (0, 4, 9, 14),
    "m6": (0, 3, 7, 9),
    "7": (0, 4, 7, 10),
    "7b5": (0, 4, 6, 10),
    "7b9": (0, 4, 10, 13),
    "7#9": (0, 4, 10, 15),
    "9": (0, 4, 10, 14),
    "13": (0, 4, 10, 21),
    "m7": (0, 3, 7, 10),
    "m9": (0, 3, 10, 14),
    "mmaj7": (0, 3, 7, 11),
    "maj7": (0, 4, 7, 11),
    "maj9": (0, 4, 11, 14),
    "madd9": (0, 3, 7, 14),
    "sus2": (0, 2, 7),
    "sus4": (0, 5, 7),
    "7sus4": (0, 5, 7, 10),
    "dim7": (0, 3, 6, 9),
    "m7b5": (0, 3, 6, 10),
    "aug": (0, 4, 8),
    "tritone": (0, 6, 12),
    "b5": (0, 6, 13),
    "cluster": (0, 1, 2, 6),
}
_CHORD = re.compile(r"([A-G])([#b]?)([^/]*)(?:/([A-G])([#b]?))?$")


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and the scale above it."""

    tonic: int
    """Pitch class."""
    scale: tuple[int, ...]
    """Semitones above the tonic, ascending, from 0."""

    @classmethod
    def parse(cls, text: str) -> Key:
        """From "F# harmonic minor"."""
        name, _, scale = text.partition(" ")
        return cls((_LETTERS[name[0]] + _ACCIDENTALS[name[1:]]) % 12, _SCALES[scale])

    def semitones(self, degree: int) -> int:
        """Of a degree above the tonic: 1 is the tonic, 0 the note below, 8 the octave of seven notes."""
        octave, place = divmod(degree - 1, len(self.scale))
        return 12 * octave + self.scale[place]


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord as its symbol says it, without octave."""

    root: int
    """Pitch class."""
    intervals: tuple[int, ...]
    """Semitones above the root, the root first."""
    bass: int
    """Pitch class of the lowest note."""

    @classmethod
    def parse(cls, symbol: str) -> Chord:
        """From "F#m7" or "D/F#"."""
        match = _CHORD.match(symbol)
        if match is None:
            raise ValueError(f"not a chord: {symbol!r}")
        letter, accidental, quality, bass, bass_accidental = match.groups()
        root = (_LETTERS[letter] + _ACCIDENTALS[accidental]) % 12
        low = root if bass is None else (_LETTERS[bass] + _ACCIDENTALS[bass_accidental]) % 12
        return cls(root, _QUALITIES[quality], low)

    @property
    def classes(self) -> tuple[int, ...]:
        """Its pitch classes, the root first, each once."""
        return tuple(dict.fromkeys((self.root + i) % 12 for i in self.intervals))

    def degree(self, number: int) -> int:
        """Semitones above the root of its third, fifth and so on, as a bass player thinks of them."""
        inside = [i % 12 for i in self.intervals]
        wanted = {1: (0,), 3: (3, 4, 5, 2, 1), 5: (7, 6, 8), 6: (9, 8, 7), 7: (10, 11, 9, 7), 8: (0,)}[number]
        found = next((i for i in wanted if i in inside), wanted[0])
        return found + (12 if number == 8 else 0)


def above(pitch_class: int, low: int) -> int:
    """The first pitch of that class at or above `low`."""
    return low + (pitch_class - low) % 12


def lead_voices(chords: Sequence[Chord], low: int) -> list[tuple[int, ...]]:
    """Close voicings from about `low` up, each the inversion to which the voices move least.

    Power chords, tritones and clusters keep their root at the bottom, as a hand on a guitar's neck does.
    """
    voicings: list[tuple[int, ...]] = []
    for chord in chords:
        root = above(chord.root, low)
        if max(chord.intervals) > 11 and len(chord.intervals) == 3:
            voicings.append(tuple(root + i for i in chord.intervals))
            continue
        choices = []
        for turn in range(len(chord.classes)):
            order = chord.classes[turn:] + chord.classes[:turn]
            for start in (low - 12, low):
                notes = [above(order[0], start)]
                for pitch_class in order[1:]:
                    notes.append(above(pitch_class, notes[-1] + 1))
                choices.append(tuple(notes))
        before = voicings[-1] if voicings else tuple(low + 4 * i for i in range(len(chord.classes)))
        voicings.append(min(choices, key=lambda notes: _movement(before, notes, low)))
    return voicings


def _movement(before: Sequence[int], after: Sequence[int], low: int) -> float:
    """Semitones that the voices travel, and a pull back towards the register so that they do not drift."""
    travelled = sum(min(abs(note - old) for old in before) for note in after)
    return travelled + 0.5 * max(0, low - after[0]) + 0.3 * max(0, after[0] - low - 5)


@dataclass(frozen=True, slots=True)
class Event:
    """One note of a layer."""

    start: int
    """Step."""
    length: int
    """Steps."""
    pitch: int
    velocity: float
    """0 to 1."""
    place: float = 0.0
    """Where in its chord it lies, -1 (lowest) to 1 (highest), which spreads chords over the stereo field."""


_MOTIF_NOTE = re.compile(r"(r|(?P<accidental>[#b]?)(?P<degree>-?\d+)):(?P<length>\d+)$")
_PLAN_ITEM = re.compile(r"(?P<name>[a-z])(?P<shift>[+-]\d+)?(?P<varied>')?$")


def grow_melody(
    motifs: Mapping[str, str],
    plan: str,
    low: int,
    keys: Sequence[Key],
    chords: Sequence[Chord],
    beat: int,
    rng: np.random.Generator,
) -> list[Event]:
    """A melody from motifs, as `plan` strings them together: statement, sequence, variation, cadence.

    A motif is "degree:steps" words, "r" for a rest, such as "5:4 #4:2 5:2 3:8". The plan names motifs in
    turn; "a+2" is the motif a sequenced two degrees up, and "a'" is varied: a longer note is split and
    decorated with its upper neighbour. Long notes on a beat settle on the nearest note of the chord beneath,
    so a repeated motif follows the harmony. `keys` and `chords` hold one entry per step; degree 1 is the
    first tonic at or above `low`. The plan starts over until the steps are used up.
    """
    events: list[Event] = []
    items = plan.split()
    step = turn = 0
    while step < len(chords):
        item = _PLAN_ITEM.match(items[turn % len(items)])
        if item is None:
            raise ValueError(f"not a plan: {plan!r}")
        turn += 1
        shift = int(item["shift"] or 0)
        for word in motifs[item["name"]].split():
            note = _MOTIF_NOTE.match(word)
            if note is None:
                raise ValueError(f"not a motif's note: {word!r}")
            length = int(note["length"])
            if step >= len(chords):
                break
            if note["degree"] is not None:
                key = keys[step]
                tonic = above(key.tonic, low)
                pitch = tonic + key.semitones(int(note["degree"]) + shift) + _ACCIDENTALS[note["accidental"]]
                if length >= beat and step % beat == 0 and not note["accidental"]:
                    pitch = _settle(pitch, chords[step])
                velocity = 0.85 if step % beat == 0 else 0.72
                if item["varied"] and length >= 4 and rng.random() < 0.6:
                    quarter = length // 4
                    neighbour = tonic + key.semitones(_degree_of(pitch - tonic, key) + 1)
                    events.append(Event(step, length - 2 * quarter, pitch, velocity))
                    events.append(Event(step + length - 2 * quarter, quarter, neighbour, velocity - 0.12))
                    events.append(Event(step + length - quarter, quarter, pitch, velocity - 0.08))
                else:
                    events.append(Event(step, length, pitch, velocity))
            step += length
    return events


def _settle(pitch: int, chord: Chord) -> int:
    """The nearest note of the chord, if one lies within a whole tone; the lower of two."""
    near = (pitch + d for d in (0, -1, 1, -2, 2) if (pitch + d) % 12 in chord.classes)
    return next(near, pitch)


def _degree_of(semitones: int, key: Key) -> int:
    """The scale's degree at, or just below, so many semitones above the tonic."""
    octave, rest = divmod(semitones, 12)
    return octave * len(key.scale) + sum(1 for s in key.scale if s <= rest)


def cadence(events: Sequence[Event], final: int, length: int, key: Key, chord: Chord) -> list[Event]:
    """The melody up to step `final`, and there the close: the tonic if the chord has it, else a chord tone.

    It is taken in the octave nearest to the note before, as a singer would.
    """
    kept = [e for e in events if e.start < final]
    if not kept:
        return []
    last = kept[-1].pitch
    goal = key.tonic if key.tonic in chord.classes else chord.root
    pitch = min((above(goal, last - 11), above(goal, last)), key=lambda p: abs(p - last))
    return [*kept, Event(final, length, pitch, 0.8)]
