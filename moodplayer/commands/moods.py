"""`moodplayer moods`: what every tag of a file said, and the mood that came of it."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from moodplayer import config
from moodplayer.commands.output import console, document_of, print_json, shown
from moodplayer.domain import Tags, Track, nearest_emotion
from moodplayer.errors import LibraryError, TagsError
from moodplayer.library.moods import Clue, clues_in, track_of, unknown_genres
from moodplayer.library.rules import Rules, rules_of
from moodplayer.library.tags import clean, read_tags


def moods(files: list[Path], *, as_json: bool) -> None:
    """Print what each file's tags say and the mood that came of it; the unreadable are named at the end."""
    settings = config.load()
    rules = rules_of(settings)
    folders = config.music_folders(settings)
    read: list[Tags] = []
    failures: list[str] = []
    for file in files:
        try:
            read.append(read_tags(file, below=_library_of(file, folders)))
        except TagsError as error:
            failures.append(f"{clean(file.name)}: {error.message}")
    if as_json:
        print_json([document_of(track_of(tags, rules)) for tags in read])
    else:
        screen = console()
        for number, tags in enumerate(read):
            if number:
                screen.print()
            _print(screen, tags, rules)
    if failures:
        there = any(file.is_file() for file in files)
        raise LibraryError(
            "; ".join(failures), "it may be damaged, or no audio" if there else "name audio files"
        )


def _library_of(file: Path, folders: tuple[Path, ...]) -> Path | None:
    """The music folder that the file is in: folders above that name no artist."""
    return next((folder for folder in folders if file.absolute().is_relative_to(folder)), None)


def _print(screen: Console, tags: Tags, rules: Rules) -> None:
    track = track_of(tags, rules)
    screen.print(" · ".join(filter(None, (track.title, track.artist))), style="bold")
    said = Table(box=None, show_header=False, padding=(0, 2, 0, 2))
    said.add_row("file", clean(shown(tags.path)))
    for name, text in _said(tags).items():
        if text:
            said.add_row(name, text)
    screen.print(said)
    clues = Table(box=None, padding=(0, 2, 0, 2))
    clues.add_column("what says a mood", overflow="fold")
    for name in ("valence", "arousal", "sure"):
        clues.add_column(name, justify="right")
    clues.add_column("")
    found = clues_in(tags, rules)
    for number, clue in enumerate(found):
        clues.add_row(*_row(clue), "decides" if number == 0 else _weight(clue, found))
    if not found:
        clues.add_row(track.evidence.text, "", "", "", "")
    mood = track.mood
    clues.add_row(
        "the mood", f"{mood.valence:+.2f}", f"{mood.arousal:+.2f}", f"{track.sure:.2f}", _nearest(track)
    )
    screen.print(clues)
    if unknown := unknown_genres(tags):
        screen.print(f"  not known as a genre: {', '.join(unknown)}")


def _said(tags: Tags) -> dict[str, str]:
    """Each field as a person reads it; empty where nothing is tagged."""
    return {
        "album": tags.album,
        "album artist": tags.album_artist,
        "date": tags.date,
        "track": str(tags.number or ""),
        "disc": str(tags.disc or ""),
        "genre": "; ".join(tags.genres),
        "mood": "; ".join(tags.moods),
        "measured": ", ".join(f"{name} {value:g}" for name, value in tags.measures),
        "bpm": f"{tags.bpm:g}" if tags.bpm else "",
        "key": tags.key,
        "length": f"{tags.length // 60:.0f}:{tags.length % 60:02.0f}" if tags.length else "",
        "ReplayGain": "" if tags.gain is None else f"{tags.gain:+.2f} dB",
        "compilation": "yes" if tags.is_compilation else "",
    }


def _row(clue: Clue) -> tuple[str, str, str, str]:
    places = ("" if value is None else f"{value:+.2f}" for value in (clue.valence, clue.arousal))
    valence, arousal = places
    return clue.evidence.text, valence, arousal, f"{clue.sure:.2f}"


def _weight(clue: Clue, clues: tuple[Clue, ...]) -> str:
    """What a weaker clue still does: under a rule nothing, else it fills an axis or pulls a little."""
    before = clues[: clues.index(clue)]
    if before[0].evidence.tag == "rule":
        return "overruled"
    is_first = (clue.valence is not None and all(one.valence is None for one in before)) or (
        clue.arousal is not None and all(one.arousal is None for one in before)
    )
    return "fills in" if is_first else "pulls a little"


def _nearest(track: Track) -> str:
    return f"nearest: {nearest_emotion(track.mood)}" if track.sure else "counts as neutral"
