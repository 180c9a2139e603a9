"""The SQLite index of the library: tracks and what could not be read, plays, skips and likes.

An Index is for one thread. Several, in threads or processes of their own, may
have the same file open: readers never wait, writers wait for each other.
"""

from __future__ import annotations

import functools
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ParamSpec, Self, TypeVar

import msgspec

from moodplayer.domain import Emotion, Evidence, History, Mood, Tags, Track
from moodplayer.errors import LibraryError
from moodplayer.library.moods import TABLE_VERSION, track_of

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)

_WAIT = 5.0
"""Seconds that a writer waits for another."""

# Each entry brings an index from the version before to its own; user_version counts how many have been done.
# Paths are bytes, as the system has them: not all are UTF-8.
_MIGRATIONS = (
    """
    CREATE TABLE tracks (
        path BLOB PRIMARY KEY, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
        title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL,
        genres TEXT NOT NULL, moods TEXT NOT NULL,
        bpm REAL, key TEXT NOT NULL, length REAL NOT NULL,
        genre TEXT NOT NULL, valence REAL NOT NULL, arousal REAL NOT NULL, sure REAL NOT NULL,
        evidence_tag TEXT NOT NULL, evidence_text TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE unreadable (
        path BLOB PRIMARY KEY, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL, reason TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE plays (path BLOB NOT NULL, emotion TEXT NOT NULL, time REAL NOT NULL);
    CREATE TABLE skips (path BLOB NOT NULL, emotion TEXT NOT NULL, time REAL NOT NULL);
    CREATE TABLE likes (path BLOB PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID;
    CREATE INDEX plays_by_path ON plays (path, time);
    CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    """,
)

_TRACK = (
    "path, title, artist, album, genre, bpm, key, length, valence, arousal, sure, evidence_tag, evidence_text"
)


@dataclass(frozen=True, slots=True)
class Stamp:
    """By which a file is known to be unchanged."""

    mtime_ns: int
    size: int


@dataclass(frozen=True, slots=True)
class Readable:
    """A file that was read."""

    stamp: Stamp
    tags: Tags


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be read, and why."""

    stamp: Stamp
    path: Path
    reason: str


def _translated(method: Callable[P, R]) -> Callable[P, R]:
    """The method, with what SQLite says of a full disk or another program as a LibraryError."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except sqlite3.Error as error:
            hint = "check that its disk is not full, and that no other program has it open"
            raise LibraryError(f"the index cannot be used: {error}", hint) from error

    return call


class Index:
    """Opens the index at `path`, or makes it. A damaged one is set aside and begun anew.

    Raises LibraryError where it cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._db = self._open()
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._set_aside(error)
                self._db = self._open()
        except (OSError, sqlite3.OperationalError) as error:
            raise LibraryError(
                f"the index {path} cannot be opened: {error}", "check the folder's permissions"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    # -- tracks ----------------------------------------------------------------------------------

    @_translated
    def tracks(self, roots: Sequence[Path] | None = None) -> list[Track]:
        """All tracks, or those in or below `roots`, in the order of their paths."""
        where, arguments = _below(roots)
        rows = self._db.execute(f"SELECT {_TRACK} FROM tracks {where} ORDER BY path", arguments)
        return [
            Track(
                path=Path(os.fsdecode(path)),
                title=title,
                artist=artist,
                album=album,
                genre=genre,
                bpm=bpm,
                key=key,
                length=length,
                mood=Mood(valence, arousal),
                sure=sure,
                evidence=Evidence(tag, text),
            )
            for path, title, artist, album, genre, bpm, key, length, valence, arousal, sure, tag, text in rows
        ]

    @_translated
    def count(self, roots: Sequence[Path] | None = None) -> int:
        """How many tracks there are in or below `roots`."""
        where, arguments = _below(roots)
        return int(self._db.execute(f"SELECT count(*) FROM tracks {where}", arguments).fetchone()[0])

    @_translated
    def known(self, root: Path) -> dict[Path, Stamp]:
        """All files in or below `root` that a scan has seen, readable or not."""
        where, arguments = _below([root])
        rows = self._db.execute(
            f"SELECT path, mtime_ns, size FROM tracks {where} UNION ALL "
            f"SELECT path, mtime_ns, size FROM unreadable {where}",
            arguments * 2,
        )
        return {Path(os.fsdecode(path)): Stamp(mtime_ns, size) for path, mtime_ns, size in rows}

    @_translated
    def unreadable(self, roots: Sequence[Path] | None = None) -> list[tuple[Path, str]]:
        """The files that could not be read, and why."""
        where, arguments = _below(roots)
        rows = self._db.execute(f"SELECT path, reason FROM unreadable {where} ORDER BY path", arguments)
        return [(Path(os.fsdecode(path)), reason) for path, reason in rows]

    @_translated
    def save(self, files: Iterable[Readable | Unreadable]) -> None:
        """Keep these, in one transaction, in place of what was known of them."""
        with self._db:
            for file in files:
                if isinstance(file, Unreadable):
                    key = os.fsencode(file.path)
                    self._db.execute("DELETE FROM tracks WHERE path = ?", (key,))
                    self._db.execute(
                        "INSERT OR REPLACE INTO unreadable VALUES (?, ?, ?, ?)",
                        (key, file.stamp.mtime_ns, file.stamp.size, file.reason),
                    )
                else:
                    self._db.execute("DELETE FROM unreadable WHERE path = ?", (os.fsencode(file.tags.path),))
                    self._db.execute(
                        f"INSERT OR REPLACE INTO tracks VALUES ({', '.join('?' * 17)})",
                        _row(file.stamp, file.tags),
                    )

    @_translated
    def remove(self, paths: Iterable[Path]) -> None:
        """Forget these files, in one transaction; what the person did with them is kept."""
        keys = [(os.fsencode(path),) for path in paths]
        with self._db:
            self._db.executemany("DELETE FROM tracks WHERE path = ?", keys)
            self._db.executemany("DELETE FROM unreadable WHERE path = ?", keys)

    # -- what the person did ---------------------------------------------------------------------

    def record_play(self, path: Path, emotion: Emotion) -> None:
        """The track was heard in that emotion."""
        self._record("INSERT INTO plays VALUES (?, ?, ?)", os.fsencode(path), str(emotion), time.time())

    def record_skip(self, path: Path, emotion: Emotion) -> None:
        """The track was left early in that emotion."""
        self._record("INSERT INTO skips VALUES (?, ?, ?)", os.fsencode(path), str(emotion), time.time())

    def record_like(self, path: Path) -> None:
        """The person likes the track."""
        self._record("INSERT OR REPLACE INTO likes VALUES (?, ?)", os.fsencode(path), time.time())

    @_translated
    def history(self) -> History:
        """All that the person did so far."""
        played = self._db.execute("SELECT path, max(time) FROM plays GROUP BY path")
        skipped = self._db.execute("SELECT path, emotion, count(*) FROM skips GROUP BY path, emotion")
        liked = self._db.execute("SELECT path FROM likes")
        return History(
            played={Path(os.fsdecode(path)): last for path, last in played},
            skipped={(Path(os.fsdecode(path)), Emotion(emotion)): n for path, emotion, n in skipped},
            liked=frozenset(Path(os.fsdecode(path)) for (path,) in liked),
        )

    @_translated
    def _record(self, statement: str, *values: object) -> None:
        with self._db:
            self._db.execute(statement, values)

    # -- opening ---------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._path, timeout=_WAIT)
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # With WAL, this loses at most the last transactions when the power fails, and damages nothing.
            db.execute("PRAGMA synchronous = NORMAL")
            _migrate(db)
            _derive_moods_anew(db)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def _set_aside(self, error: sqlite3.DatabaseError) -> None:
        aside = self._path.with_suffix(".damaged")
        _log.warning("the index was damaged (%s) and set aside as %s", error, aside)
        self._path.replace(aside)
        for suffix in ("-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)


def _migrate(db: sqlite3.Connection) -> None:
    def version() -> int:
        return int(db.execute("PRAGMA user_version").fetchone()[0])

    if version() > len(_MIGRATIONS):
        raise LibraryError(
            "the index was made by a newer moodplayer", "update moodplayer, or delete the index"
        )
    while version() < len(_MIGRATIONS):
        # Taken by one process at a time; the other finds the version raised, and does nothing.
        step = version()
        script = f"BEGIN EXCLUSIVE; {_MIGRATIONS[step]} PRAGMA user_version = {step + 1}; COMMIT;"
        try:
            db.executescript(script)
        except sqlite3.OperationalError:
            if db.in_transaction:
                db.rollback()
            if version() == step:
                raise


def _derive_moods_anew(db: sqlite3.Connection) -> None:
    """After a change of the genre tree, from the stored tags, without reading a file."""
    fact = db.execute("SELECT value FROM facts WHERE name = 'moods'").fetchone()
    if fact is not None and fact[0] == TABLE_VERSION:
        return
    columns = "mtime_ns, size, path, title, artist, album, genres, moods, bpm, key, length"
    with db:
        for mtime_ns, size, *tags in db.execute(f"SELECT {columns} FROM tracks").fetchall():
            values = _row(Stamp(mtime_ns, size), _tags(*tags))
            db.execute(f"INSERT OR REPLACE INTO tracks VALUES ({', '.join('?' * 17)})", values)
        db.execute("INSERT OR REPLACE INTO facts VALUES ('moods', ?)", (TABLE_VERSION,))


def _tags(
    path: bytes,
    title: str,
    artist: str,
    album: str,
    genres: str,
    moods: str,
    bpm: float | None,
    key: str,
    length: float,
) -> Tags:
    several = tuple[str, ...]
    return Tags(
        path=Path(os.fsdecode(path)),
        title=title,
        artist=artist,
        album=album,
        genres=msgspec.json.decode(genres, type=several),
        moods=msgspec.json.decode(moods, type=several),
        bpm=bpm,
        key=key,
        length=length,
    )


def _row(stamp: Stamp, tags: Tags) -> tuple[object, ...]:
    track = track_of(tags)
    return (
        os.fsencode(tags.path),
        stamp.mtime_ns,
        stamp.size,
        tags.title,
        tags.artist,
        tags.album,
        msgspec.json.encode(tags.genres).decode(),
        msgspec.json.encode(tags.moods).decode(),
        tags.bpm,
        tags.key,
        tags.length,
        track.genre,
        track.mood.valence,
        track.mood.arousal,
        track.sure,
        track.evidence.tag,
        track.evidence.text,
    )


def _below(roots: Sequence[Path] | None) -> tuple[str, list[bytes]]:
    """A WHERE clause for the files in or below `roots`, and its arguments."""
    if roots is None:
        return "", []
    if not roots:
        return "WHERE 0", []
    arguments: list[bytes] = []
    for root in roots:
        path = os.fsencode(root).rstrip(b"/")
        # All that begins with "path/": "0" follows "/" among the bytes.
        arguments += [path, path + b"/", path + b"0"]
    return "WHERE " + " OR ".join(["path = ? OR (path >= ? AND path < ?)"] * len(roots)), arguments
