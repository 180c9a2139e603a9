"""What the person did with the music, in the index: kept, counted, forgotten."""

from __future__ import annotations

import os
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from moodplayer.domain import Counts, Deed, Emotion, History, Track, genres_of


def record(db: sqlite3.Connection, track: Track, emotion: Emotion, deed: Deed, time: float) -> None:
    """Keep one deed; `time` in unix seconds. A like is kept once, and UNLIKE takes it back."""
    path = os.fsencode(track.path)
    with db:
        if deed in (Deed.LIKE, Deed.UNLIKE):
            db.execute(
                "DELETE FROM deeds WHERE path = ? AND emotion = ? AND deed = ?",
                (path, str(emotion), str(Deed.LIKE)),
            )
        if deed is not Deed.UNLIKE:
            values = (path, track.artist, track.genre, str(emotion), str(deed), time)
            db.execute("INSERT INTO deeds VALUES (?, ?, ?, ?, ?, ?)", values)


def history(db: sqlite3.Connection) -> History:
    """All that was done so far, counted by track, artist and genre for each emotion."""
    played = db.execute(
        "SELECT path, max(time) FROM deeds WHERE deed IN ('finish', 'hear', 'skip') GROUP BY path"
    )
    counted = (
        "sum(deed = 'like'), sum(deed = 'finish'), sum(deed = 'skip') "
        "FROM deeds WHERE deed != 'hear' GROUP BY"
    )
    artists: dict[tuple[str, Emotion], Counts] = defaultdict(Counts)
    for artist, emotion, *counts in db.execute(f"SELECT artist, emotion, {counted} artist, emotion"):
        if artist:
            artists[artist.casefold(), Emotion(emotion)] += Counts(*counts)
    genres: dict[tuple[str, Emotion], Counts] = defaultdict(Counts)
    for several, emotion, *counts in db.execute(f"SELECT genre, emotion, {counted} genre, emotion"):
        for genre in genres_of(several):
            genres[genre, Emotion(emotion)] += Counts(*counts)
    return History(
        played={Path(os.fsdecode(path)): last for path, last in played},
        tracks={
            (Path(os.fsdecode(path)), Emotion(emotion)): Counts(*counts)
            for path, emotion, *counts in db.execute(f"SELECT path, emotion, {counted} path, emotion")
        },
        artists=dict(artists),
        genres=dict(genres),
    )


def forget(db: sqlite3.Connection, where: str, arguments: Sequence[bytes], emotion: Emotion | None) -> Counts:
    """Drop the deeds `where` says so, all or those in one emotion; how many of each kind it were."""
    clauses = [where.removeprefix("WHERE ")] if where else []
    values: list[object] = list(arguments)
    if emotion is not None:
        clauses.append("emotion = ?")
        values.append(str(emotion))
    condition = " AND ".join(f"({clause})" for clause in clauses) or "1"
    kinds = "total(deed = 'like'), total(deed = 'finish'), total(deed = 'skip')"
    with db:
        counts = db.execute(f"SELECT {kinds} FROM deeds WHERE {condition}", values).fetchone()
        db.execute(f"DELETE FROM deeds WHERE {condition}", values)
    return Counts(*map(int, counts))
