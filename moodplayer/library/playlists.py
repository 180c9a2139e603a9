"""Playlists: m3u8 in and out."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Sequence
from pathlib import Path

from moodplayer.domain import Track
from moodplayer.errors import LibraryError
from moodplayer.library.tags import clean

SUFFIXES = frozenset({".m3u", ".m3u8"})


def write_m3u(path: Path, tracks: Sequence[Track]) -> None:
    """Write a playlist in UTF-8, by relative paths where possible; LibraryError if it cannot be written.

    A track whose path holds a line break is left out: no playlist can name it.
    """
    folder = path.absolute().parent
    lines = ["#EXTM3U"]
    for track in tracks:
        file = _relative(track.path, folder)
        if "\n" in file or "\r" in file:
            continue
        name = f"{track.artist} - {track.title}" if track.artist else track.title
        lines += [f"#EXTINF:{round(track.length) or -1},{name}", file]
    try:
        # Names that are not UTF-8 go out as the bytes they are.
        path.write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise LibraryError(
            f"{clean(str(path))} cannot be written: {error.strerror}", "choose another place"
        ) from error


def read_m3u(path: Path) -> list[Path]:
    """The files that a playlist names and that are there, in its order; LibraryError if it cannot be read.

    With or without header, in UTF-8 (with or without BOM) or Latin-1, with
    slashes of either kind.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(
            f"{clean(str(path))} cannot be read: {error.strerror}", "name another playlist"
        ) from error
    folder = path.absolute().parent
    lines = re.split(rb"[\r\n]+", content.removeprefix(codecs.BOM_UTF8))
    named = (_file(line, folder) for line in lines if line.strip() and not line.startswith(b"#"))
    return [file for file in named if file is not None]


def _file(line: bytes, folder: Path) -> Path | None:
    """The file that a line means. Each line for itself: one odd name must not spoil the others' encoding."""
    for text in (os.fsdecode(line), line.decode("latin-1")):
        for name in (text, text.strip(), text.strip().replace("\\", "/")):
            # Unlike Path's, this is_file raises nothing, be the name endless or its bytes null.
            if os.path.isfile(folder / name):  # noqa: PTH113
                return folder / name
    return None


def _relative(path: Path, folder: Path) -> str:
    try:
        name = os.path.relpath(path, folder)
    except ValueError:
        # On another drive, on Windows.
        return str(path)
    # "#1 Hit.mp3" would be a comment.
    return f"./{name}" if name.startswith("#") else name
