"""Playlists: m3u8 in and out."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote_to_bytes

from moodplayer.domain import Track
from moodplayer.errors import LibraryError
from moodplayer.library.tags import clean

SUFFIXES = frozenset({".m3u", ".m3u8"})


@dataclass(frozen=True, slots=True)
class Playlist:
    """What a playlist names."""

    files: tuple[Path, ...]
    """Those that are there, in its order."""
    missing: tuple[str, ...]
    """The others, as it names them, clean."""


def write_m3u(path: Path, tracks: Sequence[Track]) -> None:
    """Write a playlist in UTF-8, by relative paths where possible; LibraryError if it cannot be written.

    A track whose path holds a line break is left out: no playlist can name it.
    What is not called a playlist is not written over: it may be music.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise LibraryError(f"{clean(path.name)} is no playlist's name", "let it end in .m3u8")
    folder = path.absolute().parent
    lines = ["#EXTM3U"]
    for track in tracks:
        file = _relative(track.path.absolute(), folder)
        if "\n" in file or "\r" in file:
            continue
        name = f"{track.artist} - {track.title}" if track.artist else track.title
        lines += [f"#EXTINF:{round(track.length) or -1},{clean(name)}", file]
    try:
        # Names that are not UTF-8 go out as the bytes they are.
        path.write_bytes(("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise LibraryError(
            f"{clean(str(path))} cannot be written: {error.strerror}", "choose another place"
        ) from error


def read_m3u(path: Path) -> list[Path]:
    """The files that a playlist names and that are there, in its order; LibraryError if it cannot be read."""
    return list(read_playlist(path).files)


def read_playlist(path: Path) -> Playlist:
    """What a playlist names, there or missing; LibraryError if it cannot be read.

    With or without header, in UTF-8 (with or without BOM) or Latin-1, with line
    ends and slashes of either kind, and with `file://` addresses.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LibraryError(
            f"{clean(str(path))} cannot be read: {error.strerror}", "name another playlist"
        ) from error
    folder = path.absolute().parent
    files: list[Path] = []
    missing: list[str] = []
    for line in re.split(rb"[\r\n]+", content.removeprefix(codecs.BOM_UTF8)):
        if not line.strip() or line.startswith(b"#"):
            continue
        file = _file(line, folder)
        if file is None:
            missing.append(clean(os.fsdecode(line)))
        else:
            files.append(file)
    return Playlist(tuple(files), tuple(missing))


def folders_in(files: Sequence[Path]) -> tuple[Path, ...]:
    """The fewest folders in which all `files` are."""
    folders = {Path(os.path.abspath(file)).parent for file in files}  # noqa: PTH100  # follows no link
    return tuple(
        sorted(folder for folder in folders if not any(other in folders for other in folder.parents))
    )


def _file(line: bytes, folder: Path) -> Path | None:
    """The file that a line means. Each line for itself: one odd name must not spoil the others' encoding."""
    if line.lower().startswith(b"file://"):
        line = unquote_to_bytes(line.strip()[len(b"file://") :].removeprefix(b"localhost"))
    for text in (os.fsdecode(line), line.decode("latin-1")):
        for name in (text, text.strip(), text.strip().replace("\\", "/")):
            # Unlike Path's, this is_file raises nothing, be the name endless or its bytes null.
            if os.path.isfile(folder / name):  # noqa: PTH113
                # Without "..", so that it is the path that a scan gives it.
                return Path(os.path.normpath(folder / name))
    return None


def _relative(path: Path, folder: Path) -> str:
    try:
        name = os.path.relpath(path, folder)
    except ValueError:
        # On another drive, on Windows.
        return str(path)
    if name.startswith("..") and not _is_same(folder / name, path):
        # Behind a link, ".." is another folder.
        return str(path)
    # "#1 Hit.mp3" would be a comment.
    return f"./{name}" if name.startswith("#") else name


def _is_same(one: Path, other: Path) -> bool:
    return os.path.realpath(one) == os.path.realpath(other)
