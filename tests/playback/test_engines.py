"""Real libVLC plays real files into a file, and the samples are looked at; silence keeps time."""

from __future__ import annotations

import gzip
import http.server
import os
import queue
import struct
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile  # type: ignore[import-untyped]

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
from moodplayer.playback.player import Player, PlayerEvent, QueueEnded, Transport, Unplayable
from moodplayer.playback.vlc import OPTIONS, VlcEngine, probe

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


def test_pause_stops_the_position_and_play_goes_on_from_there(vlc: VlcEngine, tmp_path: Path) -> None:
    desk = Desk(vlc)
    desk.play(tone(tmp_path / "long.wav", 440, seconds=60))
    while desk.player.state.position < 0.5:
        desk.step()
    desk.player.toggle_pause()
    with pytest.raises(queue.Empty):
        while True:
            desk.player.handle(desk.events.get(timeout=0.8))
    paused_at = desk.player.state.position
    desk.player.toggle_pause()
    while desk.player.state.position <= paused_at:
        desk.step()
    assert desk.player.state.position == pytest.approx(paused_at, abs=1)


def test_a_sound_shorter_than_libvlcs_counting_is_no_broken_file(vlc: VlcEngine, tmp_path: Path) -> None:
    desk = Desk(vlc)
    desk.play(*(tone(tmp_path / f"{n}.wav", 440, seconds=0.2 + n / 10) for n in range(8)))
    desk.until_the_end()
    assert not [said for said in desk.said if isinstance(said, Unplayable)]


def test_every_track_has_the_volume_before_it_sounds(
    vlc: VlcEngine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """libVLC's players begin at 100 %, and take a volume before their first sound only."""
    import vlc as libvlc

    calls: list[str] = []
    for name, note in (("play", "play"), ("audio_set_volume", "volume"), ("stop", "stop")):
        original = getattr(libvlc.MediaPlayer, name)

        def noted(player: object, *args: int, note: str = note, original: object = original) -> object:
            assert callable(original)
            answer: object = original(player, *args)
            calls.append(f"{note} {args[0]}: {answer}" if args else note)
            return answer

        monkeypatch.setattr(libvlc.MediaPlayer, name, noted)
    desk = Desk(vlc)
    desk.player.volume_by(-60)
    desk.play(tone(tmp_path / "one.wav", 440), tone(tmp_path / "two.wav", 440))
    desk.until_the_end()
    assert calls[:5] == ["volume 20: 0", "play", "stop", "volume 20: 0", "play"]


def test_closing_while_it_plays_does_not_hang(vlc: VlcEngine, tmp_path: Path) -> None:
    desk = Desk(vlc)
    desk.play(tone(tmp_path / "long.wav", 440, seconds=60))
    desk.until(Progressed)
    vlc.close()
    vlc.close()
    assert "libVLC" not in {thread.name for thread in threading.enumerate()}


def test_orders_to_an_engine_that_plays_nothing_do_no_harm(vlc: VlcEngine, tmp_path: Path) -> None:
    desk = Desk(vlc)
    vlc.stop()
    vlc.pause(True)
    vlc.seek(5)
    desk.play(tone(tmp_path / "one.wav", 440))
    desk.until(Ended)


def a_picture() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress((b"\0" + b"\xff" * 24) * 8)
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.fixture
def asked() -> Iterator[tuple[str, list[str]]]:
    """A web server's address, and what was asked of it."""
    asked: list[str] = []

    class Server(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_nothing_is_fetched_or_shown_for_what_only_has_a_sounds_name(
    vlc: VlcEngine, tmp_path: Path, asked: tuple[str, list[str]]
) -> None:
    url, requests = asked
    hls = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4.0,\n{url}/hls.ts\n#EXT-X-ENDLIST\n".encode()
    dash = (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT10S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        f'<AdaptationSet mimeType="audio/mp4"><Representation id="1" bandwidth="1"><BaseURL>{url}/dash.mp4'
        '</BaseURL><SegmentBase indexRange="0-9"/></Representation></AdaptationSet></Period></MPD>'
    ).encode()
    files = {
        "hls.mp3": hls,
        "hls.flac": hls,
        "gzipped.mp3": gzip.compress(hls),
        "tagged.mp3": b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + hls,
        "dash.m4a": dash,
        "list.ogg": f"{url}/list\n".encode(),
        "picture.mp3": a_picture(),
        "empty.mp3": b"",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    desk = Desk(vlc)
    desk.play(*(tmp_path / name for name in files))
    while sum(isinstance(said, Unplayable) for said in desk.said) < len(files):
        desk.step()
    assert not [event for event in desk.seen if isinstance(event, Ended)]
    assert requests == []


def test_a_queue_of_broken_files_stops_and_does_not_go_round(vlc: VlcEngine, tmp_path: Path) -> None:
    files = [tmp_path / f"{n}.mp3" for n in range(4)]
    for file in files:
        file.write_bytes(b"not a sound" * 999)
    desk = Desk(vlc)
    desk.play(*files)
    while len(desk.said) < len(files):
        desk.step()
    assert desk.player.state.transport is Transport.STOPPED
    assert [type(said) for said in desk.said] == [Unplayable] * 4


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_skipped_and_not_waited_for(vlc: VlcEngine, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    desk = Desk(vlc)
    desk.play(tmp_path / "pipe.mp3")
    failed = desk.until(Failed)
    assert isinstance(failed, Failed)
    assert "no regular file" in failed.reason


def test_counts_that_come_late_are_not_a_missing_device(vlc: VlcEngine, tmp_path: Path) -> None:
    """The large pages of this Ogg file let libVLC go to 1.7 s with one block counted."""
    desk = Desk(vlc)
    desk.play(tone(tmp_path / "pages.ogg", 440, seconds=4))
    desk.until(Ended)
    assert not [event for event in desk.seen if isinstance(event, Mute)]


def test_normal_playback_writes_nothing_on_the_terminal(vlc: VlcEngine, tmp_path: Path) -> None:
    code = (
        "import queue, sys\n"
        "from pathlib import Path\n"
        "from moodplayer.playback.engine import Ended\n"
        "from moodplayer.playback.vlc import VlcEngine\n"
        "said = queue.SimpleQueue()\n"
        "engine = VlcEngine(['--aout=adummy'])\n"
        "engine.start(said.put)\n"
        "engine.play(1, Path(sys.argv[1]), 1.5)\n"
        "while not isinstance(said.get(timeout=20), Ended): pass\n"
        "engine.close()\n"
    )
    file = tone(tmp_path / "one.mp3", 440)
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_the_options_are_libvlcs(vlc: VlcEngine) -> None:
    import vlc as libvlc

    for option in OPTIONS:
        assert libvlc.Instance([option]) is not None


def test_options_that_libvlc_refuses_are_said() -> None:
    desk = Desk(VlcEngine(["--no-such-option"]))
    lost = desk.until(Lost)
    assert isinstance(lost, Lost)
    assert "vlc_options" in lost.error.hint


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


@pytest.mark.parametrize("how", ["no python-vlc", "no library"])
def test_without_libvlc_there_is_a_hint(tmp_path: Path, how: str) -> None:
    code = (
        "import queue, sys\n"
        + ("sys.modules['vlc'] = None\n" if how == "no python-vlc" else "")
        + "from moodplayer.playback.vlc import VlcEngine\n"
        "said = queue.SimpleQueue()\n"
        "VlcEngine().start(said.put)\n"
        "lost = said.get(timeout=10)\n"
        "print(type(lost).__name__, '|', lost.error.message, '|', lost.error.hint)\n"
    )
    environment = os.environ | ({"PYTHON_VLC_LIB_PATH": "/nowhere/libvlc.so"} if how == "no library" else {})
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    )
    kind, message, hint = (part.strip() for part in done.stdout.split("|"))
    assert kind == Lost.__name__
    assert "libVLC is missing" in message
    assert "install" in hint


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_silence_plays_pauses_seeks_and_goes_on_by_the_clock(tmp_path: Path) -> None:
    clock = Clock()
    engine = SilentEngine(clock)
    desk = Desk(engine)
    file = tone(tmp_path / "one.wav", 440, seconds=0.1)
    desk.player.play_queue([Pick(Track(file, name, length=200.0), 1.0) for name in ("one", "two")])

    def at(position: float) -> None:
        while desk.player.state.position != position:
            assert isinstance(desk.step(), Progressed)

    clock.now += 20
    at(20)
    desk.player.toggle_pause()
    clock.now += 500
    desk.player.seek_to(120)
    desk.player.toggle_pause()
    clock.now += 30
    at(150)
    clock.now += 60
    desk.until(Ended)
    assert desk.player.state.track is not None
    assert desk.player.state.track.title == "two"
    at(0)
    clock.now += 201
    desk.until_the_end()
    engine.close()


def test_silence_ends_a_short_track_in_real_time(tmp_path: Path) -> None:
    engine = SilentEngine()
    desk = Desk(engine)
    file = tone(tmp_path / "one.wav", 440, seconds=0.1)
    desk.player.play_queue([Pick(Track(file, "one", length=0.4), 1.0)])
    desk.until_the_end()
    assert any(isinstance(event, Progressed) and 0.2 < event.position <= 0.4 for event in desk.seen)
    engine.close()


def test_silence_skips_a_file_that_is_gone(tmp_path: Path) -> None:
    engine = SilentEngine()
    desk = Desk(engine)
    desk.play(tmp_path / "gone.wav")
    assert isinstance(desk.step(), Failed)
    engine.close()
