"""The sample library is what a listener would expect of it, and still what its scores say."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

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


@cache
def cues(path: Path) -> tuple[float, float, float]:
    """Loudness (dBFS, RMS), brightness (Hz, the spectrum's centre) and attacks (sudden rises, per second)."""
    samples, rate = heard(path)
    mono = samples.mean(axis=1)
    frames = np.lib.stride_tricks.sliding_window_view(mono, 2048)[::1024] * np.hanning(2048)
    spectra = np.abs(np.fft.rfft(frames, axis=1))
    hertz = np.fft.rfftfreq(2048, 1 / rate)
    centre = (spectra * hertz).sum(axis=1) / np.maximum(spectra.sum(axis=1), 1e-9)
    rises = np.maximum(np.diff(np.log1p(100 * spectra), axis=0), 0).mean(axis=1)
    loud = 10 * np.log10((samples.astype(np.float64) ** 2).mean())
    return float(loud), float(np.median(centre)), float(rises.mean())


def mean_cues(emotion: str) -> npt.NDArray[np.float64]:
    return np.mean([cues(path) for path in TRACKS if INTENDED[name(path)] == emotion], axis=0)


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
    samples, rate = heard(path)
    assert 20 <= len(samples) / rate <= 40
    assert np.abs(samples).max() < 1.0
    assert abs(samples.mean()) < 1e-3
    ends = np.concatenate([samples[: rate * 3 // 1000], samples[-rate * 3 // 1000 :]])
    assert np.abs(ends).max() < 0.01
    # Neither much louder nor much softer than the next one in the queue.
    assert -22 < cues(path)[0] < -14.5


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
    loudness, brightness, attacks = range(3)
    angry, fear, happy, sad = (mean_cues(e) for e in ("angry", "fear", "happy", "sad"))
    surprise, neutral = mean_cues("surprise"), mean_cues("neutral")
    assert angry[loudness] > happy[loudness] > sad[loudness]
    assert angry[loudness] > fear[loudness] + 1.5
    assert min(happy[brightness], angry[brightness], surprise[brightness]) > 1.3 * sad[brightness]
    assert min(happy[attacks], angry[attacks], surprise[attacks]) > 1.3 * max(sad[attacks], neutral[attacks])


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
