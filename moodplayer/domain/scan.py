"""How far a scan of the music has come, and what it found."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a scan has come."""

    found: int
    """Audio files seen so far."""
    done: int
    """Of these, looked at."""
    finished: bool = False
    left: float | None = None
    """Seconds to the end, roughly; None while nobody can say."""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found, in files."""

    tracks: int
    added: int
    updated: int
    removed: int
    unreadable: tuple[tuple[Path, str], ...]
    """Path and reason of each file that could not be read."""
    seconds: float
    away: int = 0
    """Tracks kept though their disk or folder is out of reach."""
