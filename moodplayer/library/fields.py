"""Which field of a track each format keeps where: one table, and how to read what stands there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mutagen.apev2 import APEv2
from mutagen.asf import ASFBaseAttribute, ASFTags
from mutagen.id3 import ID3, TCON, Frame, ID3TimeStamp
from mutagen.mp4 import AtomDataType, MP4Tags

ID3_TAGS, VORBIS, MP4, APE, ASF, CHUNKS = range(6)
"""The families of formats, in the order of FIELDS' columns."""

_LONGEST_VALUE = 1200
"""Bytes of a binary value that are read; far more than is shown of any."""

_NUMBERED = re.compile(r"\d{1,3}$|\(\d{1,3}\)", re.ASCII)

_ITUNES = "----:com.apple.iTunes:"

# ID3 frames (MP3, WAV, AIFF, TTA, AAC; mutagen gives ID3v2.2's and v1's the names of v2.4's), Vorbis comments
# (FLAC, Ogg, Opus), MP4 atoms, APEv2 items (APE, WavPack, Musepack), ASF attributes (WMA), and the chunks of
# a WAV's INFO list or an AIFF's own. The first that says something is the one; of genre and mood, all count.
# What follows "TXXX:" and "----:com.apple.iTunes:" is in lower case, for taggers disagree about it.
FIELDS: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "title": (("TIT2",), ("title",), ("\xa9nam",), ("Title",), ("Title",), ("INAM", "NAME")),
    "artist": (
        ("TPE1",),
        ("artist",),
        ("\xa9ART",),
        ("Artist",),
        ("Author",),
        ("IART", "AUTH"),
    ),
    "album_artist": (
        ("TPE2", "TXXX:albumartist", "TXXX:album artist"),
        ("albumartist", "album artist", "album_artist", "ensemble"),
        ("aART", _ITUNES + "albumartist"),
        ("Album Artist", "AlbumArtist"),
        ("WM/AlbumArtist",),
        (),
    ),
    "album": (("TALB",), ("album",), ("\xa9alb",), ("Album",), ("WM/AlbumTitle",), ("IPRD",)),
    "genre": (
        ("TCON", "TXXX:genre", "TXXX:style"),
        ("genre", "style"),
        ("\xa9gen", "gnre", _ITUNES + "genre", _ITUNES + "style"),
        ("Genre", "Style"),
        ("WM/Genre", "WM/GenreID"),
        ("IGNR",),
    ),
    "mood": (
        ("TMOO", "TXXX:mood"),
        ("mood",),
        (_ITUNES + "mood",),
        ("Mood",),
        ("WM/Mood", "MOOD"),
        (),
    ),
    "bpm": (
        ("TBPM", "TXXX:bpm", "TXXX:tempo", "TXXX:ab:lo:rhythm:bpm"),
        ("bpm", "tempo", "ab:lo:rhythm:bpm"),
        ("tmpo", _ITUNES + "bpm", _ITUNES + "tempo", _ITUNES + "ab:lo:rhythm:bpm"),
        ("BPM",),
        ("WM/BeatsPerMinute", "BPM"),
        ("IBPM",),
    ),
    "key": (
        ("TKEY", "TXXX:initialkey", "TXXX:key"),
        ("initialkey", "key"),
        (_ITUNES + "initialkey", _ITUNES + "key"),
        ("Initialkey", "KEY"),
        ("WM/InitialKey",),
        (),
    ),
    "date": (
        ("TDRC", "TDRL", "TDOR", "TXXX:year"),
        ("date", "year", "originaldate", "originalyear"),
        ("\xa9day",),
        ("Year", "Date"),
        ("WM/Year", "WM/OriginalReleaseYear"),
        ("ICRD",),
    ),
    "number": (
        ("TRCK",),
        ("tracknumber", "track"),
        ("trkn",),
        ("Track", "TrackNumber"),
        ("WM/TrackNumber", "WM/Track"),
        ("ITRK", "IPRT", "TRCK"),
    ),
    "disc": (("TPOS",), ("discnumber", "disc"), ("disk",), ("Disc", "DiscNumber"), ("WM/PartOfSet",), ()),
    "gain": (
        ("TXXX:replaygain_track_gain", "RVA2:track"),
        ("replaygain_track_gain",),
        (_ITUNES + "replaygain_track_gain",),
        ("Replaygain_Track_Gain",),
        ("replaygain_track_gain", "REPLAYGAIN_TRACK_GAIN"),
        (),
    ),
    "album_gain": (
        ("TXXX:replaygain_album_gain", "RVA2:album"),
        ("replaygain_album_gain",),
        (_ITUNES + "replaygain_album_gain",),
        ("Replaygain_Album_Gain",),
        ("replaygain_album_gain", "REPLAYGAIN_ALBUM_GAIN"),
        (),
    ),
    # Opus has its gains in 1/256 dB against -23 LUFS: RFC 7845, 5.2.1.
    "r128": ((), ("r128_track_gain",), (), (), (), ()),
    "album_r128": ((), ("r128_album_gain",), (), (), (), ()),
    "compilation": (
        ("TCMP", "TXXX:compilation"),
        ("compilation",),
        ("cpil",),
        ("Compilation",),
        ("WM/IsCompilation",),
        (),
    ),
}

# What programs measured. The classifiers of AcousticBrainz and Essentia as probabilities, as beets, Picard's
# plugin ("ab:hi:mood_happy:happy") and scripts name them; Mixed In Key's EnergyLevel of 1 to 10; and valence,
# arousal and energy as Spotify and Essentia name them.
MEASURES: Mapping[str, tuple[str, ...]] = {
    "happy": ("mood_happy", "ab:hi:mood_happy:happy"),
    "sad": ("mood_sad", "ab:hi:mood_sad:sad"),
    "aggressive": ("mood_aggressive", "ab:hi:mood_aggressive:aggressive"),
    "relaxed": ("mood_relaxed", "ab:hi:mood_relaxed:relaxed"),
    "party": ("mood_party", "ab:hi:mood_party:party"),
    "danceable": ("danceability", "danceable", "ab:hi:danceability:danceable"),
    "valence": ("valence",),
    "arousal": ("arousal",),
    "energy": ("energy", "energylevel"),
}


@dataclass(frozen=True, slots=True)
class Chunks:
    """What stands in the chunks of a WAV or AIFF file that mutagen passes over."""

    values: Mapping[str, str]


class RawValues:
    """The values of one file's tags by the names of FIELDS and MEASURES, as the file has them."""

    def __init__(self, tags: Any) -> None:
        self._family = _family(tags)
        # One pass over what there is, and not a search for each of the many names that a field may have.
        self._named: dict[str, list[Any]] = {}
        for key, value in _pairs(tags):
            self._named.setdefault(_normal(key, self._family), []).append(value)
        holders = _HOLDERS[self._family]
        self.fields = frozenset(field for key in self._named for field in holders.get(key, ()))
        """Those of FIELDS that the file has at all."""

    def of(self, field: str) -> Iterator[Iterator[str]]:
        """For each place where the file keeps `field`, its values.

        Those raise whatever mutagen does for a broken value.
        """
        for key in _KEYS[self._family][field]:
            if (values := self._named.get(key)) is not None:
                yield _texts_of(key, values)

    def measured(self) -> Iterator[tuple[str, Iterator[str]]]:
        """Likewise what programs measured, with its name in MEASURES."""
        names = _MEASURED[self._family]
        for key in names.keys() & self._named.keys():
            yield names[key], _texts_of(key, self._named[key])


def _pairs(tags: Any) -> Iterable[tuple[str, Any]]:
    if tags is None:
        return ()
    if isinstance(tags, Chunks):
        return tags.values.items()
    # Vorbis comments and ASF attributes are lists of pairs: as mappings they are searched for each name.
    pairs: Iterable[tuple[str, Any]] = tags if isinstance(tags, list) else tags.items()
    return pairs


def _normal(key: str, family: int) -> str:
    """A name as the tables below have it: in lower case, where taggers choose it."""
    if family == ID3_TAGS:
        return "TXXX:" + key[5:].lower() if key.startswith("TXXX:") else key
    if family == MP4:
        return _ITUNES + key[len(_ITUNES) :].lower() if key.startswith(_ITUNES) else key
    return key if family == CHUNKS else key.lower()


_KEYS = [
    {
        field: tuple(dict.fromkeys(_normal(key, family) for key in keys[family]))
        for field, keys in FIELDS.items()
    }
    for family in range(6)
]

_HOLDERS = [
    {key: [field for field in keys if key in keys[field]] for place in keys.values() for key in place}
    for keys in _KEYS
]

_PREFIXES = {ID3_TAGS: "TXXX:", MP4: _ITUNES}
_MEASURED = [
    {}
    if family == CHUNKS
    else {_PREFIXES.get(family, "") + key: name for name, keys in MEASURES.items() for key in keys}
    for family in range(6)
]


def _family(tags: Any) -> int:
    families = ((ID3, ID3_TAGS), (MP4Tags, MP4), (APEv2, APE), (ASFTags, ASF), (Chunks, CHUNKS))
    return next((family for kind, family in families if isinstance(tags, kind)), VORBIS)


def _texts_of(key: str, values: list[Any]) -> Iterator[str]:
    for value in values:
        yield from _texts(key, value)


def _texts(key: str, value: Any) -> Iterator[str]:
    """What mutagen gives for a key, as texts: a frame, a list, a number or bytes, as the format has it."""
    if isinstance(value, str):
        yield value
        return
    if key == "TCON":
        # mutagen spells out ID3v1's numbers, "(17)" and "17", in this property only.
        value = value.genres
    elif isinstance(value, Frame) and hasattr(value, "text"):
        value = value.text
    elif key.startswith("RVA2:"):
        value = value.gain
    elif isinstance(value, ASFBaseAttribute):
        value = value.value
        if isinstance(value, bytes):
            # A picture, say.
            return
    if isinstance(value, bytes):
        is_utf16 = getattr(value, "dataformat", None) == AtomDataType.UTF16
        yield value[:_LONGEST_VALUE].decode("utf-16-be" if is_utf16 else "utf-8", "replace")
    elif isinstance(value, str):
        # Of one frame or attribute.
        yield value
    elif isinstance(value, Sequence):
        for one in value:
            yield from _texts("", one)
    elif isinstance(value, (int, float)):
        yield str(value)
    elif isinstance(value, ID3TimeStamp):
        yield str(value.text)


def spelt(genre: str) -> list[str]:
    """The genres that ID3v1's numbers stand for: "17" and "(17)" for Rock, "(4)Eurodisco" for Disco and that.

    Whatever has no number is left as it is; numbers without a genre are left out.
    """
    if not _NUMBERED.match(genre):
        return [genre]
    return [name for name in TCON(encoding=3, text=[genre]).genres if name != "Unknown"]
