"""One audio file to its tags, by mutagen. What a file says is not to be trusted; text is cleaned here."""

from __future__ import annotations

import re
import stat
import struct
import unicodedata
import zlib
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import mutagen
from mutagen.apev2 import APEv2
from mutagen.asf import ASFBaseAttribute, ASFTags
from mutagen.id3 import ID3, Frame
from mutagen.id3._util import ID3JunkFrameError
from mutagen.mp4 import AtomDataType, MP4Tags

from moodplayer.domain import Tags
from moodplayer.errors import TagsError

AUDIO_SUFFIXES = frozenset(
    {
        ".mp3",
        ".mp2",
        ".flac",
        ".ogg",
        ".oga",
        ".opus",
        ".m4a",
        ".m4b",
        ".mp4",
        ".aac",
        ".wav",
        ".aif",
        ".aiff",
    }
    | {".aifc", ".wma", ".asf", ".ape", ".wv", ".mpc", ".mp+", ".tta"}
)
"""What counts as an audio file in a folder; mutagen looks inside, whatever the suffix."""

LONGEST_TEXT = 300
"""Characters; a tag that says more says it to nobody."""

_MOST_VALUES = 20
"""Of one field: a file with a thousand genres has none."""

_MOST_LOOKED_AT = 200
"""Values of one field that are looked at at all: the rest may be millions of empty ones."""

_LONGEST_FRAME = 16_384
"""Bytes of an ID3 frame that are parsed."""

_NOT_FOR_EYES = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Zero-width and direction-changing characters: they make text look like other text."""

_NOT_UTF8 = re.compile("[\ud800-\udfff]+")
"""How Python carries bytes that are not UTF-8 in text, and what UTF-16 was cut in half."""

# mutagen raises MutagenError for what it knows to be broken; on hostile files these come through from below.
_BROKEN = (
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

# One column for each family of formats: ID3 frames (MP3, WAV, AIFF, TTA), Vorbis comments (FLAC, Ogg, Opus),
# MP4 atoms, APEv2 items (APE, WavPack, Musepack), and ASF attributes (WMA).
_FIELDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "title": (("TIT2",), ("title",), ("\xa9nam",), ("Title",), ("Title",)),
    "artist": (
        ("TPE1", "TPE2"),
        ("artist", "albumartist", "album artist"),
        ("\xa9ART", "aART"),
        ("Artist", "Album Artist"),
        ("Author", "WM/AlbumArtist"),
    ),
    "album": (("TALB",), ("album",), ("\xa9alb",), ("Album",), ("WM/AlbumTitle",)),
    "genre": (("TCON",), ("genre", "style"), ("\xa9gen", "gnre"), ("Genre",), ("WM/Genre",)),
    "mood": (
        ("TMOO", "TXXX:MOOD"),
        ("mood",),
        ("----:com.apple.iTunes:MOOD",),
        ("Mood",),
        ("WM/Mood", "MOOD"),
    ),
    "bpm": (
        ("TBPM", "TXXX:BPM"),
        ("bpm", "tempo"),
        ("tmpo", "----:com.apple.iTunes:BPM"),
        ("BPM",),
        ("WM/BeatsPerMinute",),
    ),
    "key": (
        ("TKEY", "TXXX:INITIALKEY"),
        ("initialkey", "key"),
        ("----:com.apple.iTunes:initialkey", "----:com.apple.iTunes:KEY"),
        ("Initialkey", "KEY"),
        ("WM/InitialKey",),
    ),
}


def read_tags(path: Path) -> Tags:
    """What the file says of itself; TagsError, in one line, if it cannot be read as audio.

    Each field stands alone: a broken one is left out, and the rest is read. A
    missing title is the file's name. The text holds no control characters; it
    is not escaped, since the screen reads no markup.
    """
    try:
        # A pipe that is called a.mp3 would wait for ever.
        is_file = stat.S_ISREG(path.stat().st_mode)
        file = mutagen.File(path) if is_file else None
    except _BROKEN as error:
        raise TagsError(f"it cannot be read: {_reason(error)}", "it may be damaged or misnamed") from error
    if file is None:
        said = "it is no audio that mutagen knows" if is_file else "it is no file"
        raise TagsError(said, "it may be damaged or misnamed")
    values = _Values(file.tags)
    return Tags(
        path=path,
        title=values.first("title") or clean(path.stem),
        artist=values.first("artist"),
        album=values.first("album"),
        genres=values.every("genre"),
        moods=values.every("mood"),
        bpm=next(filter(None, (_number(text, 20, 400) for text in values.every("bpm"))), None),
        key=values.first("key")[:12],
        length=_length(file),
    )


def clean(text: str) -> str:
    """Text as a person may see it: one line of at most LONGEST_TEXT characters.

    Control and escape characters, direction overrides and what is not visible
    are left out; what was not UTF-8 is shown as �.
    """
    # Cut first: the rest need not be done for ten megabytes.
    text = _NOT_FOR_EYES.sub("", text[: 4 * LONGEST_TEXT])
    text = _NOT_UTF8.sub("\ufffd", text)
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class _Values:
    """The cleaned values of one file's tags, by the names of _FIELDS."""

    def __init__(self, tags: Any) -> None:
        self._tags = tags
        self._family = _family(tags)

    def first(self, field: str) -> str:
        return next(iter(self.every(field)), "")

    def every(self, field: str) -> tuple[str, ...]:
        found: list[str] = []
        for value in islice(self._raw(field), _MOST_LOOKED_AT):
            text = clean(value)
            if text and text not in found:
                found.append(text)
            if len(found) == _MOST_VALUES:
                break
        return tuple(found)

    def _raw(self, field: str) -> Iterator[str]:
        if self._tags is None:
            return
        for key in _FIELDS[field][self._family]:
            try:
                yield from _texts(key, self._get(key))
            except _BROKEN:
                # This field is broken; the others stand.
                continue

    def _get(self, key: str) -> Any:
        if self._family == _ID3 and key.startswith("TXXX:"):
            # Taggers disagree about the case of these.
            return [frame for name, frame in self._tags.items() if name.upper() == key]
        return self._tags.get(key)


_ID3, _VORBIS, _MP4, _APE, _ASF = range(5)


def _family(tags: Any) -> int:
    if isinstance(tags, ID3):
        return _ID3
    if isinstance(tags, MP4Tags):
        return _MP4
    if isinstance(tags, APEv2):
        return _APE
    return _ASF if isinstance(tags, ASFTags) else _VORBIS


def _texts(key: str, value: Any) -> Iterator[str]:
    """What mutagen gives for a key, as texts: a frame, a list, a number or bytes, as the format has it."""
    if value is None:
        return
    if key == "TCON":
        # mutagen spells out ID3v1's numbers, "(17)" and "17", in this property only.
        value = value.genres
    elif hasattr(value, "text"):
        value = value.text
    elif isinstance(value, ASFBaseAttribute):
        value = value.value
        if isinstance(value, bytes):
            # A picture, say.
            return
    if isinstance(value, bytes):
        is_utf16 = getattr(value, "dataformat", None) == AtomDataType.UTF16
        yield value[: 4 * LONGEST_TEXT].decode("utf-16-be" if is_utf16 else "utf-8", "replace")
    elif isinstance(value, str):
        yield value
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts("", one)
    elif isinstance(value, (int, float)):
        yield str(value)


def _number(text: str, low: float, high: float) -> float | None:
    match = re.match(r"\s*(\d{1,4}(?:[.,]\d{1,3})?)", text)
    if match is None:
        return None
    number = float(match[1].replace(",", "."))
    return number if low <= number <= high else None


def _length(file: Any) -> float:
    seconds = getattr(file.info, "length", 0.0)
    is_plain = isinstance(seconds, (int, float)) and 0 <= seconds < 1e7
    return float(seconds) if is_plain else 0.0


def _reason(error: BaseException) -> str:
    inner = error.args[0] if isinstance(error, mutagen.MutagenError) and error.args else error
    if isinstance(inner, OSError) and inner.strerror:
        return inner.strerror
    if not isinstance(error, mutagen.MutagenError):
        # "unpack requires a buffer of 4 bytes" says nothing to a person.
        return f"it is damaged ({type(error).__name__})"
    return clean(str(inner))[:80] or type(error).__name__


def _bound_frames() -> None:
    """Keep mutagen from spending minutes, or gigabytes, on one ID3 frame.

    It copies what is left of a frame for each of its values, so that five
    million empty ones take minutes, and it inflates a compressed frame of any
    size at once, which no tagger writes. It offers no setting for either.
    """
    parse = Frame._fromData.__func__

    def parse_bounded(cls: Any, header: Any, flags: int, data: bytes) -> Any:
        compressed = Frame.FLAG24_COMPRESS if header.version >= (2, 4, 0) else Frame.FLAG23_COMPRESS
        if header.version >= (2, 3, 0) and flags & compressed:
            raise ID3JunkFrameError("compressed")
        if len(data) <= _LONGEST_FRAME:
            return parse(cls, header, flags, data)
        for fewer in range(3):
            try:
                return parse(cls, header, flags, data[: _LONGEST_FRAME - fewer])
            except ID3JunkFrameError:
                # Cut in the middle of a character, which is up to 4 bytes.
                continue
        return parse(cls, header, flags, data[: _LONGEST_FRAME - 3])

    Frame._fromData = classmethod(parse_bounded)


_bound_frames()
