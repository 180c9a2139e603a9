"""The demuxer follows a file's first bytes, never its name, and no file gets one that knows manifests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from moodplayer.playback.container import ANYTHING_MPEG, demuxer_of


@pytest.mark.parametrize(
    ("start", "demuxer"),
    [
        (b"fLaC\0\0\0\x22", "flac"),
        (b"OggS\0\2", "ogg"),
        (b"RIFF\0\0\0\0WAVE", "wav,avformat"),
        (b"FORM\0\0\0\0AIFF", "aiff,avformat"),
        (b"\0\0\0\x20ftypM4A ", "mp4"),
        (b"\xff\xfb\x90\0", ANYTHING_MPEG),
        (b"\xff\xf1\x50\x40", ANYTHING_MPEG),
        (b"wvpk", "avformat"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", ANYTHING_MPEG),
        (b"<?xml version='1.0'?>", ANYTHING_MPEG),
        (b"\x1f\x8b\x08\0", ANYTHING_MPEG),
        (b"", ANYTHING_MPEG),
    ],
)
@pytest.mark.parametrize("tag", [b"", b"ID3\x04\0\0\0\0\x02\x01" + bytes(257)], ids=["bare", "after ID3"])
def test_the_first_bytes_decide(tmp_path: Path, tag: bytes, start: bytes, demuxer: str) -> None:
    file = tmp_path / "any.mp3"
    file.write_bytes(tag + start)
    assert demuxer_of(file) == demuxer


@given(content=st.binary(max_size=40))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_any_bytes_have_a_demuxer(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "any"
    file.write_bytes(content)
    assert demuxer_of(file)


def test_a_tag_that_says_it_is_larger_than_the_file(tmp_path: Path) -> None:
    file = tmp_path / "any.mp3"
    file.write_bytes(b"ID3\x04\0\0\x7f\x7f\x7f\x7f")
    assert demuxer_of(file) == ANYTHING_MPEG


def test_what_cannot_be_opened_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        demuxer_of(tmp_path / "gone.mp3")
    with pytest.raises(OSError, match="no regular file"):
        demuxer_of(tmp_path)
