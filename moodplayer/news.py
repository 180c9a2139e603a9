"""What a person should know now, in one line: what has just happened, else what is missing."""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass

from moodplayer.errors import MoodplayerError

_log = logging.getLogger(__name__)

NEWS_SECONDS = 8.0
"""How long a passing message stays on screen."""

_PRESSING = ("library", "sound", "model", "camera")
"""The most pressing parts first: without music nothing plays, without sound nothing is heard."""


@dataclass(frozen=True, slots=True)
class Status:
    """One line for a person."""

    text: str = ""
    trouble: bool = False


class News:
    """Passing words, and the parts that are missing."""

    def __init__(self) -> None:
        self._said: tuple[str, float] = ("", 0.0)
        self._waiting: deque[str] = deque()
        self._troubles: dict[str, MoodplayerError] = {}

    def say(self, text: str, now: float, *, waits: bool = False) -> None:
        """Something passing. What `waits` comes once what is there has been read."""
        _log.info("%s", text)
        if waits:
            self._waiting.append(text)
        else:
            self._said = (text, now)

    def missing(self, part: str, error: MoodplayerError) -> None:
        """A part is missing from now on."""
        _log.warning("%s: %s", part, error)
        self._troubles[part] = error

    def mended(self, *parts: str) -> None:
        """They are there again, for all that is known."""
        for part in parts:
            self._troubles.pop(part, None)

    def is_missing(self, part: str) -> bool:
        """Whether that part is known not to work."""
        return part in self._troubles

    def passing(self, now: float) -> Status | None:
        """What has just happened, if it is still news."""
        if self._waiting and not self._is_fresh(now):
            self._said = (self._waiting.popleft(), now)
        return Status(self._said[0]) if self._is_fresh(now) else None

    def trouble(self) -> Status | None:
        """The most pressing of what is missing, and what to do about it."""
        parts = [part for part in _PRESSING if part in self._troubles] or list(self._troubles)
        return Status(in_words(self._troubles[parts[0]]), trouble=True) if parts else None

    def _is_fresh(self, now: float) -> bool:
        text, since = self._said
        return bool(text) and now - since < NEWS_SECONDS


def in_words(error: MoodplayerError) -> str:
    """What went wrong and what to do, in one line."""
    return " · ".join(filter(None, (error.message, error.hint)))
