"""The scores: what `scores/*.toml` may say, and when and over which harmony their steps sound.

A score's words are the fields of `Piece` and `Layer` below. Music is written on a grid of steps:

- `steps`, one character per step, spaces ignored, starting over when used up (so a pattern of 14 over bars
  of 16 wanders): `X x o` strike the chord loudly, normally, softly; `1`-`6` one of its voices, from below;
  `-` holds, `.` rests. In the bass, `1 3 5 6 7 8` are the chord's root, third and so on, `a` leads to the
  next root from below and `b` from above. In drums, `X x o` are strokes.
- `motifs` and `plan`: see `theory.grow_melody`.
- `chords`, one word per bar: "Am7", two chords in "Dm7,G7", and "[Eb major]" changes the melody's key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from effects import Curve
from theory import Chord, Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One player: an instrument with either `steps` or a melody, or a set of `drums`."""

    play: str = ""
    """A name of `synth.INSTRUMENTS`."""
    steps: str = ""
    bass: bool = False
    """Whether `steps` walk on the chord's root rather than on its voicing."""
    motifs: Mapping[str, str] | None = None
    plan: str = "a"
    drums: Mapping[str, str] | None = None
    """Steps of each drum, by its name in `drums.DRUMS`."""
    fill: Mapping[str, str] | None = None
    """What the drums play instead in every `every`-th bar."""
    every: int = 4
    last: Sequence[str] = ()
    """The drums of the final stroke."""
    low: int = 60
    """The lowest note, or nearly so, as a MIDI number."""
    level: float = 0.0
    """Loudness in the mix, dB."""
    pan: float = 0.0
    """-1 (left) to 1 (right)."""
    spread: float = 0.4
    """How far a chord's notes are spread around `pan`."""
    send: float = 0.25
    """How much goes into the room."""
    effects: Sequence[str] = ()
    """Functions of `effects`, and "pump", each with its amount: "drive:12"."""
    bars: Sequence[tuple[int, int]] = ()
    """From which bar (from 0) until before which; all where empty."""
    gate: float = 0.95
    """How much of its length a note is held: 0.3 staccato, 1 legato."""
    strum: float = 0.0
    """Seconds between a chord's notes, from below."""
    detune: float = 0.0
    """Cents by which notes miss their pitch, as a standard deviation."""
    double: Sequence[int] = ()
    """Semitones above each note at which it is doubled."""

    def plays(self, bar: int) -> bool:
        return not self.bars or any(start <= bar < stop for start, stop in self.bars)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One track: what is written on its file, and its score."""

    path: str
    """Artist/Album/NN Title.ext."""
    emotion: str
    genre: str
    bpm: float
    key: str
    chords: str
    layers: tuple[Layer, ...]
    mood: str = ""
    """The mood tag's word; without it none is written."""
    tags: Sequence[str] = ("genre",)
    """Which of genre, bpm and key are tagged; with none at all the file bears no tags."""
    beats: int = 4
    """Per bar."""
    division: int = 4
    """Steps per beat: 4, or 3 where the beat is ternary, or 2 in odd metres of quavers."""
    swing: float = 0.0
    """How late the off-beats are, as a share of `swing_steps`; 1/3 is the triplet's swing."""
    swing_steps: int = 1
    tempo: Mapping[str, float] | None = None
    """From bar on: times the tempo."""
    ritard: float = 0.0
    """How much slower the last bar before the end is."""
    ending: str = "chord"
    """chord: the last bar is one long chord; stop: a short one; fade: the music goes on and fades."""
    tail: float = 2.0
    """Seconds of ringing after the last bar."""
    silences: Sequence[tuple[float, float]] = ()
    """Sudden stops: (beat, beats)."""
    dynamics: str = "7"
    """Loudness of each bar, 1 to 9; the last goes on."""
    feel: float = 0.006
    """Seconds by which human hands miss the grid, as a standard deviation."""
    room: float = 1.2
    """Seconds of reverberation."""
    loudness: float = -17.0
    """dBFS, RMS."""

    @property
    def title(self) -> str:
        """The file name without its number and ending."""
        return Path(self.path).stem.partition(" ")[2]

    @property
    def bar(self) -> int:
        """Steps per bar."""
        return self.beats * self.division


def load_scores(folder: Path) -> list[Piece]:
    """Every piece of the TOML files in `folder`, in the order of emotions and of the files."""
    pieces = []
    for emotion in ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"):
        with (folder / f"{emotion}.toml").open("rb") as file:
            for table in tomllib.load(file)["piece"]:
                layers = tuple(Layer(**layer) for layer in table.pop("layers"))
                pieces.append(Piece(emotion=emotion, layers=layers, **table))
    return pieces


def harmony(piece: Piece) -> tuple[list[Chord], list[Key]]:
    """The chord and the key at each step; a chord's steps share one object."""
    key = Key.parse(piece.key)
    chords: list[Chord] = []
    keys: list[Key] = []
    for word in re.findall(r"\[[^\]]+\]|\S+", piece.chords):
        if word.startswith("["):
            key = Key.parse(word[1:-1])
            continue
        symbols = word.split(",")
        for number, symbol in enumerate(symbols):
            until = piece.bar * (number + 1) // len(symbols) - piece.bar * number // len(symbols)
            chords += [Chord.parse(symbol)] * until
        keys += [key] * piece.bar
    return chords, keys


def clock(piece: Piece, total: int) -> Curve:
    """Seconds at which each step begins, and at which the last one ends: tempo changes, ritard, swing."""
    lengths = np.full(total, 60 / piece.bpm / piece.division)
    for bar, ratio in (piece.tempo or {}).items():
        lengths[int(bar) * piece.bar :] = 60 / piece.bpm / piece.division / ratio
    if piece.ritard:
        slowing = slice(max(0, total - 2 * piece.bar), total - piece.bar)
        lengths[slowing] *= 1 + piece.ritard * np.linspace(0, 1, piece.bar)
        lengths[total - piece.bar :] *= 1 + piece.ritard
    begins = np.concatenate([[0.0], np.cumsum(lengths)])
    off_beat = np.arange(total) // piece.swing_steps % 2 == 1
    begins[:-1][off_beat] += piece.swing * piece.swing_steps * lengths[off_beat]
    return begins
