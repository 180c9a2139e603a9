"""Real libVLC plays real files into a file, and the samples are looked at; silence keeps time."""

from __future__ import annotations

import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from moodplayer.domain import Pick, Track
from moodplayer.errors import PlaybackError
from moodplayer.playback.engine import (
    Ended,
    Engine,
    EngineEvent,
    Failed,
    Lost,
    Mute,
    Progressed,
    SilentEngine,
)
from moodplayer.playback.player import Player, PlayerEvent, QueueEnded, Unplayable
from moodplayer.playback.vlc import VlcEngine, probe

RATE = 44_100
WAIT = 20


def tone(path: Path, hertz: float, seconds: float = 1.5) -> Path:
    at = np.arange(round(RATE * seconds)) / RATE
    soundfile.write(path, 0.5 * np.sin(2 * np.pi * hertz * at), RATE)
    return path


def pitch(samples: npt.NDArray[np.float64]) -> float:
    """The loudest frequency, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(spectrum.argmax() * RATE / len(samples))


class Desk:
    """A player with an engine, and both their events in the order they came."""

    def __init__(self, engine: Engine) -> None:
        self.events: queue.SimpleQueue[EngineEvent] = queue.SimpleQueue()
        self.said: list[PlayerEvent] = []
        self.seen: list[EngineEvent] = []
        engine.start(self.events.put)
        self.player = Player(engine, self.said.append)

    def play(self, *files: Path) -> None:
        self.player.play_queue([Pick(Track(file, file.stem, length=1.5), 1.0) for file in files])

    def until(self, kind: type[EngineEvent]) -> EngineEvent:
        while True:
            event = self.step()
            if isinstance(event, kind):
                return event

    def step(self) -> EngineEvent:
        event = self.events.get(timeout=WAIT)
        self.seen.append(event)
        self.player.handle(event)
        return event

    def until_the_end(self) -> None:
        while not any(isinstance(said, QueueEnded) for said in self.said):
            self.step()


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    return tmp_path / "heard.wav"


@pytest.fixture
def vlc(recording: Path) -> Iterator[VlcEngine]:
    try:
        probe()
    except PlaybackError as error:
        pytest.skip(str(error))
    engine = VlcEngine(["--aout=afile", f"--audiofile-file={recording}"])
    yield engine
    engine.close()


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3", "opus"])
def test_libvlc_plays_the_file(vlc: VlcEngine, recording: Path, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"höher {suffix}.{suffix}"
    if suffix == "opus":
        at = np.arange(72_000) / 48_000
        soundfile.write(file, 0.5 * np.sin(2 * np.pi * 660 * at), 48_000, format="OGG", subtype="OPUS")
    else:
        tone(file, 660)
    desk = Desk(vlc)
    desk.play(file)
    progress = desk.until(Progressed)
    assert isinstance(progress, Progressed)
    assert progress.length == pytest.approx(1.5, abs=0.1)
    desk.until(Ended)
    vlc.close()
    samples, rate = soundfile.read(recording, always_2d=True)
    assert len(samples) / rate == pytest.approx(1.5, abs=0.2)
    assert pitch(samples[:RATE, 0]) == pytest.approx(660 * RATE / rate, rel=0.02)


def test_one_after_the_other(vlc: VlcEngine, recording: Path, tmp_path: Path) -> None:
    desk = Desk(vlc)
    desk.play(tone(tmp_path / "low.wav", 300), tone(tmp_path / "high.wav", 900))
    desk.until(Ended)
    assert desk.player.state.track is not None
    assert desk.player.state.track.title == "high"
    desk.until_the_end()
    vlc.close()
    # Each track is a recording of its own: the last one is what the file holds.
    samples, _ = soundfile.read(recording, always_2d=True)
    assert pitch(samples[:RATE, 0]) == pytest.approx(900, rel=0.02)


def test_what_cannot_play_is_skipped_and_the_next_one_starts(vlc: VlcEngine, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp3"
    broken.write_bytes(b"not a sound" * 999)
    desk = Desk(vlc)
    desk.play(broken, tmp_path / "gone.flac", tone(tmp_path / "good.wav", 440))
    desk.until_the_end()
    reasons = {said.track.title: said.reason for said in desk.said if isinstance(said, Unplayable)}
    assert reasons.keys() == {"broken", "gone"}
    assert reasons["gone"] == "the file is gone"
    assert any(isinstance(event, Ended) for event in desk.seen)


def test_seek_and_pause(vlc: VlcEngine, tmp_path: Path) -> None:
    desk = Desk(vlc)
    desk.play(tone(tmp_path / "long.wav", 440, seconds=60))
    desk.until(Progressed)
    desk.player.seek_to(40)
    desk.player.toggle_pause()
    while desk.player.state.position < 39:
        desk.step()
    assert desk.player.state.position == pytest.approx(40, abs=1.5)


def test_closing_while_it_plays_does_not_hang(vlc: VlcEngine, tmp_path: Path) -> None:
    desk = Desk(vlc)
    desk.play(tone(tmp_path / "long.wav", 440, seconds=60))
    desk.until(Progressed)
    vlc.close()
    vlc.close()


def test_without_a_sound_device_it_says_so_and_the_queue_goes_on(tmp_path: Path) -> None:
    probe()
    engine = VlcEngine(["--aout=alsa", "--alsa-audio-device=no-such-device"])
    desk = Desk(engine)
    desk.play(tone(tmp_path / "one.wav", 440, seconds=3), tone(tmp_path / "two.wav", 440))
    mute = desk.until(Mute)
    assert isinstance(mute, Mute)
    assert mute.error.hint
    desk.until_the_end()
    engine.close()


def test_without_libvlc_there_is_a_hint_and_silence_goes_on(tmp_path: Path) -> None:
    code = (
        "import queue, sys\n"
        "sys.modules['vlc'] = None\n"
        "from moodplayer.playback.vlc import VlcEngine\n"
        "said = queue.SimpleQueue()\n"
        "VlcEngine().start(said.put)\n"
        "lost = said.get(timeout=10)\n"
        "print(type(lost).__name__, '|', lost.error.message, '|', lost.error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    kind, message, hint = (part.strip() for part in done.stdout.split("|"))
    assert kind == Lost.__name__
    assert "libVLC is missing" in message
    assert "install" in hint


def test_silence_plays_in_real_time(tmp_path: Path) -> None:
    engine = SilentEngine()
    desk = Desk(engine)
    file = tone(tmp_path / "one.wav", 440, seconds=0.1)
    desk.player.play_queue(
        [Pick(Track(file, "one", length=0.4), 1.0), Pick(Track(file, "two", length=0.4), 1.0)]
    )
    desk.until_the_end()
    assert [type(event) for event in desk.seen].count(Ended) == 2
    assert any(isinstance(event, Progressed) and 0.2 < event.position <= 0.4 for event in desk.seen)
    engine.close()


def test_silence_skips_a_file_that_is_gone(tmp_path: Path) -> None:
    engine = SilentEngine()
    desk = Desk(engine)
    desk.play(tmp_path / "gone.wav")
    assert isinstance(desk.step(), Failed)
    engine.close()
