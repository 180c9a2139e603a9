"""Tags of every kind, and of the unkind."""

from __future__ import annotations

import os
import random
import sys
import tracemalloc
import unicodedata
import zlib
from pathlib import Path
from typing import Any

import mutagen
import pytest
from audio import SECONDS, SUFFIXES, make
from hypothesis import given
from hypothesis import strategies as st
from mutagen.apev2 import APEv2
from mutagen.asf import ASFTags
from mutagen.id3 import ID3, TALB, TBPM, TCON, TIT2, TKEY, TMOO, TPE1, TXXX
from mutagen.mp4 import MP4FreeForm, MP4Tags

from moodplayer.domain import Tags
from moodplayer.errors import TagsError
from moodplayer.library.tags import LONGEST_TEXT, clean, read_tags

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
    tags = read_tags(make(tmp_path / f"03 untitled.{suffix}"))
    assert tags.title == "03 untitled"
    assert (tags.artist, tags.genres, tags.moods, tags.bpm) == ("", (), (), None)


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
