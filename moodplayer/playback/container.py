"""Which of libVLC's demuxers reads a file, told by its first bytes.

Left to choose, libVLC also takes a file of any name for a stream's manifest
(HLS, DASH, Smooth) and fetches what it names from the network, even gzipped or
behind an ID3 tag, and shows a picture for ten seconds. Nothing leaves this
machine, so libVLC is told the demuxer, and only those of sound are told.
"""

from __future__ import annotations

import errno
import stat
from pathlib import Path

ANYTHING_MPEG = "mpga"
"""Looks for MPEG frames (MP3, AAC) and finds none in what is no sound; safe for any file."""

_HEAD = 12
_ID3_HEADER = 10
_ID3_FOOTER = 0x10

# avformat knows manifests too, so it is only named where the first bytes rule one out.
_STARTS: tuple[tuple[bytes, str], ...] = (
    (b"fLaC", "flac"),
    (b"OggS", "ogg"),
    (b"RIFF", "wav,avformat"),
    (b"RF64", "wav,avformat"),
    (b"FORM", "aiff,avformat"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "asf"),
    (b"\x1a\x45\xdf\xa3", "mkv"),
    (b"MAC ", "avformat"),
    (b"wvpk", "avformat"),
    (b"MPCK", "mpc,avformat"),
    (b"MP+", "mpc,avformat"),
    (b"TTA1", "tta"),
    (b"caff", "caf"),
    (b".snd", "au"),
)


def demuxer_of(path: Path) -> str:
    """libVLC's name of the demuxer for this file, or several with commas, the first that fits.

    Raises OSError where it is no regular file, or cannot be opened or read.
    """
    # To open a pipe that nobody writes to would wait for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if head[:3] == b"ID3" and len(head) >= _ID3_HEADER:
            file.seek(_after_id3(head))
            head = file.read(_HEAD)
    if head[4:8] == b"ftyp":
        return "mp4"
    return next((name for start, name in _STARTS if head.startswith(start)), ANYTHING_MPEG)


def _after_id3(head: bytes) -> int:
    """The byte after an ID3v2 tag, by its header; sizes there have 7 bits a byte (id3.org, ID3v2.4 §3.1)."""
    size = 0
    for byte in head[6:_ID3_HEADER]:
        size = size << 7 | byte & 0x7F
    footer = _ID3_HEADER if head[5] & _ID3_FOOTER else 0
    return _ID3_HEADER + size + footer
