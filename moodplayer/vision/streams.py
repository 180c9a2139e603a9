"""What moves as a source of frames: a clip, which has an end, and a webcam or stream, which is now."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

import cv2

from moodplayer.domain import Frame
from moodplayer.errors import CameraError
from moodplayer.vision.source import Kind, Source

if TYPE_CHECKING:
    from moodplayer.domain import Image

# OpenCV and the FFmpeg inside it say on standard error what is raised here as a CameraError. FFmpeg's
# level is read when the first video opens, so that it is early enough here. What the drivers below them
# still write goes to the log file while the player is on screen.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)

_TIMEOUT_MS = 5000
"""How long a URL may take to open, and then to give the next frame."""

_SILENCE = 12.0
"""Seconds without a frame after which a live source has stopped; V4L2 itself waits 10 before it says so."""

_FAILURES = 5
"""Reads that fail in a row before a live source counts as stopped: single ones do fail."""


class Clip(Source):
    """A video with an end: every frame, or in its own time and over and over.

    `capture` is one of capture_of(address).
    """

    _CATCH_UP = 0.5
    """Seconds to spend on leaving frames out; where that is too few, the clip plays late instead."""

    def __init__(
        self, kind: Kind, label: str, address: str, capture: cv2.VideoCapture, *, paced: bool
    ) -> None:
        super().__init__(kind, label)
        self._address = address
        self._paced = paced
        self._capture = capture
        self._ahead = True
        self._lock = threading.Lock()
        rate = capture.get(cv2.CAP_PROP_FPS)
        self._rate = rate if 0.1 <= rate <= 1000 else 25.0

    def close(self) -> None:
        super().close()
        # A read of a URL can hold the lock for as long as its timeout: then the iterating thread releases.
        if self._lock.acquire(timeout=0.5):
            self._capture.release()
            self._lock.release()

    def __iter__(self) -> Iterator[Frame]:
        while not self._closed.is_set():
            count = 0
            for frame in self._play():
                count += 1
                yield frame
            if self._closed.is_set() or not self._paced:
                return
            if not (count and self._begin_again()) and not self._closed.is_set():
                raise CameraError(f"{self.label} can no longer be read")

    def _play(self) -> Iterator[Frame]:
        """The frames up to the end."""
        started = time.monotonic()
        number = -1
        while True:
            slow = time.monotonic() + self._CATCH_UP
            while True:
                at = self._grab(number + 1)
                if at is None:
                    return
                number += 1
                late = time.monotonic() - started - at
                if not self._paced or late < 1 / self._rate:
                    break
                if time.monotonic() > slow:
                    started += late
                    break
            if self._paced and self._closed.wait(max(0.0, started + at - time.monotonic())):
                return
            image = self._retrieve()
            if image is not None:
                yield Frame(image, at, number)

    def _grab(self, number: int) -> float | None:
        """Go to the next frame; its time in the clip in seconds, None at the end or once closed."""
        with self._lock:
            if self._closed.is_set():
                self._capture.release()
                return None
            if not self._ahead and not self._capture.grab():
                return None
            self._ahead = False
            at = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        # Some containers have no timestamps, or absurd ones.
        return at if at > 0 and abs(at - number / self._rate) < 3600 else number / self._rate

    def _retrieve(self) -> Image | None:
        with self._lock:
            ok, image = self._capture.retrieve()
        return cast("Image", image) if ok else None

    def _begin_again(self) -> bool:
        # Opened anew, as not every container can be sought in.
        capture = capture_of(self._address)
        if capture is None:
            return False
        with self._lock:
            self._capture.release()
            self._capture = capture
            self._ahead = True
        return True


class Live(Source):
    """A webcam or a stream. A thread reads all it gives, so that a slow reader gets the newest frame."""

    def __init__(self, kind: Kind, label: str, capture: cv2.VideoCapture, first: Image, hint: str) -> None:
        super().__init__(kind, label, live=True)
        self._capture = capture
        self._hint = hint
        self._news = threading.Condition()
        self._newest: Frame | None = Frame(first, time.monotonic(), 0)
        self._stopped = False
        self._thread = threading.Thread(target=self._read, name=label, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """As FrameSource.close; waits up to a second for the device to be free again."""
        super().close()
        with self._news:
            self._news.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join(1.0)

    def __iter__(self) -> Iterator[Frame]:
        while True:
            with self._news:
                self._news.wait_for(
                    lambda: self._newest is not None or self._stopped or self._closed.is_set(), _SILENCE
                )
                if self._closed.is_set():
                    return
                frame, self._newest = self._newest, None
            if frame is None:
                raise CameraError(f"{self.label} stopped giving frames", self._hint)
            yield frame

    def _read(self) -> None:
        number = failures = 0
        while not self._closed.is_set() and failures < _FAILURES:
            ok, image = self._capture.read()
            if not ok:
                failures += 1
                self._closed.wait(0.05)
                continue
            failures = 0
            number += 1
            with self._news:
                self._newest = Frame(cast("Image", image), time.monotonic(), number)
                self._news.notify_all()
        self._capture.release()
        with self._news:
            self._stopped = True
            self._news.notify_all()


def capture_of(address: str) -> cv2.VideoCapture | None:
    """A video with its first frame grabbed; None if there is none. A URL has _TIMEOUT_MS for each step."""
    limits = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, _TIMEOUT_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, _TIMEOUT_MS]
    # As bytes: a name that is not UTF-8 crashes OpenCV as a str. By FFmpeg alone: OpenCV's own readers
    # take "img_01.jpg" for a whole series.
    capture = cv2.VideoCapture(cast("str", os.fsencode(address)), cv2.CAP_FFMPEG, limits)
    # FFmpeg takes any text for a video: of a terminal that shows it.
    is_text = int(capture.get(cv2.CAP_PROP_FOURCC)) == cv2.VideoWriter.fourcc(*"ansi")
    if not is_text and capture.isOpened() and capture.grab():
        return capture
    capture.release()
    return None
