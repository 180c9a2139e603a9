"""Folders to index: only what has changed is read, and nothing that goes wrong ends a scan."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from moodplayer.domain import ScanProgress, ScanReport
from moodplayer.errors import LibraryError, TagsError
from moodplayer.library.index import Index, Readable, Stamp, Unreadable
from moodplayer.library.tags import AUDIO_SUFFIXES, read_tags

BATCH_FILES = 200
"""Files to a transaction, at most: a scan that is killed loses no more."""

BATCH_SECONDS = 1.0
"""Likewise, in seconds."""

_INTERVAL = 0.25
"""Seconds between two words of progress."""


def scan(
    folders: Sequence[Path],
    index: Index,
    *,
    on_progress: Callable[[ScanProgress], object] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Bring the index up to date with what is in and below `folders`; a file is a folder of one.

    A file is read if its time or size has changed. Files that are gone leave
    the index, unless their whole folder is out of reach. When `cancelled`, what
    has been read so far is kept. Raises LibraryError if no folder can be read.
    """
    return _Scan(index, on_progress, cancelled).run([folder.absolute() for folder in folders])


class _Scan:
    def __init__(
        self, index: Index, on_progress: Callable[[ScanProgress], object], cancelled: Callable[[], bool]
    ) -> None:
        self._index = index
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._found = self._done = self._added = self._updated = self._removed = 0
        self._batch: list[Readable | Unreadable] = []
        self._saved_at = self._told_at = self._started_at = time.monotonic()
        self._closed: list[Path] = []
        """Folders that could not be listed: what is below them is not gone."""

    def run(self, folders: Sequence[Path]) -> ScanReport:
        failed = [(folder, reason) for folder in folders if (reason := _out_of_reach(folder))]
        if failed and len(failed) == len(folders):
            folder, reason = failed[0]
            raise LibraryError(
                f"{folder} cannot be read: {reason}", "name another folder, or check its permissions"
            )
        reachable = [folder for folder in folders if folder not in dict(failed)]
        self._tell(ScanProgress(0, 0))

        seen: set[Path] = set()
        changed: list[tuple[Path, Stamp, bool]] = []
        gone: list[Path] = []
        for folder in reachable:
            known = self._index.known(folder)
            here: dict[Path, Stamp] = {}
            for path, stamp in self._files(folder):
                if path not in seen:
                    here[path] = stamp
                    self._found += 1
                    self._tell_in_time()
            seen |= here.keys()
            changed += [(p, stamp, p in known) for p, stamp in here.items() if known.get(p) != stamp]
            gone += [
                path for path in known if path not in here and path not in seen and not self._is_closed(path)
            ]
        self._done = self._found - len(changed)
        if not self._cancelled():
            self._index.remove(gone)
            self._removed = len(gone)
        for path, stamp, is_known in changed:
            if self._cancelled():
                break
            self._read(path, stamp, is_known=is_known)
        self._save()
        self._tell(ScanProgress(self._found, self._done, finished=True))
        return ScanReport(
            tracks=self._index.count(folders),
            added=self._added,
            updated=self._updated,
            removed=self._removed,
            unreadable=(*failed, *self._index.unreadable(reachable)),
            seconds=time.monotonic() - self._started_at,
        )

    def _files(self, folder: Path) -> Iterator[tuple[Path, Stamp]]:
        """The audio files in and below `folder`, following links, each folder once."""
        if folder.is_file():
            yield from self._stamped(folder)
            return
        visited: set[tuple[int, int]] = set()
        waiting = [folder]
        # Last, so that a folder that a link leads to as well keeps its own name, whatever the order on disk.
        links: list[Path] = []
        while (waiting or links) and not self._cancelled():
            here = (waiting or links).pop()
            try:
                status = here.stat()
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                with os.scandir(here) as entries:
                    for entry in entries:
                        if entry.name.startswith("."):
                            continue
                        path = here / entry.name
                        if _is_folder(entry):
                            (links if entry.is_symlink() else waiting).append(path)
                        elif path.suffix.lower() in AUDIO_SUFFIXES:
                            yield from self._stamped(path)
            except OSError:
                self._closed.append(here)

    def _stamped(self, path: Path) -> Iterator[tuple[Path, Stamp]]:
        try:
            status = path.stat()
        except FileNotFoundError:
            # A link to nowhere, or a file that has just gone.
            return
        except OSError:
            # Out of reach for now, on a network say, is not gone.
            self._closed.append(path)
            return
        if stat.S_ISREG(status.st_mode):
            # SQLite's integers end in the year 2262; a camera's or phone's wrong clock need not.
            yield path, Stamp(status.st_mtime_ns % 2**63, status.st_size)

    def _is_closed(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self._closed)

    def _read(self, path: Path, stamp: Stamp, *, is_known: bool) -> None:
        try:
            self._batch.append(Readable(stamp, read_tags(path)))
            self._updated += is_known
            self._added += not is_known
        except TagsError as error:
            # What the system refused it may grant later, and the file's time stays: it is read again.
            refused = isinstance(_origin(error), OSError)
            self._batch.append(Unreadable(Stamp(0, 0) if refused else stamp, path, error.message))
        self._done += 1
        now = time.monotonic()
        if len(self._batch) >= BATCH_FILES or now - self._saved_at >= BATCH_SECONDS:
            self._save()
        self._tell_in_time()

    def _save(self) -> None:
        self._index.save(self._batch)
        self._batch = []
        self._saved_at = time.monotonic()

    def _tell_in_time(self) -> None:
        if time.monotonic() - self._told_at >= _INTERVAL:
            self._tell(ScanProgress(self._found, self._done))

    def _tell(self, progress: ScanProgress) -> None:
        self._told_at = time.monotonic()
        self._on_progress(progress)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link to itself, say: no reason to lose its neighbours.
        return False


def _origin(error: TagsError) -> BaseException | None:
    """What lay beneath; mutagen wraps the system's errors in its own."""
    cause = error.__cause__
    inner = cause.args[0] if cause is not None and cause.args else None
    return inner if isinstance(inner, BaseException) else cause


def _out_of_reach(folder: Path) -> str:
    """Why a folder or file cannot be read; nothing if it can."""
    try:
        if folder.is_file():
            folder.open("rb").close()
        else:
            os.scandir(folder).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:
        # A name that no file can have, with a null byte say.
        return str(error)
    return ""
