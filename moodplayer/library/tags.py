"""One audio file to its tags, by mutagen. What a file says is not to be trusted; text is cleaned here."""

from __future__ import annotations

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import mutagen

from moodplayer.domain import Tags
from moodplayer.errors import TagsError
from moodplayer.library.fields import MEASURES, RawValues, spelt
from moodplayer.library.frames import bound_frames
from moodplayer.library.opening import BROKEN, opened, tags_of

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

_NOT_FOR_EYES = re.compile(
    "[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Zero-width and direction-changing characters: they make text look like other text."""

_DISC_FOLDER = re.compile(r"(cd|dis[ck]|disque|vol(ume)?)[ ._-]*\d{1,2}\b.*", re.IGNORECASE)
"""A folder inside an album's."""

_R128_TO_REPLAYGAIN = 5.0
"""dB from -23 to -18 LUFS."""

_NOT_UTF8 = re.compile("[\ud800-\udfff]+")
"""How Python carries bytes that are not UTF-8 in text, and what UTF-16 was cut in half."""


def read_tags(path: Path, *, below: Path | None = None) -> Tags:
    """What the file says of itself; TagsError, in one line, if it cannot be read as audio.

    Each field stands alone: a broken one is left out, and the rest is read. A
    missing title is the file's name, a missing album the folder it lies in
    (past "CD 1"), a missing artist the folder around that; with `below`, the
    library's folder, only folders inside that count. The text holds no control
    characters; it is not escaped, since the screen reads no markup.
    """
    try:
        # A pipe that is called a.mp3 would wait for ever.
        is_file = stat.S_ISREG(os.stat(path).st_mode)  # noqa: PTH116  # twice as fast
        file = opened(path) if is_file else None
        tags = tags_of(path, file)
    except BROKEN as error:
        raise TagsError(f"it cannot be read: {_reason(error)}", "it may be damaged or misnamed") from error
    if file is None:
        said = "it is no audio that mutagen knows" if is_file else "it is no file"
        raise TagsError(said, "it may be damaged or misnamed")
    values = _Values(tags)
    album_artist = values.first("album_artist")
    artist = values.first("artist") or album_artist
    album = values.first("album")
    if not (artist and album):
        artist_folder, album_folder = _folders(path, below)
        artist = artist or artist_folder
        # A folder with an artist's name is the artist's, not an album's.
        album = album or ("" if album_folder.casefold() == artist.casefold() else album_folder)
    return Tags(
        path=path,
        title=values.first("title") or clean(path.stem),
        artist=artist,
        album=album,
        genres=values.genres(),
        moods=values.every("mood"),
        bpm=values.number("bpm", 20, 400),
        key=values.first("key")[:12],
        length=_length(file),
        album_artist=album_artist,
        date=values.first("date")[:32],
        number=_whole(values.number("number", 1, 9999)),
        disc=_whole(values.number("disc", 1, 999)),
        gain=values.gain("gain", "r128"),
        album_gain=values.gain("album_gain", "album_r128"),
        is_compilation=values.first("compilation").casefold() in ("1", "true", "yes"),
        measures=values.measures(),
    )


def clean(text: str) -> str:
    """Text as a person may see it: one line of at most LONGEST_TEXT characters.

    Control and escape characters, direction overrides and what is not visible
    are left out; what was not UTF-8 is shown as �. So is what only asks for an
    emoji's look: terminals disagree on how wide that makes it.
    """
    # Cut first: the rest need not be done for ten megabytes.
    text = text[: 4 * LONGEST_TEXT]
    text = text.replace("\ufe0f", "").replace("\ufe0e", "")
    if not text.isprintable():
        text = _NOT_FOR_EYES.sub("", text)
        text = _NOT_UTF8.sub("\ufffd", text)
        text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    text = " ".join(text.split())
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


class _Values:
    """The cleaned values of one file's tags, by the names of FIELDS."""

    def __init__(self, tags: Any) -> None:
        self._raw = RawValues(tags)

    def first(self, field: str) -> str:
        return next(self._of(field), "")

    def every(self, field: str) -> tuple[str, ...]:
        return _distinct(self._of(field))

    def genres(self) -> tuple[str, ...]:
        """Spelt out, where they are numbers."""
        return _distinct(name for text in self._of("genre") for name in spelt(text))

    def number(self, field: str, low: float, high: float) -> float | None:
        """The first that is one, from `low` to `high`."""
        if field not in self._raw.fields:
            return None
        numbers = (_number(text, low, high) for text in self._of(field))
        return next((number for number in numbers if number is not None), None)

    def gain(self, field: str, r128: str) -> float | None:
        """In dB against -18 LUFS."""
        gain = self.number(field, -60, 60)
        if gain is None and (steps := self.number(r128, -(2**15), 2**15)) is not None:
            gain = steps / 256 + _R128_TO_REPLAYGAIN
        return gain

    def measures(self) -> tuple[tuple[str, float], ...]:
        found: dict[str, float] = {}
        for name, texts in self._raw.measured():
            numbers = (_number(text, -100, 100) for text in self._each(iter((texts,))))
            number = next((number for number in numbers if number is not None), None)
            if number is not None:
                found[name] = number
        if not found:
            return ()
        # In the table's order, whatever the file's.
        return in_range({name: found[name] for name in MEASURES if name in found})

    def _of(self, field: str) -> Iterator[str]:
        return self._each(self._raw.of(field)) if field in self._raw.fields else iter(())

    def _each(self, places: Iterator[Iterator[str]]) -> Iterator[str]:
        """What is not empty of all that stands at these places, cleaned."""
        left = _MOST_LOOKED_AT
        while True:
            try:
                for values in places:
                    for value in values:
                        if text := clean(value):
                            yield text
                        left -= 1
                        if left <= 0:
                            return
            except BROKEN:
                # This place is broken; the others stand.
                continue
            return


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(dict.fromkeys(texts), _MOST_VALUES))


def in_range(measured: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    """Measures of every scale on one: probabilities in [0, 1], valence, arousal and energy in [-1, 1].

    More than 10 is taken as per cent; 1 to 10 as the scale of 1 to 9 on which
    people rated DEAM's and emoMusic's songs (Essentia's models follow it), for
    energy as Mixed In Key's of 1 to 10. A negative valence or arousal says that
    both are from -1 to 1 already. What is on no such scale is left out.
    """
    is_signed = any(measured.get(name, 0) < 0 for name in ("valence", "arousal"))
    found = []
    for name, value in measured.items():
        if name not in ("valence", "arousal", "energy"):
            value = value / 100 if value > 1 else value
        elif is_signed and name != "energy":
            pass
        elif value > 10:
            value = value / 50 - 1
        elif value > 1:
            value = 2 * (value - 1) / (9 if name == "energy" else 8) - 1
        else:
            value = 2 * value - 1
        if (-1 if name in ("valence", "arousal", "energy") else 0) <= value <= 1:
            found.append((name, round(value, 4)))
    return tuple(found)


def _folders(path: Path, below: Path | None) -> tuple[str, str]:
    """The names of the folders that stand for artist and album, cleaned; "" where there is none."""
    names = [folder.name for folder in path.parents]
    if below is not None:
        inside = len(path.parts) - len(below.parts) - 1
        names = names[:inside] if path.is_relative_to(below) else []
    if names and _DISC_FOLDER.fullmatch(names[0]):
        names = names[1:]
    album, artist = (*map(clean, names[:2]), "", "")[:2]
    return artist, album


def _number(text: str, low: float, high: float) -> float | None:
    match = re.match(r"\s*([+-]?\d{1,6}(?:[.,]\d{1,20})?)", text, re.ASCII)
    if match is None:
        return None
    number = float(match[1].replace(",", "."))
    return number if low <= number <= high else None


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


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


bound_frames()
