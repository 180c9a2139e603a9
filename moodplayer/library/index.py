"""The SQLite index of the library: tracks, what could not be read, and what the person did.

An Index is for one thread. Several, in threads or processes of their own, may
have the same file open: readers never wait, writers wait for each other.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Self

from moodplayer.domain import Counts, Deed, Emotion, History, Track
from moodplayer.library import deeds, rows
from moodplayer.library.packing import unpack
from moodplayer.library.rows import Readable, Stamp, Unreadable
from moodplayer.library.rules import NO_RULES, Rules
from moodplayer.library.schema import fact, keep_fact, open_database, translated

__all__ = ["Index", "Readable", "Stamp", "Unreadable"]

_INSERT = f"INSERT OR REPLACE INTO tracks ({rows.COLUMNS}) VALUES ({', '.join('?' * 23)})"

_CHUNK = 10_000
"""Rows that are held at once while all moods are drawn anew."""


class Index:
    """Opens the index at `path`, or makes it. A damaged one is set aside and begun anew.

    Moods are as the genre tree and `rules` have them: those drawn by others are
    drawn again. Raises LibraryError where it cannot be opened or made.
    """

    def __init__(self, path: Path, rules: Rules = NO_RULES) -> None:
        self._rules = rules
        self._db = open_database(path)
        self._derive_moods_anew()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # -- tracks ----------------------------------------------------------------------------------

    @translated
    def tracks(self, roots: Sequence[Path] | None = None) -> list[Track]:
        """All tracks, or those in or below `roots`, in the order of their paths; none that is away."""
        where, arguments = _below(roots, "away = 0")
        found = self._db.execute(f"SELECT {rows.TRACK_COLUMNS} FROM tracks {where} ORDER BY path", arguments)
        return [rows.track(values) for values in found]

    @translated
    def count(self, roots: Sequence[Path] | None = None, *, away: bool = False) -> int:
        """How many tracks there are in or below `roots`; with `away`, how many of these are out of reach."""
        where, arguments = _below(roots, f"away = {int(away)}")
        return int(self._db.execute(f"SELECT count(*) FROM tracks {where}", arguments).fetchone()[0])

    @translated
    def known(self, root: Path) -> dict[str, tuple[int, int]]:
        """Time (ns) and size of all files in or below `root` that a scan saw, readable or not, by path."""
        where, arguments = _below([root])
        found = self._db.execute(
            f"SELECT path, mtime_ns, size FROM tracks {where} UNION ALL "
            f"SELECT path, mtime_ns, size FROM unreadable {where}",
            arguments * 2,
        )
        decode = os.fsdecode
        return {decode(path): (mtime_ns, size) for path, mtime_ns, size in found}

    @translated
    def away(self, root: Path) -> set[str]:
        """The paths of the tracks in or below `root` that are marked as out of reach."""
        where, arguments = _below([root], "away = 1")
        found = self._db.execute(f"SELECT path FROM tracks {where}", arguments)
        return {os.fsdecode(path) for (path,) in found}

    @translated
    def unreadable(self, roots: Sequence[Path] | None = None) -> list[tuple[Path, str]]:
        """The files that could not be read, and why."""
        where, arguments = _below(roots)
        found = self._db.execute(f"SELECT path, reason FROM unreadable {where} ORDER BY path", arguments)
        return [(Path(os.fsdecode(path)), reason) for path, reason in found]

    @translated
    def genres(self, roots: Sequence[Path] | None = None) -> Counter[str]:
        """Every genre as it is tagged, and on how many tracks."""
        where, arguments = _below(roots)
        found = self._db.execute(f"SELECT genre, count(*) FROM tracks {where} GROUP BY genre", arguments)
        counted: Counter[str] = Counter()
        for several, times in found:
            for genre in filter(None, (part.strip() for part in several.split(","))):
                counted[genre] += times
        return counted

    @translated
    def save(self, files: Iterable[Readable | Unreadable]) -> None:
        """Keep these, in one transaction, in place of what was known of them."""
        good, bad = [], []
        for file in files:
            if isinstance(file, Unreadable):
                bad.append((os.fsencode(file.path), file.stamp.mtime_ns, file.stamp.size, file.reason))
            else:
                good.append(rows.row(file.stamp, file.tags, self._rules, file.packed))
        with self._db:
            self._db.executemany("DELETE FROM unreadable WHERE path = ?", [(row[0],) for row in good])
            self._db.executemany(_INSERT, good)
            self._db.executemany("DELETE FROM tracks WHERE path = ?", [(row[0],) for row in bad])
            self._db.executemany("INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?)", bad)

    @translated
    def remove(self, paths: Iterable[str]) -> None:
        """Forget these files, in one transaction; what the person did with them is kept."""
        keys = [(os.fsencode(path),) for path in paths]
        with self._db:
            self._db.executemany("DELETE FROM tracks WHERE path = ?", keys)
            self._db.executemany("DELETE FROM unreadable WHERE path = ?", keys)

    @translated
    def mark_away(self, roots: Collection[Path]) -> int:
        """Mark all tracks in or below `roots` as out of reach; how many they are.

        They stay in the index, and are tracks again once a scan has seen them.
        """
        where, arguments = _below(list(roots))
        with self._db:
            return self._db.execute(f"UPDATE tracks SET away = 1 {where}", arguments).rowcount

    @translated
    def mark_back(self, paths: Iterable[str]) -> None:
        """These tracks are in reach again, and as they were."""
        with self._db:
            self._db.executemany(
                "UPDATE tracks SET away = 0 WHERE path = ?", [(os.fsencode(path),) for path in paths]
            )

    # -- what the person did ---------------------------------------------------------------------

    @translated
    def record(self, track: Track, emotion: Emotion, deed: Deed, *, at: float | None = None) -> None:
        """Keep what the person did with a track in an emotion, `at` unix seconds, by default now."""
        deeds.record(self._db, track, emotion, deed, time.time() if at is None else at)

    @translated
    def history(self) -> History:
        """All that the person did so far."""
        return deeds.history(self._db)

    @translated
    def forget(self, roots: Sequence[Path] | None = None, emotion: Emotion | None = None) -> Counts:
        """Forget what the person did, in all or with what is in or below `roots`; how much that was."""
        where, arguments = _below(roots)
        return deeds.forget(self._db, where, arguments, emotion)

    @translated
    def _derive_moods_anew(self) -> None:
        """After a change of the genre tree or the rules, from the stored tags, without reading a file."""
        if fact(self._db, "moods") == self._rules.version:
            return
        with self._db:
            last = b""
            while found := self._db.execute(
                "SELECT path, mtime_ns, size, away, tags FROM tracks WHERE path > ? ORDER BY path LIMIT ?",
                (last, _CHUNK),
            ).fetchall():
                last = found[-1][0]
                for path, mtime_ns, size, away, packed in found:
                    tags = unpack(Path(os.fsdecode(path)), packed)
                    values = rows.row(Stamp(mtime_ns, size), tags, self._rules, packed)
                    self._db.execute(_INSERT, (*values[:3], away, *values[4:]))
            keep_fact(self._db, "moods", self._rules.version)


def _below(roots: Sequence[Path] | None, also: str = "") -> tuple[str, list[bytes]]:
    """A WHERE clause for the files in or below `roots` for which `also` holds, and its arguments."""
    if roots is None:
        return f"WHERE {also}" if also else "", []
    if not roots:
        return "WHERE 0", []
    arguments: list[bytes] = []
    for root in roots:
        path = os.fsencode(root).rstrip(b"/")
        # All that begins with "path/": "0" follows "/" among the bytes.
        arguments += [path, path + b"/", path + b"0"]
    # In groups: SQLite takes no chain of a thousand.
    each = ["(path = ? OR (path >= ? AND path < ?))"] * len(roots)
    groups = [" OR ".join(each[at : at + 100]) for at in range(0, len(each), 100)]
    below = " OR ".join(f"({group})" for group in groups)
    return f"WHERE ({below})" + (f" AND {also}" if also else ""), arguments
