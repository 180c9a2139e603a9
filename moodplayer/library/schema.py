"""How the index lies on disk: its tables, how an older one becomes a newer one, and what opens it."""

from __future__ import annotations

import dataclasses
import functools
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import ParamSpec, TypeVar

from moodplayer.domain import Tags
from moodplayer.errors import LibraryError

P = ParamSpec("P")
R = TypeVar("R")

_log = logging.getLogger(__name__)

_WAIT = 5.0
"""Seconds that a writer waits for another."""

_READER = 2
"""To be raised when files are read differently, so that known ones are read again."""

READER_VERSION = f"{_READER} {' '.join(field.name for field in dataclasses.fields(Tags))}"
"""What a file was read for; a file read for less is read again at the next scan."""

# Each entry brings an index from the version before to its own; user_version counts how many have been done.
# Paths are bytes, as the system has them: not all are UTF-8.
MIGRATIONS = (
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
    # All tags in one column, so that a new one needs no migration. A deed keeps artist and genre: what was
    # learned of them outlives the file. A like of before was for no emotion, and so is for each.
    """
    CREATE TABLE tracks_2 (
        path BLOB PRIMARY KEY, mtime_ns INTEGER NOT NULL, size INTEGER NOT NULL,
        away INTEGER NOT NULL, tags BLOB NOT NULL,
        title TEXT NOT NULL, artist TEXT NOT NULL, album TEXT NOT NULL, genre TEXT NOT NULL,
        bpm REAL, key TEXT NOT NULL, length REAL NOT NULL,
        valence REAL NOT NULL, arousal REAL NOT NULL, sure REAL NOT NULL,
        evidence_tag TEXT NOT NULL, evidence_text TEXT NOT NULL,
        album_artist TEXT NOT NULL, year INTEGER, number INTEGER, disc INTEGER,
        gain REAL, is_compilation INTEGER NOT NULL
    ) WITHOUT ROWID;
    INSERT INTO tracks_2 SELECT path, mtime_ns, size, 0,
        CAST(json_object('title', title, 'artist', artist, 'album', album, 'genres', json(genres),
            'moods', json(moods), 'bpm', bpm, 'key', key, 'length', length) AS BLOB),
        title, artist, album, genre, bpm, key, length, valence, arousal, sure, evidence_tag, evidence_text,
        '', NULL, NULL, NULL, NULL, 0 FROM tracks;
    CREATE TABLE deeds (
        path BLOB NOT NULL, artist TEXT NOT NULL, genre TEXT NOT NULL,
        emotion TEXT NOT NULL, deed TEXT NOT NULL, time REAL NOT NULL
    );
    INSERT INTO deeds SELECT p.path, coalesce(t.artist, ''), coalesce(t.genre, ''), p.emotion, p.deed, p.time
        FROM (SELECT path, emotion, 'finish' AS deed, time FROM plays
            UNION ALL SELECT path, emotion, 'skip', time FROM skips
            UNION ALL SELECT path, e.column1, 'like', time FROM likes, (VALUES ('angry'), ('disgust'),
                ('fear'), ('happy'), ('sad'), ('surprise'), ('neutral')) AS e) AS p
        LEFT JOIN tracks AS t ON t.path = p.path;
    CREATE INDEX deeds_by_path ON deeds (path);
    DROP TABLE tracks;
    DROP TABLE plays;
    DROP TABLE skips;
    DROP TABLE likes;
    ALTER TABLE tracks_2 RENAME TO tracks;
    """,
)


def translated(method: Callable[P, R]) -> Callable[P, R]:
    """The method, with what SQLite says of a full disk or another program as a LibraryError."""

    @functools.wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return method(*args, **kwargs)
        except sqlite3.Error as error:
            hint = "check that its disk is not full, and that no other program has it open"
            raise LibraryError(f"the index cannot be used: {error}", hint) from error

    return call


def open_database(path: Path) -> sqlite3.Connection:
    """The index at `path`, in this version; made where there is none. A damaged one is set aside.

    Raises LibraryError where it cannot be opened or made, or is of a newer version.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _open(path)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            _set_aside(path, error)
            return _open(path)
    except (OSError, sqlite3.OperationalError) as error:
        raise LibraryError(
            f"the index {path} cannot be opened: {error}", "check the folder's permissions"
        ) from error


def _open(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=_WAIT)
    try:
        db.execute("PRAGMA journal_mode = WAL")
        # With WAL, this loses at most the last transactions when the power fails, and damages nothing.
        db.execute("PRAGMA synchronous = NORMAL")
        _migrate(db)
        _read_again(db)
    except BaseException:
        db.close()
        raise
    return db


def _set_aside(path: Path, error: sqlite3.DatabaseError) -> None:
    aside = path.with_suffix(".damaged")
    _log.warning("the index was damaged (%s) and set aside as %s", error, aside)
    path.replace(aside)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _migrate(db: sqlite3.Connection) -> None:
    def version() -> int:
        return int(db.execute("PRAGMA user_version").fetchone()[0])

    if version() > len(MIGRATIONS):
        raise LibraryError(
            "the index was made by a newer moodplayer", "update moodplayer, or delete the index"
        )
    while version() < len(MIGRATIONS):
        # Taken by one process at a time; the other finds the version raised, and does nothing.
        step = version()
        script = f"BEGIN EXCLUSIVE; {MIGRATIONS[step]} PRAGMA user_version = {step + 1}; COMMIT;"
        try:
            db.executescript(script)
        except sqlite3.OperationalError:
            if db.in_transaction:
                db.rollback()
            if version() == step:
                raise


def _read_again(db: sqlite3.Connection) -> None:
    """After a change of what is read from a file, by making every file look changed."""
    if fact(db, "reader") == READER_VERSION:
        return
    with db:
        for table in ("tracks", "unreadable"):
            db.execute(f"UPDATE {table} SET mtime_ns = -1")
        keep_fact(db, "reader", READER_VERSION)


def fact(db: sqlite3.Connection, name: str) -> str | None:
    """What the index knows of itself by that name."""
    row = db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
    return None if row is None else str(row[0])


def keep_fact(db: sqlite3.Connection, name: str, value: str) -> None:
    """Keep that, inside the transaction of the caller."""
    db.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))
