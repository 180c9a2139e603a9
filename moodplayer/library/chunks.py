"""The text chunks of WAV (RIFF INFO) and AIFF files, which mutagen passes over for their ID3 chunk.

The layout is that of Microsoft's and IBM's "Multimedia Programming Interface and
Data Specifications 1.0" (1991), and of Apple's "Audio Interchange File Format" (1989).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

_MOST_CHUNKS = 200
_LONGEST_TEXT = 1200
"""Bytes of one chunk that are read."""
_TEXTS = {b"NAME", b"AUTH"}


def chunk_texts(path: Path) -> dict[str, str]:
    """The texts of the file's chunks by their names ("INAM", "IART", "NAME"), the first of each.

    Empty for a file of another format. Raises OSError where the file cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(12)
        is_aiff = head[:4] == b"FORM" and head[8:] in (b"AIFF", b"AIFC")
        if not is_aiff and (head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE"):
            return {}
        found: dict[str, str] = {}
        order: Literal["big", "little"] = "big" if is_aiff else "little"
        for name, size in _chunks(file, None, order):
            if name == b"LIST" and size >= 4 and file.read(4) == b"INFO":
                for inner, length in _chunks(file, file.tell() + size - 4, order):
                    found.setdefault(inner.decode("latin-1"), _text(file, length))
            elif is_aiff and name in _TEXTS:
                found.setdefault(name.decode("latin-1"), _text(file, size))
        return found


def _chunks(file: BinaryIO, end: int | None, order: Literal["big", "little"]) -> Iterator[tuple[bytes, int]]:
    """Name and size of each chunk up to `end`, or the file's, with `file` at the beginning of its content."""
    for _ in range(_MOST_CHUNKS):
        head = file.read(8)
        if len(head) < 8 or (end is not None and file.tell() > end):
            return
        size = int.from_bytes(head[4:], order)
        here = file.tell()
        yield head[:4], size
        # Chunks begin at even places.
        file.seek(here + size + size % 2)


def _text(file: BinaryIO, size: int) -> str:
    raw = file.read(min(size, _LONGEST_TEXT)).split(b"\0")[0]
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        # The standard names no encoding; this was Windows'.
        return raw.decode("cp1252", "replace")
