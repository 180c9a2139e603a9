"""What C libraries write on standard error goes to the log, not over what a person reads."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LARGEST_LOG = 1_000_000
"""Bytes; a log that has grown beyond this is begun anew."""


@contextmanager
def kept_in(log: Path) -> Iterator[None]:
    """Within, file descriptor 2, `sys.stderr` and Python's logging are `log`.

    libVLC, ALSA, OpenCV and LiteRT write to the descriptor, not to Python's
    `sys.stderr`. Where the log cannot be written, it goes nowhere.
    """
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        big = log.exists() and log.stat().st_size > LARGEST_LOG
        file = log.open("w" if big else "a", encoding="utf-8", errors="backslashreplace", buffering=1)
    except OSError:
        # No log is no reason not to play.
        file = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115  # open as long as the log would be
    root, handler = logging.getLogger(), logging.StreamHandler(file)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    stderr, descriptor = sys.stderr, os.dup(2)
    try:
        root.addHandler(handler)
        root.setLevel(logging.INFO)
        stderr.flush()
        os.dup2(file.fileno(), 2)
        sys.stderr = file
        yield
    finally:
        sys.stderr = stderr
        os.dup2(descriptor, 2)
        os.close(descriptor)
        root.removeHandler(handler)
        # A thread of libVLC may still write: the log stays open, and closes with the process.
