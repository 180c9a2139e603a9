"""An audio file as mutagen opens it, whatever it is called and however broken it is."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import mutagen
from mutagen.aac import AAC
from mutagen.aiff import AIFF
from mutagen.apev2 import APEv2
from mutagen.asf import ASF
from mutagen.flac import FLAC
from mutagen.id3 import ID3
from mutagen.monkeysaudio import MonkeysAudio
from mutagen.mp3 import MP3
from mutagen.mp4 import MP4
from mutagen.musepack import Musepack
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from mutagen.wave import WAVE
from mutagen.wavpack import WavPack

from moodplayer.library.chunks import chunk_texts
from moodplayer.library.fields import Chunks

# mutagen raises MutagenError for what it knows to be broken; on hostile files these come through from below.
BROKEN = (
    mutagen.MutagenError,
    OSError,
    EOFError,
    struct.error,
    zlib.error,
    ValueError,
    TypeError,
    KeyError,
    IndexError,
    AttributeError,
    OverflowError,
    ZeroDivisionError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    MemoryError,
)

_KINDS: Mapping[str, Any] = {
    ".mp3": MP3,
    ".flac": FLAC,
    ".ogg": OggVorbis,
    ".opus": OggOpus,
    ".m4a": MP4,
    ".m4b": MP4,
    ".mp4": MP4,
    ".wma": ASF,
    ".wv": WavPack,
    ".wav": WAVE,
    ".aif": AIFF,
    ".aiff": AIFF,
}
"""Of suffixes that mean one format; mutagen.File tries every file as each of some thirty."""


def opened(path: Path) -> Any:
    """The file as mutagen reads it: as its suffix says, which is quick, else as its content says.

    None where it is no audio that mutagen knows. Raises one of BROKEN where it cannot be read.
    """
    kind = _KINDS.get(path.suffix.lower())
    if kind is not None:
        try:
            return kind(os.fspath(path))
        except BROKEN:
            # Misnamed, or broken: it is seen below which.
            pass
    try:
        return mutagen.File(path)
    except BROKEN:
        # mutagen believes the suffix more than the content, so it is not told the name.
        if (file := _nameless(path)) is not None:
            return file
        raise


def _nameless(path: Path) -> Any:
    """What mutagen makes of the content alone; None where it knows no such format or finds it broken."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0)), "rb") as content:
            return mutagen.File(content)
    except BROKEN:
        return None


def tags_of(path: Path, file: Any) -> Any:
    """The tags: where mutagen looks for them, else where taggers also put them; None where there are none."""
    if file is None or file.tags:
        return file and file.tags
    if isinstance(file, (MP3, AAC, Musepack, WavPack, MonkeysAudio)):
        for kind in (ID3, APEv2):
            try:
                return kind(path)
            except BROKEN:
                # It has none of this kind, or a broken one.
                continue
    if isinstance(file, (WAVE, AIFF)):
        return Chunks(chunk_texts(path))
    return file.tags
