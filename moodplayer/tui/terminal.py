"""The terminal, for the screen alone."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from moodplayer import noise
from moodplayer.errors import MoodplayerError


@contextmanager
def own_terminal(log: Path) -> Iterator[None]:
    """Within, all noise goes to `log`, and `sys.__stderr__`, on which textual draws, is the terminal.

    Raises MoodplayerError where there is no terminal to draw on.
    """
    if not sys.stdin.isatty() or not (os.isatty(1) or os.isatty(2)):
        raise MoodplayerError(
            "the player needs a terminal", "for use in scripts see `moodplayer queue --help`"
        )
    if os.environ.get("TERM") == "dumb":
        raise MoodplayerError(
            "this terminal can only write lines (TERM is dumb)", "start the player in another one"
        )
    with os.fdopen(os.dup(1 if os.isatty(1) else 2), "w", encoding="utf-8") as screen:
        before = sys.__stderr__
        sys.__stderr__ = screen  # type: ignore[misc]  # the name that textual's driver writes to
        try:
            with noise.kept_in(log):
                yield
        finally:
            sys.__stderr__ = before  # type: ignore[misc]
