"""Every kind of frame source, with real files; what goes wrong is a CameraError that says what to do."""

from __future__ import annotations

import errno
import http.server
import os
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, cast

import cv2
import numpy as np
import pytest

from moodplayer.domain import Frame
from moodplayer.errors import CameraError
from moodplayer.vision import camera, stills, streams
from moodplayer.vision.camera import FrameSource, Kind, open_source, read_image

PROMPTLY = 2.0
"""Seconds: far above what closing takes, far below what the sources wait for."""


def picture(shade: int = 128, height: int = 48, width: int = 64) -> np.ndarray[Any, Any]:
    image = np.full((height, width, 3), shade, np.uint8)
    image[: height // 2, : width // 2] = (255, 0, 0)
    return image


def write(path: Path, image: np.ndarray[Any, Any]) -> Path:
    ok, data = cv2.imencode(path.suffix, image)
    assert ok
    data.tofile(path)
    return path


def clip(path: Path, frames: int = 12, rate: float = 20.0, codec: str = "mp4v") -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), rate, (64, 48))
    assert writer.isOpened()
    for number in range(frames):
        writer.write(np.full((48, 64, 3), min(255, number * 20), np.uint8))
    writer.release()
    return path


def with_orientation(path: Path, orientation: int) -> Path:
    """Add an EXIF block with nothing but the orientation to a JPEG."""
    data = path.read_bytes()
    tiff = b"MM\x00*\x00\x00\x00\x08" + struct.pack(">HHHIHHI", 1, 0x112, 3, 1, orientation, 0, 0)
    block = b"Exif\x00\x00" + tiff
    path.write_bytes(data[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + data[2:])
    return path


def ends_promptly(source: FrameSource) -> bool:
    """Whether a thread that iterates over the source ends soon after another closes it."""
    begun, ended = threading.Event(), threading.Event()

    def iterate() -> None:
        for _ in source:
            begun.set()
        ended.set()

    threading.Thread(target=iterate, daemon=True).start()
    assert begun.wait(PROMPTLY)
    source.close()
    return ended.wait(PROMPTLY)


class TestReadImage:
    @pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
    def test_is_bgr(self, tmp_path: Path, suffix: str) -> None:
        image = read_image(write(tmp_path / f"face{suffix}", picture()))
        assert image.shape == (48, 64, 3)
        assert image.dtype == np.uint8
        assert image[4, 4, 0] > 230
        assert image[4, 4, 2] < 30

    @pytest.mark.parametrize(
        "image",
        [
            np.full((20, 30), 128, np.uint8),
            np.full((20, 30, 4), 128, np.uint8),
            np.full((20, 30), 128 * 257, np.uint16),
            np.full((20, 30, 3), 128 * 257, np.uint16),
        ],
        ids=["grey", "alpha", "16-bit grey", "16-bit"],
    )
    def test_other_depths(self, tmp_path: Path, image: np.ndarray[Any, Any]) -> None:
        read = read_image(write(tmp_path / "face.png", image))
        assert read.shape == (20, 30, 3)
        assert np.abs(read.astype(int) - 128).max() <= 1

    @pytest.mark.parametrize("name", ["Gesicht äöü.png", "顔.png", "😀 .png"])
    def test_unicode_names(self, tmp_path: Path, name: str) -> None:
        assert read_image(write(tmp_path / name, picture())).shape == (48, 64, 3)

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are text")
    def test_names_that_are_not_text(self, tmp_path: Path) -> None:
        still, moving = (tmp_path / os.fsdecode(b"\xff" + name) for name in (b".png", b".mp4"))
        write(tmp_path / "a.png", picture()).rename(still)
        clip(tmp_path / "a.mp4").rename(moving)
        assert read_image(still).shape == (48, 64, 3)
        with open_source(str(moving)) as source:
            assert source.label == "\ufffd.mp4"
            assert len(list(source)) == 12

    def test_upright(self, tmp_path: Path) -> None:
        file = with_orientation(write(tmp_path / "phone.jpg", picture()), 6)
        image = read_image(file)
        assert image.shape == (64, 48, 3)
        assert image[4, 40, 0] > 200  # a quarter to the right: what was top left is top right
        assert image[4, 40, 2] < 50

    def test_huge(self, tmp_path: Path) -> None:
        file = write(tmp_path / "wide.png", np.zeros((2, 3 * stills.LONGEST_SIDE, 3), np.uint8))
        assert read_image(file).shape == (1, stills.LONGEST_SIDE, 3)

    @pytest.mark.parametrize("content", [b"", b"words" * 99, bytes(2048)], ids=["empty", "text", "bytes"])
    def test_not_an_image(self, tmp_path: Path, content: bytes) -> None:
        file = tmp_path / "face.jpg"
        file.write_bytes(content)
        with pytest.raises(CameraError, match=r"face\.jpg is not an image"):
            read_image(file)

    def test_broken(self, tmp_path: Path) -> None:
        file = write(tmp_path / "face.png", np.random.default_rng(0).integers(0, 255, (90, 90, 3), np.uint8))
        file.write_bytes(file.read_bytes()[:60])
        with pytest.raises(CameraError):
            read_image(file)

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(CameraError, match="no such file"):
            read_image(tmp_path / "face.jpg")


class TestPictures:
    def test_an_image_once(self, tmp_path: Path) -> None:
        with open_source(str(write(tmp_path / "me.png", picture()))) as source:
            assert (source.kind, source.label, source.live) == (Kind.IMAGE, "me.png", False)
            (frame,) = source
        assert frame.name == "me.png"
        assert frame.image.shape == (48, 64, 3)

    def test_an_image_again_and_again(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stills, "_STILL_INTERVAL", 0.001)
        with open_source(str(write(tmp_path / "me.png", picture())), paced=True) as source:
            frames = list(islice(source, 5))
        assert len(frames) == 5
        assert [f.time for f in frames] == sorted({f.time for f in frames})

    def test_a_folder_in_order(self, tmp_path: Path) -> None:
        folder = tmp_path / "photos"
        folder.mkdir()
        for shade, name in enumerate(["c.png", "a.jpg", "b.webp", ".hidden.png"]):
            write(folder / name, picture(shade))
        (folder / "notes.txt").write_text("not a picture")
        (folder / "broken.jpg").write_bytes(b"no")
        (folder / "folder.png").mkdir()
        with open_source(str(folder)) as source:
            assert (source.kind, source.label, source.live) == (Kind.FOLDER, "photos/ (4)", False)
            assert [frame.name for frame in source] == ["a.jpg", "b.webp", "c.png"]

    def test_a_folder_round_and_round(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stills, "_STILL_INTERVAL", 0.001)
        monkeypatch.setattr(stills, "_PICTURE_SECONDS", 0.02)
        for name in ("a.png", "b.png"):
            write(tmp_path / name, picture())
        names: list[str | int] = []
        with open_source(str(tmp_path), paced=True) as source:
            for frame in source:
                if not names or frame.name != names[-1]:
                    names.append(frame.name)
                if len(names) == 5:
                    break
        assert names == ["a.png", "b.png"] * 2 + ["a.png"]

    def test_a_folder_without_pictures(self, tmp_path: Path) -> None:
        (tmp_path / "notes.txt").write_text("no picture")
        with pytest.raises(CameraError, match="no pictures in"):
            open_source(str(tmp_path))

    def test_a_folder_of_broken_pictures(self, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(b"no")
        with (
            open_source(str(tmp_path), paced=True) as source,
            pytest.raises(CameraError, match="none of the pictures"),
        ):
            next(iter(source))

    def test_closed_by_another_thread(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(stills, "_STILL_INTERVAL", 60.0)
        file = write(tmp_path / "me.png", picture())
        assert ends_promptly(open_source(str(file), paced=True))
        assert ends_promptly(open_source(str(tmp_path), paced=True))


class TestClip:
    @pytest.mark.parametrize(("suffix", "codec"), [("mp4", "mp4v"), ("avi", "MJPG")])
    def test_each_frame_once(self, tmp_path: Path, suffix: str, codec: str) -> None:
        with open_source(str(clip(tmp_path / f"clip.{suffix}", codec=codec))) as source:
            assert (source.kind, source.label, source.live) == (Kind.VIDEO, f"clip.{suffix}", False)
            frames = list(source)
        assert [frame.name for frame in frames] == list(range(12))
        assert [frame.time for frame in frames] == pytest.approx([n / 20 for n in range(12)])
        assert [frame.image.mean() for frame in frames] == pytest.approx([n * 20 for n in range(12)], abs=4)

    def test_begins_again(self, tmp_path: Path) -> None:
        with open_source(str(clip(tmp_path / "clip.mp4", 3, 100.0)), paced=True) as source:
            names = [frame.name for frame in islice(source, 9)]
        assert names.count(0) >= 2

    def test_plays_in_its_own_time(self, tmp_path: Path) -> None:
        with open_source(str(clip(tmp_path / "clip.mp4", 7, 20.0)), paced=True) as source:
            started = time.monotonic()
            frames = list(islice(source, 4))
            took = time.monotonic() - started
        assert took >= frames[-1].time > 0

    def test_a_slow_reader_gets_no_queue(self, tmp_path: Path) -> None:
        pause = threading.Event()
        with open_source(str(clip(tmp_path / "clip.mp4", 60, 20.0)), paced=True) as source:
            frames = iter(source)
            first = next(frames)
            pause.wait(0.6)
            second = next(frames)
        assert first.name == 0
        assert second.time >= 0.5

    def test_a_reader_away_for_long_is_not_waited_for(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(streams.Clip, "_CATCH_UP", -1.0)
        pause = threading.Event()
        with open_source(str(clip(tmp_path / "clip.mp4", 60, 20.0)), paced=True) as source:
            frames = iter(source)
            next(frames)
            pause.wait(0.3)
            assert [next(frames).name, next(frames).name] == [1, 2]

    def test_closed_by_another_thread(self, tmp_path: Path) -> None:
        assert ends_promptly(open_source(str(clip(tmp_path / "slow.mp4", 3, 0.2)), paced=True))
        assert ends_promptly(open_source(str(clip(tmp_path / "clip.mp4")), paced=True))

    def test_closed_twice_and_before_it_began(self, tmp_path: Path) -> None:
        source = open_source(str(clip(tmp_path / "clip.mp4")))
        source.close()
        source.close()
        assert list(source) == []

    def test_gone_when_it_should_begin_again(self, tmp_path: Path) -> None:
        file = clip(tmp_path / "clip.mp4", 2, 100.0)
        with open_source(str(file), paced=True) as source:
            frames = iter(source)
            next(frames)
            file.unlink()
            with pytest.raises(CameraError, match=r"clip\.mp4 can no longer be read"):
                list(islice(frames, 5))

    @pytest.mark.parametrize("name", ["clip.mp4", "notes.txt", "sound.wav", "x.gif"])
    @pytest.mark.parametrize(
        "content", [b"", b"a word\n" * 99, os.urandom(5000)], ids=["empty", "text", "noise"]
    )
    def test_neither_image_nor_video(self, tmp_path: Path, name: str, content: bytes) -> None:
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(CameraError, match="neither an image nor a video"):
            open_source(str(file))


class FakeCapture:
    """A camera of so many frames, which then gives nothing, as one does that is pulled out."""

    def __init__(self, frames: int = 10**9, *, opens: bool = True) -> None:
        self.left = frames if opens else 0
        self.released = threading.Event()
        self.settings: dict[int, float] = {}

    def isOpened(self) -> bool:  # noqa: N802
        return self.left > 0

    def set(self, setting: int, value: float) -> bool:
        self.settings[setting] = value
        return True

    def read(self) -> tuple[bool, np.ndarray[Any, Any] | None]:
        if self.released.wait(0.001) or self.left <= 0:
            return False, None
        self.left -= 1
        return True, picture()

    def release(self) -> None:
        self.released.set()


@pytest.fixture
def devices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with cameras 0 and 2, of which 1 and 3 are the devices for their metadata."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(camera, "_DEVICES", tmp_path)
    monkeypatch.setattr(camera, "_DEVICE_NAMES", tmp_path / "names")
    for number, name in enumerate(["Built-in", "Built-in", "Desk \x1b[31mcam", "Desk cam"]):
        (tmp_path / f"video{number}").touch()
        facts = tmp_path / "names" / f"video{number}"
        facts.mkdir(parents=True)
        (facts / "name").write_text(name + "\n")
        (facts / "index").write_text(f"{number % 2}\n")
    return tmp_path


@pytest.fixture
def capture(devices: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCapture:
    fake = FakeCapture()
    monkeypatch.setattr(cv2, "VideoCapture", lambda *_: fake)
    return fake


class TestWebcam:
    def test_newest_frames(self, capture: FakeCapture) -> None:
        with open_source(0, paced=True) as source:
            assert (source.kind, source.label, source.live) == (Kind.WEBCAM, "camera 0", True)
            frames = list(islice(source, 3))
        assert capture.settings[cv2.CAP_PROP_BUFFERSIZE] == 1
        assert [frame.time for frame in frames] == sorted({frame.time for frame in frames})
        assert capture.released.wait(PROMPTLY)

    def test_a_slow_reader_gets_the_newest(self, capture: FakeCapture) -> None:
        pause = threading.Event()
        with open_source("0") as source:
            frames = iter(source)
            first = next(frames)
            pause.wait(0.1)
            second = next(frames)
        assert cast("int", second.name) > cast("int", first.name) + 5

    def test_a_device_file_is_its_camera(self, capture: FakeCapture) -> None:
        with open_source("/dev/video2") as source:
            assert source.label == "camera 2"

    def test_closed_by_another_thread(self, capture: FakeCapture) -> None:
        assert ends_promptly(open_source(0))
        assert capture.released.wait(PROMPTLY)

    def test_closed_while_waiting_for_a_frame(self, capture: FakeCapture) -> None:
        source = open_source(0)
        frames, ended = iter(source), threading.Event()
        next(frames)
        capture.left = 0

        def iterate() -> None:
            list(islice(frames, 9))
            ended.set()

        threading.Thread(target=iterate, daemon=True).start()
        source.close()
        source.close()
        assert ended.wait(PROMPTLY)

    def test_unplugged(self, capture: FakeCapture) -> None:
        with open_source(0) as source:
            frames: Iterator[Frame] = iter(source)
            next(frames)
            capture.left = 2
            with pytest.raises(CameraError, match="camera 0 stopped giving frames"):
                list(islice(frames, 9))
        assert capture.released.is_set()

    def test_hangs(self, capture: FakeCapture, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "_SILENCE", 0.05)
        hang = threading.Event()
        with open_source(0) as source:
            monkeypatch.setattr(capture, "read", lambda: (hang.wait(PROMPTLY), None))
            with pytest.raises(CameraError, match="stopped giving frames"):
                list(islice(source, 10**6))
            hang.set()

    def test_missing(self, devices: Path) -> None:
        with pytest.raises(CameraError) as caught:
            open_source("7")
        assert caught.value.message == "there is no camera 7"
        assert caught.value.hint == "this machine has 0 (Built-in), 2 (Desk \ufffd[31mcam)"
        assert list(camera.cameras()) == [0, 2]

    def test_missing_as_all_are(self, devices: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(camera, "_DEVICES", devices / "names" / "none")
        with pytest.raises(CameraError, match=r"there is no camera 0: .*`demo`"):
            open_source(0)

    @pytest.mark.parametrize("number", [-1, 10**30])
    def test_no_such_number(self, devices: Path, number: int) -> None:
        with pytest.raises(CameraError, match="there is no camera"):
            open_source(number)

    @pytest.mark.parametrize(
        ("code", "message", "hint"),
        [
            (errno.EACCES, "no permission to use camera 0", "group"),
            (errno.EBUSY, "camera 0 is in use", "close the program"),
            (errno.ENODEV, "camera 0 cannot be opened", "no such device"),
        ],
    )
    def test_why_not(
        self, capture: FakeCapture, monkeypatch: pytest.MonkeyPatch, code: int, message: str, hint: str
    ) -> None:
        def refuse(*_: object) -> int:
            raise OSError(code, os.strerror(code))

        capture.left = 0
        monkeypatch.setattr(os, "open", refuse)
        with pytest.raises(CameraError) as caught:
            open_source(0)
        assert caught.value.message == message
        assert hint in caught.value.hint
        assert capture.released.is_set()

    def test_in_use(self, capture: FakeCapture) -> None:
        capture.left = 0
        with pytest.raises(CameraError, match="is in use: close the program that uses it, or try camera 2"):
            open_source(0)

    def test_gives_no_pictures(self, capture: FakeCapture) -> None:
        capture.left = 0
        with pytest.raises(CameraError, match="camera 1 gives no pictures: try 0, 2"):
            open_source(1)

    @pytest.mark.parametrize(("platform", "hint"), [("darwin", "Privacy"), ("win32", "plugged in")])
    def test_elsewhere(
        self, capture: FakeCapture, monkeypatch: pytest.MonkeyPatch, platform: str, hint: str
    ) -> None:
        capture.left = 0
        monkeypatch.setattr(sys, "platform", platform)
        with pytest.raises(CameraError, match=hint):
            open_source(0)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """The address of `tmp_path` over HTTP."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path))) as served:
        thread = threading.Thread(target=served.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://user:secret@127.0.0.1:{served.server_port}"
        served.shutdown()


class TestUrl:
    def test_a_clip(self, tmp_path: Path, server: str) -> None:
        clip(tmp_path / "clip.mp4")
        with open_source(f"{server}/clip.mp4?token=secret") as source:
            assert (source.kind, source.live) == (Kind.URL, False)
            assert source.label.endswith("/clip.mp4")
            assert "secret" not in source.label
            assert len(list(source)) == 12

    def test_an_image(self, tmp_path: Path, server: str) -> None:
        write(tmp_path / "me.jpg", picture())
        with open_source(f"{server}/me.jpg") as source:
            assert [frame.image.shape for frame in source] == [(48, 64, 3)]

    def test_nothing_there(self, server: str) -> None:
        with pytest.raises(CameraError, match="nothing to watch at") as caught:
            open_source(f"{server}/none.mp4")
        assert "secret" not in str(caught.value)

    @pytest.mark.parametrize("url", ["http://127.0.0.1:1/x", "nonsense://x", "http://\udcff/"])
    def test_unreachable(self, url: str) -> None:
        with pytest.raises(CameraError, match="nothing to watch at"):
            open_source(url)

    def test_never_answers(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(streams, "_TIMEOUT_MS", 200)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            started = time.monotonic()
            with pytest.raises(CameraError, match="nothing to watch at"):
                open_source(f"http://127.0.0.1:{silent.getsockname()[1]}/live")
            assert time.monotonic() - started < 5


class TestPaths:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(CameraError, match="there is no file") as caught:
            open_source(str(tmp_path / "none\x1b[31m.mp4"))
        assert "\x1b" not in str(caught.value)

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
    def test_a_pipe_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(CameraError, match="neither a file nor a folder"):
            open_source(str(tmp_path / "pipe"))

    @pytest.mark.parametrize("text", ["a\0b", "x" * 5000, "", "-1", "~nobody-/x"])
    def test_nonsense(self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(CameraError):
            open_source(text)

    def test_nothing_on_standard_error(self, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        for name, content in [
            ("a.mp4", b"no"),
            ("b.png", b"\x89PNG\r\n\x1a\n" + bytes(40)),
            ("c.jpg", b"\xff\xd8\xff"),
        ]:
            (tmp_path / name).write_bytes(content)
            with pytest.raises(CameraError):
                open_source(str(tmp_path / name))
        assert capfd.readouterr().err == ""
