"""How commands print: tables for people, one JSON document for programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.text import Text

from moodplayer.domain import Track


def print_json(document: Any) -> None:
    """One document on standard output, and nothing else there."""
    click.echo(msgspec.json.format(msgspec.json.encode(document, enc_hook=str)).decode())


def shown(path: Path | str) -> str:
    """A path as text: what in it is not UTF-8 is shown by its escapes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def console(*, errors: bool = False) -> Console:
    """A console that takes what tags and file names say as plain text."""
    return Console(markup=False, highlight=False, emoji=False, stderr=errors)


def shared(room: int, wanted: Sequence[int]) -> list[int]:
    """`room` cells among columns that want so many each; what one can spare, others have (max-min fair)."""
    widths = [0] * len(wanted)
    left = max(room, len(wanted))
    for place, (want, column) in enumerate(sorted((want, column) for column, want in enumerate(wanted))):
        widths[column] = max(1, min(want, left // (len(wanted) - place)))
        left -= widths[column]
    return widths


def bar(share: float, cells: int) -> Text:
    """A bar of that share of `cells`, in eighths."""
    eighths = round(share * cells * 8)
    return Text("█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip())


def document_of(track: Track) -> dict[str, Any]:
    """A track as `--json` prints it."""
    return {
        "path": shown(track.path),
        "title": track.title,
        "artist": track.artist,
        "valence": round(track.mood.valence, 4),
        "arousal": round(track.mood.arousal, 4),
        "sure": round(track.sure, 4),
        "evidence": track.evidence.text,
    }
