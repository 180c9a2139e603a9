"""Folders to index: only what has changed is read, and nothing that goes wrong ends a scan."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

from moodplayer.domain import ScanProgress, ScanReport
from moodplayer.errors import LibraryError
from moodplayer.library.files import Files, out_of_reach
from moodplayer.library.index import Index
from moodplayer.library.packing import unpack
from moodplayer.library.reader import Reply
from moodplayer.library.readers import read_all
from moodplayer.library.rows import Readable, Stamp, Unreadable
from moodplayer.library.tags import clean

BATCH_FILES = 200
"""Files to a transaction, at most: a scan that is killed loses no more."""

BATCH_SECONDS = 1.0
"""Likewise, in seconds."""

_INTERVAL = 0.25
"""Seconds between two words of progress."""

_ESTIMATE_FROM = 0.5
"""Seconds of reading before anybody can say how long the rest will take."""


def scan(
    folders: Sequence[Path],
    index: Index,
    *,
    roots: Sequence[Path] | None = None,
    on_progress: Callable[[ScanProgress], object] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> ScanReport:
    """Bring the index up to date with what is in and below `folders`; a file is a folder of one.

    `roots` are the library's folders, where these are only parts of it: a file
    without tags may be called by the folders below them.

    A file is read if its time or size has changed. Files that are gone leave
    the index; where a folder is out of reach, or a disk is (then its folder is
    missing, empty, or behind a link to nowhere), its tracks are marked as away.
    `on_progress` hears four times a second how far it is. When `cancelled`,
    which is asked at least every 50 ms but for a single slow call of the
    system, what has been read so far is kept. Raises LibraryError if no folder
    can be read.
    """
    around = [root.absolute() for root in (folders if roots is None else roots)]
    return _Scan(index, around, on_progress, cancelled).run([folder.absolute() for folder in folders])


class _Scan:
    def __init__(
        self,
        index: Index,
        roots: Sequence[Path],
        on_progress: Callable[[ScanProgress], object],
        cancelled: Callable[[], bool],
    ) -> None:
        self._index = index
        self._roots = roots
        self._on_progress = on_progress
        self._cancelled = cancelled
        self._found = self._done = self._added = self._updated = self._removed = 0
        self._batch: list[Readable | Unreadable] = []
        self._saved_at = self._told_at = self._started_at = time.monotonic()
        self._left: float | None = None

    def run(self, folders: Sequence[Path]) -> ScanReport:
        failed = {folder: reason for folder in folders if (reason := out_of_reach(folder))}
        if failed:
            self._index.mark_away(failed)
        if failed and len(failed) == len(set(folders)):
            folder, reason = next(iter(failed.items()))
            raise LibraryError(
                f"{clean(str(folder))} cannot be read: {reason}",
                "name another folder, or check its permissions",
            )
        reachable = [folder for folder in folders if folder not in failed]
        self._tell(ScanProgress(0, 0))
        changed: dict[str, tuple[tuple[int, int], bool]] = {}
        seen: set[str] = set()
        for folder in reachable:
            self._compare(folder, seen, changed)
        self._done = self._found - len(changed)
        self._read(changed)
        self._tell(ScanProgress(self._found, self._done, finished=True))
        return ScanReport(
            tracks=self._index.count(folders),
            added=self._added,
            updated=self._updated,
            removed=self._removed,
            unreadable=(*failed.items(), *self._index.unreadable(reachable)),
            seconds=time.monotonic() - self._started_at,
            away=self._index.count(folders, away=True),
        )

    def _compare(
        self, folder: Path, seen: set[str], changed: dict[str, tuple[tuple[int, int], bool]]
    ) -> None:
        """What is new or changed below `folder` goes to `changed`; the rest is kept at once."""
        known = self._index.known(folder)
        away = self._index.away(folder)
        back: list[str] = []
        files = Files(folder, self._cancelled)
        for here in files:
            for path, stamp in here:
                was = known.pop(path, None)
                if path in seen:
                    continue
                seen.add(path)
                self._found += 1
                if was != stamp:
                    changed[path] = stamp, was is not None
                elif path in away:
                    back.append(path)
            self._tell_in_time()
        if self._cancelled():
            return
        for path in seen.intersection(known):
            del known[path]
        if back:
            self._index.mark_back(back)
        if known and files.is_empty:
            # So is the folder that a disk was in.
            self._index.mark_away([folder])
            return
        if files.away:
            self._index.mark_away(files.away)
        gone = [path for path in known if not files.is_closed(path)]
        if gone:
            self._index.remove(gone)
        self._removed += len(gone)

    def _read(self, changed: dict[str, tuple[tuple[int, int], bool]]) -> None:
        if self._cancelled():
            return
        began = time.monotonic()
        total = len(changed)
        with closing(read_all(list(changed), self._roots)) as results:
            for result in results:
                if result is not None:
                    path, reply = result
                    self._take(path, reply, *changed.pop(path))
                now = time.monotonic()
                if len(self._batch) >= BATCH_FILES or now - self._saved_at >= BATCH_SECONDS:
                    self._save()
                if now - began >= _ESTIMATE_FROM and len(changed) < total:
                    self._left = (now - began) * len(changed) / (total - len(changed))
                self._tell_in_time()
                if self._cancelled():
                    break
        self._save()

    def _take(self, path: str, reply: Reply, stamp: tuple[int, int], is_known: bool) -> None:
        packed, reason, refused = reply
        if packed is None:
            # What the system refused it may grant later, and the file's time stays: it is read again.
            kept = Stamp(0, 0) if refused else Stamp(*stamp)
            self._batch.append(Unreadable(kept, Path(path), reason))
        else:
            self._batch.append(Readable(Stamp(*stamp), unpack(Path(path), packed), packed))
            self._updated += is_known
            self._added += not is_known
        self._done += 1

    def _save(self) -> None:
        if self._batch:
            self._index.save(self._batch)
        self._batch = []
        self._saved_at = time.monotonic()

    def _tell_in_time(self) -> None:
        if time.monotonic() - self._told_at >= _INTERVAL:
            self._tell(ScanProgress(self._found, self._done, left=self._left))

    def _tell(self, progress: ScanProgress) -> None:
        self._told_at = time.monotonic()
        self._on_progress(progress)
