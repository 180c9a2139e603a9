"""What an engine is, what it says, and the one that plays in silence."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from moodplayer.errors import PlaybackError

TICK = 0.25
"""Seconds between two Progressed, about."""


@dataclass(frozen=True, slots=True)
class Progressed:
    """The track of that ticket plays, and has come to `position` of `length` seconds (0: unknown)."""

    ticket: int
    position: float
    length: float


@dataclass(frozen=True, slots=True)
class Ended:
    """The track of that ticket came to its end."""

    ticket: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The track of that ticket cannot be played; `reason` is one line."""

    ticket: int
    reason: str


@dataclass(frozen=True, slots=True)
class Mute:
    """The track plays, but nothing is heard: there is no sound device."""

    error: PlaybackError


@dataclass(frozen=True, slots=True)
class Lost:
    """The engine cannot play at all, and never will."""

    error: PlaybackError


EngineEvent = Progressed | Ended | Failed | Mute | Lost
Listener = Callable[[EngineEvent], object]
"""Called on the engine's thread; must return at once and call nothing of the engine."""


class Engine(Protocol):
    """Plays one file at a time. No call waits, and none raises: what happens is told to the listener.

    A ticket is a number that the caller gives to each `play`, and finds again
    in its events, so that a late word of an earlier track is known as such.
    """

    def start(self, listener: Listener) -> None:
        """Begin; called once, before all else."""

    def play(self, ticket: int, path: Path, length: float) -> None:
        """Play the file from its start, in place of what plays; `length` in seconds, as tagged."""

    def pause(self, paused: bool) -> None:
        """Pause, or play on."""

    def seek(self, seconds: float) -> None:
        """Go to that second of the track."""

    def stop(self) -> None:
        """Play nothing."""

    def set_volume(self, volume: int) -> None:
        """In per cent, 0 to 100."""

    def close(self) -> None:
        """Fall silent and hand back everything; may be called again."""


class SilentEngine:
    """Plays nothing, in real time, so that the queue goes on where there is no libVLC."""

    UNKNOWN_LENGTH = 180.0
    """Seconds taken for a track that does not say."""

    def __init__(self) -> None:
        self._lock = threading.Condition()
        self._ticket: int | None = None
        self._length = 0.0
        self._before = 0.0
        self._since: float | None = None
        self._closed = False

    def start(self, listener: Listener) -> None:
        self._listener = listener
        threading.Thread(target=self._run, name="silent engine", daemon=True).start()

    def play(self, ticket: int, path: Path, length: float) -> None:
        if not path.is_file():
            self._set(None)
            self._listener(Failed(ticket, "the file is gone"))
            return
        self._set(ticket, length=length or self.UNKNOWN_LENGTH, playing=True)

    def pause(self, paused: bool) -> None:
        self._set(self._ticket, length=self._length, before=self._position(), playing=not paused)

    def seek(self, seconds: float) -> None:
        playing = self._since is not None
        self._set(self._ticket, length=self._length, before=max(0.0, seconds), playing=playing)

    def stop(self) -> None:
        self._set(None)

    def set_volume(self, volume: int) -> None:
        """Silence is as loud at any volume."""

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._lock.notify()

    def _set(
        self, ticket: int | None, *, length: float = 0.0, before: float = 0.0, playing: bool = False
    ) -> None:
        with self._lock:
            self._ticket, self._length, self._before = ticket, length, before
            self._since = time.monotonic() if playing else None
            self._lock.notify()

    def _position(self) -> float:
        return self._before + (time.monotonic() - self._since if self._since is not None else 0.0)

    def _run(self) -> None:
        while True:
            with self._lock:
                left = self._length - self._position()
                self._lock.wait(min(TICK, max(left, 0)) if self._since is not None else None)
                if self._closed:
                    return
                if self._ticket is None:
                    continue
                ticket, position, length = self._ticket, self._position(), self._length
                ended = self._since is not None and position >= length
                if ended:
                    self._ticket, self._since = None, None
            self._listener(Ended(ticket) if ended else Progressed(ticket, position, length))
