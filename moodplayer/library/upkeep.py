"""The library as the player keeps it while it runs: read, followed, told what the person did; for workers."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from moodplayer import config, paths
from moodplayer.candidates import Candidates
from moodplayer.domain import Deed, Emotion, History, ScanProgress, ScanReport, Track
from moodplayer.errors import LibraryError
from moodplayer.library.index import Index
from moodplayer.library.rules import rules_of

_log = logging.getLogger(__name__)

FIRST_TRACKS_SECONDS = 3.0
"""So often the tracks that a first scan has found so far are given."""


def open_index() -> Index:
    """The user's index, with moods by the user's rules. Raises LibraryError where it cannot be opened."""
    return Index(paths.index_file(), rules_of(config.load()))


def read_library(
    folders: Sequence[Path],
    on_tracks: Callable[[Sequence[Track], History], object],
    on_progress: Callable[[ScanProgress], object],
    cancelled: Callable[[], bool],
) -> ScanReport:
    """Give the index's tracks at once, then bring the index up to date and give them again."""
    from moodplayer.library.scanner import scan

    with open_index() as index:
        known = index.tracks(folders)
        if known:
            on_tracks(Candidates(known), index.history())
        given_at = time.monotonic()

        def progress(now: ScanProgress) -> None:
            nonlocal given_at
            on_progress(now)
            # Somebody new need not wait for all of a large library to hear some of it.
            if not known and time.monotonic() - given_at >= FIRST_TRACKS_SECONDS:
                on_tracks(Candidates(index.tracks(folders)), index.history())
                given_at = time.monotonic()

        report = scan(folders, index, on_progress=progress, cancelled=cancelled)
        if report.added or report.updated or report.removed or not known:
            on_tracks(Candidates(index.tracks(folders)), index.history())
    return report


def follow_library(
    folders: Sequence[Path],
    on_tracks: Callable[[Sequence[Track], History], object],
    cancelled: Callable[[], bool],
) -> None:
    """Keep the index up to date with what comes, goes or changes, and give its tracks.

    Ends where `cancelled`. Raises LibraryError where the system cannot tell of changes.
    """
    from moodplayer.library.follow import changed_folders
    from moodplayer.library.scanner import scan

    for changed in changed_folders(folders, cancelled):
        with open_index() as index:
            try:
                report = scan(changed, index, roots=folders, cancelled=cancelled)
                moved = report.added or report.updated or report.removed or report.away
            except LibraryError as error:
                # Its disk has gone: its tracks are marked away, and it may come back.
                _log.info("%s", error)
                moved = True
            if moved:
                on_tracks(Candidates(index.tracks(folders)), index.history())


def remember(track: Track, emotion: Emotion, deed: Deed) -> None:
    """Keep in the index what the person did with a track in an emotion."""
    with open_index() as index:
        index.record(track, emotion, deed)
