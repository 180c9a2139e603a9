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

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` gives seconds; it is read at every order and every TICK."""
        self._clock = clock
        self._lock = threading.Condition()
        self._ticket: int | None = None
        self._gone = False
        self._length = 0.0
        self._before = 0.0
        self._since: float | None = None
        self._closed = False

    def start(self, listener: Listener) -> None:
        self._listener = listener
        threading.Thread(target=self._run, name="silent engine", daemon=True).start()

    def play(self, ticket: int, path: Path, length: float) -> None:
        gone = not path.is_file()
        with self._lock:
            self._ticket, self._gone, self._length = ticket, gone, length or self.UNKNOWN_LENGTH
            self._go(0.0, on=not gone)

    def pause(self, paused: bool) -> None:
        with self._lock:
            self._go(self._position(), on=not paused)

    def seek(self, seconds: float) -> None:
        with self._lock:
            self._go(max(0.0, seconds), on=self._since is not None)

    def stop(self) -> None:
        with self._lock:
            self._ticket = None
            self._go(0.0, on=False)

    def set_volume(self, volume: int) -> None:
        """Silence is as loud at any volume."""

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._lock.notify()

    def _go(self, position: float, *, on: bool) -> None:
        self._before = position
        self._since = self._clock() if on and self._ticket is not None else None
        self._lock.notify()

    def _position(self) -> float:
        return self._before + (self._clock() - self._since if self._since is not None else 0.0)

    def _run(self) -> None:
        while (event := self._next()) is not None:
            self._listener(event)

    def _next(self) -> EngineEvent | None:
        """What there is to say, as soon as there is; None once closed."""
        with self._lock:
            while not self._closed:
                if self._gone and self._ticket is not None:
                    ticket, self._ticket, self._gone = self._ticket, None, False
                    return Failed(ticket, "the file is gone")
                left = self._length - self._position()
                self._lock.wait(min(TICK, max(left, 0)) if self._since is not None else None)
                if self._ticket is None or self._gone or self._closed:
                    continue
                position = self._position()
                if self._since is None or position < self._length:
                    return Progressed(self._ticket, position, self._length)
                ticket, self._ticket, self._since = self._ticket, None, None
                return Ended(ticket)
        return None
