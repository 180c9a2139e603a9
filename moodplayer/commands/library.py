"""`moodplayer scan` and `queue`: the library without the player."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path

from rich.cells import cell_len
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from moodplayer import config
from moodplayer.commands.output import bar, console, document_of, print_json, shared, shown
from moodplayer.domain import (
    EMOTIONS,
    Emotion,
    Mode,
    ScanProgress,
    ScanReport,
    Tags,
    nearest_emotion,
)
from moodplayer.errors import LibraryError
from moodplayer.library import playlists
from moodplayer.library.index import Index
from moodplayer.library.moods import unknown_genres
from moodplayer.library.scanner import scan as scan_folders
from moodplayer.library.upkeep import open_index
from moodplayer.recommend import recommend
from moodplayer.wording import counted

MOST_GENRES = 20
"""Unknown genres that are named."""


def scan(folders: list[Path], *, as_json: bool) -> None:
    """Bring the index up to date, and print what is in it."""
    folders = list(config.music_folders(config.load(), folders))
    with open_index() as index:
        report = _scan(folders, index, visible=not as_json)
        tracks = index.tracks(folders)
        unknown = _unknown_genres(index.genres(folders))
    by_emotion = Counter(nearest_emotion(track.mood) for track in tracks)
    if as_json:
        print_json(
            {
                "tracks": report.tracks,
                "added": report.added,
                "updated": report.updated,
                "removed": report.removed,
                "away": report.away,
                "unreadable": len(report.unreadable),
                "reasons": {shown(path): reason for path, reason in report.unreadable},
                "seconds": round(report.seconds, 3),
                "by_emotion": {e: by_emotion[e] for e in EMOTIONS},
                "unknown_genres": dict(unknown),
            }
        )
        return
    screen = console()
    screen.print(
        f"{counted(report.tracks, 'track')}: {report.added:,} new, {report.updated:,} changed, "
        f"{report.removed:,} gone, {len(report.unreadable):,} unreadable; {report.seconds:.1f} s"
    )
    table = Table(box=None)
    table.add_column("nearest emotion")
    table.add_column("tracks", justify="right")
    table.add_column("", width=30)
    most = max(by_emotion.values(), default=1)
    for emotion in EMOTIONS:
        table.add_row(emotion, f"{by_emotion[emotion]:,}", bar(by_emotion[emotion] / most, 30))
    screen.print(table)
    untagged = sum(track.sure == 0 for track in tracks)
    if untagged:
        screen.print(f"{untagged:,} of them have no tag that says a mood, and count as neutral")
    if unknown:
        named = ", ".join(f"{genre} ({times:,})" for genre, times in unknown[:MOST_GENRES])
        screen.print(f"genres that say no mood here: {named}")
    if report.away:
        screen.print(f"{counted(report.away, 'track')} away: their disk or folder is out of reach")
    for path, reason in report.unreadable:
        screen.print(f"unreadable: {shown(path)}: {reason}")


def queue(
    folders: list[Path], emotion: str, *, n: int, mode: str, m3u: Path | None, seed: int, as_json: bool
) -> None:
    """Print the `n` tracks that fit `emotion` best, and why."""
    folders = list(config.music_folders(config.load(), folders))
    target = Emotion(emotion).mood
    with open_index() as index:
        _scan(folders, index, visible=not as_json)
        picks = recommend(
            target,
            index.tracks(folders),
            mode=Mode(mode),
            n=n,
            history=index.history(),
            seed=seed,
            now=time.time(),
        )
    if not picks:
        raise LibraryError(
            f"no music was found in {', '.join(map(shown, folders))}", "name a folder that has some"
        )
    if m3u is not None:
        playlists.write_m3u(m3u, [pick.track for pick in picks])
    if as_json:
        documents = [
            {**document_of(pick.track), "evidence": pick.why, "score": round(pick.score, 4)} for pick in picks
        ]
        for document in documents:
            del document["sure"]
        print_json(
            {
                "emotion": emotion,
                "mode": mode,
                "target": {"valence": target.valence, "arousal": target.arousal},
                "tracks": documents,
            }
        )
        return
    screen = console()
    title = f"{counted(len(picks), 'track')} · {emotion} · {mode}"
    columns = {
        "title": [pick.track.title for pick in picks],
        "artist": [pick.track.artist for pick in picks],
        "why": [pick.why for pick in picks],
    }
    # Number, score and the space between columns are as wide as they are.
    room = screen.width - len(str(len(picks))) - len("score") - 2 * (len(columns) + 2)
    widths = shared(room, [max(map(cell_len, (name, *texts))) for name, texts in columns.items()])
    table = Table(box=None, title=title, title_justify="left")
    table.add_column("", justify="right", no_wrap=True)
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, overflow="ellipsis", no_wrap=True, width=width)
    table.add_column("score", justify="right", no_wrap=True)
    for number, (pick, *row) in enumerate(zip(picks, *columns.values(), strict=True), start=1):
        table.add_row(str(number), *row, f"{pick.score:.2f}")
    screen.print(table)
    fitting = sum(pick.fits for pick in picks)
    if fitting < len(picks):
        screen.print(f"{fitting} of them fit; the others are the nearest that there are")
    if len(picks) < n:
        screen.print(f"the library has {counted(len(picks), 'track')} in all")
    if m3u is not None:
        screen.print(f"playlist: {m3u}")


def forget(folders: list[Path], emotion: str | None) -> None:
    """Forget what was learned of the person, in all, of some music, or for one emotion."""
    roots = list(config.music_folders(config.load(), folders)) if folders else None
    with open_index() as index:
        counts = index.forget(roots, Emotion(emotion) if emotion else None)
    console().print(
        f"forgotten: {counts.likes:,} liked, {counts.finishes:,} heard out, {counts.skips:,} skipped"
    )


def _unknown_genres(genres: Counter[str]) -> list[tuple[str, int]]:
    """Those of `genres` that the tree does not know, the most frequent first."""
    return [
        (genre, times)
        for genre, times in sorted(genres.items(), key=lambda pair: (-pair[1], pair[0]))
        if unknown_genres(Tags(Path(), "", genres=(genre,)))
    ]


def _scan(folders: list[Path], index: Index, *, visible: bool) -> ScanReport:
    columns = (
        TextColumn("reading tags"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[left]}"),
    )
    screen = console(errors=True)
    hidden = not (visible and screen.is_terminal)
    with Progress(*columns, console=screen, transient=True, disable=hidden) as progress:
        task = progress.add_task("", total=None, left="")

        def advance(now: ScanProgress) -> None:
            left = "" if now.left is None else f"{max(1, round(now.left))} s left"
            progress.update(task, total=now.found, completed=now.done, left=left)

        return scan_folders(folders, index, on_progress=advance)
