"""The sample library is what a listener would expect of it, and still what its scores say."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import NamedTuple

import mutagen
import numpy as np
import numpy.typing as npt
import pytest

from moodplayer.domain import EMOTIONS

soundfile = pytest.importorskip("soundfile")

LIBRARY = Path(__file__).parents[1] / "sample_library"
FORMATS = {".mp3", ".flac", ".ogg", ".opus"}
TRACKS = sorted(path for path in LIBRARY.rglob("*") if path.suffix in FORMATS)
with (LIBRARY / "intended.csv").open(encoding="utf-8", newline="") as _file:
    INTENDED = {row["path"]: row["emotion"] for row in csv.DictReader(_file)}


def name(path: Path) -> str:
    return path.relative_to(LIBRARY).as_posix()


def heard(path: Path) -> tuple[npt.NDArray[np.float32], int]:
    """The file's samples, (samples, channels), and how many there are per second."""
    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        pytest.skip(f"this libsndfile does not read {path.suffix}: {error}")
    return samples, rate


class Sound(NamedTuple):
    """What is heard of one file."""

    seconds: float
    peak: float
    offset: float
    """The mean of all samples, which should be none."""
    ends: float
    """The loudest sample of the first and last three milliseconds."""
    loudness: float
    """dBFS, RMS."""
    brightness: float
    """The spectrum's centre, in Hz."""
    attacks: float
    """How much rises from one twentieth of a second to the next, over all frequencies."""


@cache
def sound(path: Path) -> Sound:
    samples, rate = heard(path)
    edge = rate * 3 // 1000
    frames = np.lib.stride_tricks.sliding_window_view(samples.mean(axis=1), 2048)[::2048]
    spectra = np.abs(np.fft.rfft(frames * np.hanning(2048).astype(np.float32), axis=1))
    centre = spectra @ np.fft.rfftfreq(2048, 1 / rate) / np.maximum(spectra.sum(axis=1), 1e-9)
    return Sound(
        seconds=len(samples) / rate,
        peak=float(np.abs(samples).max()),
        offset=float(abs(samples.mean(dtype=np.float64))),
        ends=float(max(np.abs(samples[:edge]).max(), np.abs(samples[-edge:]).max())),
        loudness=float(10 * np.log10((samples**2).mean(dtype=np.float64))),
        brightness=float(np.median(centre)),
        attacks=float(np.maximum(np.diff(np.log1p(100 * spectra), axis=0), 0).mean()),
    )


def mean_sound(emotion: str) -> Sound:
    return Sound(*np.mean([sound(path) for path in TRACKS if INTENDED[name(path)] == emotion], axis=0))


def test_seven_emotions_have_six_tracks_or_more_and_every_track_an_emotion() -> None:
    counts = Counter(INTENDED.values())
    assert set(counts) == set(EMOTIONS)
    assert min(counts.values()) >= 6
    assert len(TRACKS) >= 42
    assert {name(path) for path in TRACKS} == set(INTENDED)


def test_all_four_formats_in_less_than_twelve_megabytes() -> None:
    assert {path.suffix for path in TRACKS} == FORMATS
    assert sum(path.stat().st_size for path in TRACKS) < 12_000_000


def test_the_readme_lists_every_track() -> None:
    readme = (LIBRARY / "README.md").read_text(encoding="utf-8")
    assert [path for path in INTENDED if path not in readme] == []


@pytest.mark.parametrize("path", TRACKS, ids=name)
def test_a_track_lasts_and_neither_clips_nor_clicks(path: Path) -> None:
    heard_of = sound(path)
    assert 20 <= heard_of.seconds <= 40
    assert heard_of.peak < 1.0
    assert heard_of.offset < 1e-3
    assert heard_of.ends < 0.01
    # Neither much louder nor much softer than the next one in the queue.
    assert -22 < heard_of.loudness < -14.5


def test_tags_are_as_in_real_libraries() -> None:
    """Some files say a mood, most a genre, and a few neutral ones nothing at all."""
    moods = genres = 0
    bare = []
    for path in TRACKS:
        tags = mutagen.File(path).tags
        keys = {key.casefold() for key in (tags.keys() if tags else ())}
        moods += bool(keys & {"mood", "txxx:mood"})
        genres += bool(keys & {"genre", "tcon"})
        if not keys & {"title", "tit2", "genre", "tcon"}:
            bare.append(path)
    assert len(TRACKS) / 6 <= moods <= len(TRACKS) / 3
    assert genres >= 0.8 * len(TRACKS)
    assert len(bare) in (4, 5)
    assert {INTENDED[name(path)] for path in bare} == {"neutral"}


def test_emotions_sound_as_the_literature_says() -> None:
    """Happy is brighter than sad, anger the loudest, fear and sadness soft: Juslin & Laukka (2003)."""
    angry, fear, happy, sad, surprise, neutral = (
        mean_sound(e) for e in ("angry", "fear", "happy", "sad", "surprise", "neutral")
    )
    assert angry.loudness > happy.loudness > sad.loudness
    assert angry.loudness > fear.loudness + 1.5
    lively = (angry, happy, surprise)
    assert min(s.brightness for s in lively) > 1.5 * max(s.brightness for s in (sad, fear, neutral))
    assert min(s.attacks for s in lively) > 1.3 * max(s.attacks for s in (sad, neutral))


def test_composing_a_track_again_gives_the_same_sound(tmp_path: Path) -> None:
    path = next(path for path in TRACKS if path.stem.startswith("take 2"))
    before, rate = heard(path)
    script = LIBRARY / "compose.py"
    subprocess.run(
        [sys.executable, script, "--out", tmp_path, "--only", path.stem], check=True, capture_output=True
    )
    after, rate_again = heard(tmp_path / name(path))
    assert (rate_again, after.shape) == (rate, before.shape)
    # Another processor's sines may round the other way: one step of 16 bits, two at the worst.
    assert np.abs(after - before).max() <= 2 / 32_768
