"""Through which camera a session looks, whether it does now, what it sees, and what it asks about that."""

from __future__ import annotations

import time

from moodplayer import config
from moodplayer.domain import Method, Why
from moodplayer.watch import Sight, Watch


class Looking:
    """One watch at a time, through one source; lives on the session's thread."""

    def __init__(self, source: str, settings: config.Settings) -> None:
        self.source = source
        """Of frames; or `none`."""
        self.watch: Watch | None = None
        """What looks now."""
        self.sight: Sight | None = None
        """What it saw last."""
        self.why = Why(Method.SALIENCY)
        """What is asked about the face from now on."""
        self._settings = settings
        self._before: Watch | None = None
        self._looked_at = time.monotonic()

    @property
    def is_possible(self) -> bool:
        """Whether there is anything to look through."""
        return self.source != "none"

    @property
    def is_webcam(self) -> bool:
        """Whether the source looks at a person, and so is open only while a reading is taken."""
        return self.source.isdecimal()

    def open(self, *, keeps_on: bool = False) -> Watch:
        """A new watch, for a worker to run; an earlier one stops."""
        before = self._before
        if before is not None:
            before.stop()
        self._looked_at = time.monotonic()
        keeps_on = keeps_on or not self.is_webcam
        self.watch = self._before = Watch(
            self.source, self._settings.reading, keeps_on=keeps_on, why=self.why, after=before
        )
        return self.watch

    def stop(self) -> None:
        """Close the camera."""
        if self.watch is not None:
            self.watch.stop()
        self.watch = self.sight = None

    def due(self, now: float) -> bool:
        """Whether the webcam is closed, and was opened so long ago that it is time to look again."""
        again = self._settings.camera.again * 60
        return self.watch is None and self.is_webcam and again > 0 and now - self._looked_at >= again

    def ask_why(self, *, next_method: bool = False, turn: bool = False) -> None:
        """By the next method; with `turn`, why not the next likeliest instead, or why at all."""
        methods = list(Method)
        step = methods.index(self.why.method) + next_method
        self.why = Why(methods[step % len(methods)], self.why.not_second != turn)
        if self.watch is not None:
            self.watch.why = self.why
