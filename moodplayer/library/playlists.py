"""Playlists: m3u8 in and out."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from moodplayer.domain import Track
from moodplayer.errors import LibraryError

SUFFIXES = frozenset({".m3u", ".m3u8"})


def write_m3u(path: Path, tracks: Sequence[Track]) -> None:
    """Write a playlist, by paths relative to it where possible; LibraryError if it cannot be written."""
    folder = path.absolute().parent
    lines = ["#EXTM3U"]
    for track in tracks:
        name = f"{track.artist} - {track.title}" if track.artist else track.title
        lines += [f"#EXTINF:{round(track.length) or -1},{name}", _relative(track.path, folder)]
    try:
        path.write_bytes(os.fsencode("\n".join(lines) + "\n"))
    except OSError as error:
        raise LibraryError(f"{path} cannot be written: {error.strerror}", "choose another place") from error


def read_m3u(path: Path) -> list[Path]:
    """The files that a playlist names and that are there; LibraryError if it cannot be read.

    With or without header, in UTF-8 (with or without BOM) or Latin-1.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(f"{path} cannot be read: {error.strerror}", "name another playlist") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    folder = path.absolute().parent
    names = (line.strip() for line in text.splitlines())
    files = (folder / name.replace("\0", "") for name in names if name and not name.startswith("#"))
    return [file for file in files if file.is_file()]


def _relative(path: Path, folder: Path) -> str:
    try:
        return os.path.relpath(path, folder)
    except ValueError:
        # On another drive, on Windows.
        return str(path)
