"""Tags of every kind, and of the unkind."""

from __future__ import annotations

import os
import random
import struct
import sys
import tracemalloc
import unicodedata
import zlib
from pathlib import Path
from typing import Any

import mutagen
import pytest
from audio import SECONDS, SUFFIXES, make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.id3 import (
    ID3,
    TALB,
    TBPM,
    TCMP,
    TCON,
    TDRC,
    TIT2,
    TKEY,
    TMOO,
    TPE1,
    TPE2,
    TPOS,
    TRCK,
    TXXX,
    Frames,
)
from mutagen.mp4 import MP4FreeForm, MP4Tags

from moodplayer.domain import Tags
from moodplayer.errors import TagsError
from moodplayer.library.fields import FIELDS, MEASURES
from moodplayer.library.moods import track_of
from moodplayer.library.tags import LONGEST_TEXT, clean, in_range, read_tags

VORBIS_NAMES = [name for row in FIELDS.values() for name in row[1]] + [
    n for row in MEASURES.values() for n in row
]
FRAMES = ["TIT2", "TPE1", "TPE2", "TALB", "TCON", "TMOO", "TBPM", "TKEY", "TDRC", "TRCK", "TPOS", "TCMP"]
FRAMES += ["mood", "genre", "replaygain_track_gain", "mood_happy", "valence", "energy"]

WANTED = {"title": "Tîtle 題", "artist": "Ärtist", "album": "Álbum", "bpm": 128.0, "key": "Am"}


def tag(path: Path) -> None:
    """Write WANTED, two genres and a mood, as taggers do in that format."""
    file: Any = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    tags = file.tags
    if isinstance(tags, ID3):
        tags.add(TIT2(encoding=3, text=WANTED["title"]))
        tags.add(TPE1(encoding=3, text=WANTED["artist"]))
        tags.add(TALB(encoding=3, text=WANTED["album"]))
        tags.add(TCON(encoding=3, text=["Doom Metal", "Sludge"]))
        tags.add(TMOO(encoding=3, text="Melancholy"))
        tags.add(TBPM(encoding=3, text="128"))
        tags.add(TKEY(encoding=3, text="Am"))
    elif isinstance(tags, MP4Tags):
        tags["\xa9nam"], tags["\xa9ART"], tags["\xa9alb"] = WANTED["title"], WANTED["artist"], WANTED["album"]
        tags["\xa9gen"], tags["tmpo"] = ["Doom Metal", "Sludge"], [128]
        tags["----:com.apple.iTunes:MOOD"] = MP4FreeForm(b"Melancholy")
        tags["----:com.apple.iTunes:initialkey"] = MP4FreeForm(b"Am")
    else:
        asf = isinstance(tags, ASFTags)
        names = {
            "Title": WANTED["title"],
            "Author" if asf else "Artist": WANTED["artist"],
            "WM/AlbumTitle" if asf else "Album": WANTED["album"],
            "WM/Genre" if asf else "Genre": ["Doom Metal", "Sludge"],
            "WM/Mood" if asf else "Mood": "Melancholy",
            "WM/BeatsPerMinute" if asf else "BPM": "128",
            "WM/InitialKey" if asf else "InitialKey": "Am",
        }
        for name, value in names.items():
            tags[name] = value
    file.save()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_format_says_all_it_can(tmp_path: Path, suffix: str) -> None:
    path = make(tmp_path / f"file.{suffix}")
    tag(path)
    tags = read_tags(path)
    assert {name: getattr(tags, name) for name in WANTED} == WANTED
    assert tags.genres == ("Doom Metal", "Sludge")
    assert tags.moods == ("Melancholy",)
    assert tags.length == pytest.approx(SECONDS, abs=0.15)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_without_tags_the_file_name_is_the_title(tmp_path: Path, suffix: str) -> None:
    tags = read_tags(make(tmp_path / f"03 untitled.{suffix}"), below=tmp_path)
    assert tags.title == "03 untitled"
    assert (tags.artist, tags.album, tags.genres, tags.moods, tags.bpm) == ("", "", (), (), None)


EVERY_FIELD = {
    "flac": {
        "AlbumArtist": "Various",
        "DATE": "1997-05-21",
        "TRACKNUMBER": "03/12",
        "DISCNUMBER": "2",
        "REPLAYGAIN_TRACK_GAIN": "-7.25 dB",
        "REPLAYGAIN_ALBUM_GAIN": "-6.5 dB",
        "COMPILATION": "1",
        "MOOD_HAPPY": "0.91",
        "energy": "0.75",
    },
    "mp3": [
        TPE2(encoding=3, text="Various"),
        TDRC(encoding=3, text="1997-05-21"),
        TRCK(encoding=3, text="03/12"),
        TPOS(encoding=3, text="2"),
        TXXX(encoding=3, desc="replaygain_track_gain", text="-7.25 dB"),
        TXXX(encoding=3, desc="REPLAYGAIN_ALBUM_GAIN", text="-6.5 dB"),
        TCMP(encoding=3, text="1"),
        TXXX(encoding=3, desc="ab:hi:mood_happy:happy", text="0.91"),
        TXXX(encoding=3, desc="Energy", text="75"),
    ],
    "m4a": {
        "aART": "Various",
        "\xa9day": "1997-05-21",
        "trkn": [(3, 12)],
        "disk": [(2, 2)],
        "----:com.apple.iTunes:REPLAYGAIN_TRACK_GAIN": MP4FreeForm(b"-7.25 dB"),
        "----:com.apple.iTunes:replaygain_album_gain": MP4FreeForm(b"-6.5 dB"),
        "cpil": True,
        "----:com.apple.iTunes:mood_happy": MP4FreeForm(b"0.91"),
        "----:com.apple.iTunes:energy": MP4FreeForm(b"0.75"),
    },
    "wv": {
        "Album Artist": "Various",
        "Year": "1997-05-21",
        "Track": "3/12",
        "Disc": "2",
        "REPLAYGAIN_TRACK_GAIN": "-7.25 dB",
        "Replaygain_Album_Gain": "-6.5 dB",
        "Compilation": "1",
        "mood_happy": "0.91",
        "Energy": "0.75",
    },
    "wma": {
        "WM/AlbumArtist": "Various",
        "WM/Year": "1997-05-21",
        "WM/TrackNumber": 3,
        "WM/PartOfSet": "2/2",
        "replaygain_track_gain": "-7.25 dB",
        "REPLAYGAIN_ALBUM_GAIN": "-6.5 dB",
        "WM/IsCompilation": True,
        "MOOD_HAPPY": "0.91",
        "Energy": "0.75",
    },
}


@pytest.mark.parametrize("suffix", EVERY_FIELD)
def test_the_lesser_fields_are_read_from_every_family(tmp_path: Path, suffix: str) -> None:
    path = make(tmp_path / f"file.{suffix}")
    said = EVERY_FIELD[suffix]
    file: Any = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    for name, value in said.items() if isinstance(said, dict) else ((f.HashKey, f) for f in said):
        file.tags[name] = value
    file.save()
    tags = read_tags(path)
    assert (tags.album_artist, tags.artist, tags.date, tags.year) == (
        "Various",
        "Various",
        "1997-05-21",
        1997,
    )
    assert (tags.number, tags.disc, tags.gain, tags.album_gain) == (3, 2, -7.25, -6.5)
    assert tags.is_compilation
    assert dict(tags.measures) == {"happy": 0.91, "energy": 0.5}


def test_opus_has_its_gain_in_steps_of_its_own(tmp_path: Path) -> None:
    path = make(tmp_path / "file.opus")
    file: Any = mutagen.File(path)
    file["R128_TRACK_GAIN"] = "-512"
    file.save()
    assert read_tags(path).gain == 3.0


@pytest.mark.parametrize(
    ("measured", "on_one_scale"),
    [
        ({"happy": 91.0}, {"happy": 0.91}),
        ({"valence": 0.5, "energy": 1.0}, {"valence": 0.0, "energy": 1.0}),
        ({"valence": 9.0, "arousal": 1.5}, {"valence": 1.0, "arousal": -0.875}),
        ({"valence": -0.4, "arousal": 0.6}, {"valence": -0.4, "arousal": 0.6}),
        ({"energy": 10.0}, {"energy": 1.0}),
        ({"valence": 75.0}, {"valence": 0.5}),
        ({"happy": -3.0, "valence": 4000.0}, {}),
    ],
)
def test_measures_of_every_scale_come_to_one(
    measured: dict[str, float], on_one_scale: dict[str, float]
) -> None:
    assert dict(in_range(measured)) == on_one_scale


@pytest.mark.parametrize(
    ("inside", "artist", "album"),
    [
        ("song.mp3", "", ""),
        ("Blue/song.mp3", "", "Blue"),
        ("Joni Mitchell/Blue/song.mp3", "Joni Mitchell", "Blue"),
        ("Folk/Joni Mitchell/Blue/CD 1/song.mp3", "Joni Mitchell", "Blue"),
    ],
)
def test_folders_stand_in_for_artist_and_album(tmp_path: Path, inside: str, artist: str, album: str) -> None:
    path = tmp_path / inside
    path.parent.mkdir(parents=True, exist_ok=True)
    tags = read_tags(make(path), below=tmp_path)
    assert (tags.artist, tags.album) == (artist, album)


def test_each_missing_field_is_filled_alone(tmp_path: Path) -> None:
    folder = tmp_path / "Joni Mitchell" / "Blue"
    folder.mkdir(parents=True)
    assert mp3(folder, TALB(encoding=3, text="Hejira")).artist == "Joni Mitchell"
    assert mp3(folder, TPE1(encoding=3, text="J. Mitchell")).album == "Blue"
    assert mp3(folder.parent, TPE1(encoding=3, text="joni mitchell")).album == ""


def riff_text(name: bytes, text: bytes, order: str) -> bytes:
    return name + struct.pack(order + "I", len(text)) + text + bytes(len(text) % 2)


def test_a_wav_says_what_its_info_list_says(tmp_path: Path) -> None:
    path = make(tmp_path / "file.wav")
    said = {b"INAM": "Tîtle".encode(), b"IART": "Ärtist".encode("cp1252"), b"IGNR": b"17", b"ICRD": b"1997"}
    info = b"INFO" + b"".join(riff_text(*item, "<") for item in said.items())
    content = path.read_bytes() + riff_text(b"LIST", info, "<")
    path.write_bytes(b"RIFF" + struct.pack("<I", len(content) - 8) + content[8:])
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.genres, tags.year) == ("Tîtle", "Ärtist", ("Rock",), 1997)


def test_an_aiff_says_what_its_chunks_say(tmp_path: Path) -> None:
    path = make(tmp_path / "file.aiff")
    said = riff_text(b"NAME", b"Title", ">") + riff_text(b"AUTH", b"Artist", ">")
    content = path.read_bytes() + said
    path.write_bytes(b"FORM" + struct.pack(">I", len(content) - 8) + content[8:])
    assert (read_tags(path).title, read_tags(path).artist) == ("Title", "Artist")


def test_an_mp3_may_have_the_tags_of_another_format(tmp_path: Path) -> None:
    path = make(tmp_path / "file.mp3")
    tags = APEv2()
    tags["Artist"], tags["Genre"] = "stays", "Fado"
    tags.save(path)
    assert (read_tags(path).artist, read_tags(path).genres) == ("stays", ("Fado",))


@pytest.mark.parametrize("version", [3, 4])
def test_old_versions_say_the_same(tmp_path: Path, version: int) -> None:
    path = make(tmp_path / "file.mp3")
    tags = ID3()
    for frame in (TIT2(encoding=3, text="T"), TDRC(encoding=3, text="1997"), TCON(encoding=3, text="17")):
        tags.add(frame)
    if version == 3:
        tags.update_to_v23()
    tags.save(path, v2_version=version, v1=0)
    assert (read_tags(path).title, read_tags(path).year, read_tags(path).genres) == ("T", 1997, ("Rock",))


def test_the_frames_of_id3_2_2_are_read(tmp_path: Path) -> None:
    def frame(name: bytes, text: bytes) -> bytes:
        return name + struct.pack(">I", len(text) + 1)[1:] + b"\0" + text

    frames = frame(b"TT2", b"Title") + frame(b"TP1", b"Artist") + frame(b"TP2", b"Various")
    frames += frame(b"TCO", b"(17)") + frame(b"TYE", b"1997") + frame(b"TRK", b"3") + frame(b"TBP", b"128")
    path = make(tmp_path / "file.mp3")
    path.write_bytes(
        b"ID3\2\0\0\0\0" + bytes((len(frames) >> 7, len(frames) & 127)) + frames + path.read_bytes()
    )
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.album_artist) == ("Title", "Artist", "Various")
    assert (tags.genres, tags.year, tags.number, tags.bpm) == (("Rock",), 1997, 3, 128)


def test_id3v1_alone_is_read(tmp_path: Path) -> None:
    path = make(tmp_path / "file.mp3")
    v1 = b"TAG" + b"Title".ljust(30, b"\0") + b"Artist".ljust(30, b"\0") + bytes(30) + b"1997" + bytes(28)
    path.write_bytes(path.read_bytes() + v1 + b"\0\3\x11")
    tags = read_tags(path)
    assert (tags.title, tags.artist, tags.genres, tags.number) == ("Title", "Artist", ("Rock",), 3)


def mp3(tmp_path: Path, *frames: Any) -> Tags:
    path = make(tmp_path / "file.mp3")
    tags = ID3()
    for frame in frames:
        tags.add(frame)
    tags.save(path)
    return read_tags(path)


@pytest.mark.parametrize(("said", "genre"), [("(17)", "Rock"), ("17", "Rock"), ("(4)Eurodisco", "Eurodisco")])
def test_genres_by_number_are_spelt_out(tmp_path: Path, said: str, genre: str) -> None:
    assert genre in mp3(tmp_path, TCON(encoding=3, text=said)).genres


def test_the_mood_that_other_taggers_write_is_found(tmp_path: Path) -> None:
    assert mp3(tmp_path, TXXX(encoding=3, desc="Mood", text="Eerie")).moods == ("Eerie",)


@pytest.mark.parametrize("said", ["0", "-3", "999999", "fast", "", "nan"])
def test_a_tempo_that_is_none_is_left_out(tmp_path: Path, said: str) -> None:
    tags = mp3(tmp_path, TBPM(encoding=3, text=said), TIT2(encoding=3, text="stays"))
    assert (tags.bpm, tags.title) == (None, "stays")


def test_escape_codes_and_direction_overrides_do_not_reach_a_person(tmp_path: Path) -> None:
    title = mp3(tmp_path, TIT2(encoding=3, text="a\x1b[2J\x1b]0;owned\x07b\u202egpj.exe\u200b\r\nc")).title
    assert title == "a [2J ]0;owned bgpj.exe c"


def test_ten_megabytes_of_title_are_cut(tmp_path: Path) -> None:
    title = mp3(tmp_path, TIT2(encoding=3, text="x" * 10_000_000)).title
    assert len(title) == LONGEST_TEXT


@pytest.mark.parametrize("character", ["é", "題", "😀"])
def test_a_title_is_not_lost_where_it_is_cut_inside_a_character(tmp_path: Path, character: str) -> None:
    title = mp3(tmp_path, TIT2(encoding=3, text="x" + character * 100_000)).title
    assert title.startswith("x" + character)
    assert len(title) == LONGEST_TEXT


@pytest.mark.timeout(30)
def test_millions_of_empty_values_do_not_hold_up_a_scan(tmp_path: Path) -> None:
    genres = TCON(encoding=3, text=[""] * 3_000_000)
    assert mp3(tmp_path, genres, TIT2(encoding=3, text="stays")).title == "stays"


def test_a_frame_that_inflates_without_end_loses_only_itself(tmp_path: Path) -> None:
    def size(number: int) -> bytes:
        return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))

    packed = size(0) + zlib.compress(b"\3" + b"x" * 50_000_000, 9)
    frames = b"TIT2" + size(len(packed)) + b"\0\x09" + packed
    frames += b"TPE1" + size(6) + b"\0\0\3stays"
    path = make(tmp_path / "bomb.mp3")
    path.write_bytes(b"ID3\4\0\0" + size(len(frames)) + frames + path.read_bytes())
    tracemalloc.start()
    tags = read_tags(path)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (tags.title, tags.artist) == ("bomb", "stays")
    assert most < 10_000_000


def test_the_first_tempo_that_is_one_counts(tmp_path: Path) -> None:
    said = (TBPM(encoding=3, text="0"), TXXX(encoding=3, desc="BPM", text="128"))
    assert mp3(tmp_path, *said).bpm == 128


def test_what_is_not_there_is_said_in_words(tmp_path: Path) -> None:
    with pytest.raises(TagsError, match="No such file") as caught:
        read_tags(tmp_path / "gone.mp3")
    assert str(tmp_path) not in caught.value.message
    assert caught.value.hint


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="Windows has no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp3")
    with pytest.raises(TagsError, match="no file"):
        read_tags(tmp_path / "pipe.mp3")


def test_a_thousand_genres_are_cut(tmp_path: Path) -> None:
    assert len(mp3(tmp_path, TCON(encoding=3, text=[f"genre {n}" for n in range(1000)])).genres) <= 20


def test_an_item_of_another_type_loses_only_itself(tmp_path: Path) -> None:
    path = make(tmp_path / "file.wv")
    tags = APEv2()
    tags["Title"] = "stays"
    tags["Genre"] = mutagen.apev2.APEValue(b"\xff\xd8\x00", mutagen.apev2.BINARY)
    tags.save(path)
    assert (read_tags(path).title, read_tags(path).genres) == ("stays", ())


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS has no file names that are not UTF-8")
def test_a_name_that_is_not_utf8_still_opens(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.flac"))
    make(tmp_path / "plain.flac").rename(odd)
    tags = read_tags(odd)
    assert tags.title == "caf\ufffd"
    assert tags.path == odd


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("harm", ["empty", "noise", "cut", "flipped"])
def test_a_broken_file_is_one_line_or_still_reads(tmp_path: Path, suffix: str, harm: str) -> None:
    path = make(tmp_path / f"file.{suffix}")
    tag(path)
    content = bytearray(path.read_bytes())
    rng = random.Random(suffix)
    if harm == "empty":
        content = bytearray()
    elif harm == "noise":
        content = bytearray(rng.randbytes(5000))
    elif harm == "cut":
        content = content[: len(content) // 3]
    else:
        for _ in range(60):
            content[rng.randrange(len(content))] = rng.randrange(256)
    path.write_bytes(content)
    try:
        tags = read_tags(path)
    except TagsError as error:
        assert "\n" not in error.message
        assert len(error.message) < 150
    else:
        assert tags.title


@given(st.text(max_size=400))
def test_no_text_reaches_a_person_with_a_control_character(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) <= LONGEST_TEXT
    assert not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in cleaned)
    assert clean(cleaned) == cleaned


WORDS = st.text(max_size=40) | st.sampled_from(
    ["\x1b[2J", "[bold]x[/]", "\u202e", "\x9b31m", "\0", "(17)", "nan"]
)


def is_for_eyes(text: str) -> bool:
    hidden = {"\u202e", "\u200b", "\u2066"}
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in hidden for c in text)


@given(st.dictionaries(st.sampled_from(VORBIS_NAMES), st.lists(WORDS, min_size=1, max_size=3)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_vorbis_comment_makes_reading_fail(tmp_path: Path, said: dict[str, list[str]]) -> None:
    path = tmp_path / "file.flac"
    if not path.exists():
        make(path)
    file: Any = mutagen.File(path)
    file.delete()
    for name, values in said.items():
        file[name] = [value.encode("utf-8", "replace").decode() for value in values]
    file.save()
    shown_of(read_tags(path))


@given(st.lists(st.tuples(st.sampled_from(FRAMES), WORDS), max_size=8))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_id3_frame_makes_reading_fail(tmp_path: Path, said: list[tuple[str, str]]) -> None:
    texts = [(name, text.encode("utf-8", "replace").decode()) for name, text in said]
    frames = [
        TXXX(encoding=3, desc=name, text=text) if name.islower() else Frames[name](encoding=3, text=text)
        for name, text in texts
    ]
    shown_of(mp3(tmp_path, *frames))


def shown_of(tags: Tags) -> None:
    """Everything that the screen may show of it is fit for eyes, the mood and its reasons among it."""
    track = track_of(tags)
    texts = (*tags.genres, *tags.moods, tags.key, tags.date, tags.album, tags.album_artist)
    assert all(map(is_for_eyes, (*texts, track.title, track.artist, track.genre, track.evidence.text)))
    assert track.title
    assert -1 <= track.mood.valence <= 1
    assert -1 <= track.mood.arousal <= 1
    assert 0 <= track.sure <= 1


@pytest.mark.parametrize(
    ("said", "real"), [("mp3", "flac"), ("flac", "mp3"), ("ogg", "opus"), ("wav", "ogg")]
)
def test_a_file_with_the_suffix_of_another_format_is_read_as_what_it_is(
    tmp_path: Path, said: str, real: str
) -> None:
    path = make(tmp_path / f"file.{real}")
    tag(path)
    assert read_tags(path.rename(tmp_path / f"file.{said}")).title == WANTED["title"]


def test_an_emoji_has_one_width_in_every_terminal() -> None:
    """A selector after it makes it two cells wide in one terminal and one in another."""
    assert clean("I \u2764\ufe0f you 1\ufe0f\u20e3") == "I \u2764 you 1\u20e3"
