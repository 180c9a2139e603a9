"""Playlists, out and in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moodplayer.domain import Track
from moodplayer.errors import LibraryError
from moodplayer.library.playlists import read_m3u, read_playlist, write_m3u


@pytest.fixture
def tracks(tmp_path: Path) -> list[Track]:
    paths = [tmp_path / "music" / name for name in ("a.flac", "höher 題.mp3")]
    paths[0].parent.mkdir()
    for path in paths:
        path.touch()
    return [Track(path, path.stem, "artist", length=61.4) for path in paths]


def test_what_is_written_is_read(tmp_path: Path, tracks: list[Track]) -> None:
    playlist = tmp_path / "lists.m3u8"
    write_m3u(playlist, tracks)
    assert [path.resolve() for path in read_m3u(playlist)] == [track.path for track in tracks]
    lines = playlist.read_text("utf-8").splitlines()
    assert lines[:3] == ["#EXTM3U", "#EXTINF:61,artist - a", "music/a.flac"]


@pytest.mark.parametrize(
    ("head", "end", "encoding"),
    [("#EXTM3U\n", "\n", "utf-8"), ("", "\r\n", "utf-8"), ("", "\n", "utf-8-sig"), ("", "\n", "latin-1")],
)
def test_playlists_of_others_are_read(tmp_path: Path, head: str, end: str, encoding: str) -> None:
    (tmp_path / "café.mp3").touch()
    playlist = tmp_path / "other.m3u"
    playlist.write_bytes(f"{head}café.mp3{end}gone.mp3{end}".encode(encoding))
    assert [path.name for path in read_m3u(playlist)] == ["café.mp3"]


def test_names_that_playlists_stumble_over_come_back(tmp_path: Path) -> None:
    names = [b"#1 hit.mp3", b" lead.mp3", b"trail.mp3 ", "line\u2028sep.mp3".encode(), b"caf\xe9.mp3"]
    names += ["höher.mp3".encode(), b"next\xc2\x85line.mp3"]
    paths = [tmp_path / os.fsdecode(name) for name in names]
    for path in paths:
        path.touch()
    write_m3u(tmp_path / "list.m3u8", [Track(path, "title") for path in paths])
    assert read_m3u(tmp_path / "list.m3u8") == paths


def test_what_no_playlist_can_name_is_left_out(tmp_path: Path, tracks: list[Track]) -> None:
    odd = tmp_path / "two\nlines.mp3"
    odd.touch()
    write_m3u(tmp_path / "list.m3u8", [Track(odd, "odd"), *tracks])
    assert read_m3u(tmp_path / "list.m3u8") == [track.path for track in tracks]
    assert "odd" not in (tmp_path / "list.m3u8").read_text("utf-8")


def test_a_playlist_from_windows_names_its_files(tmp_path: Path, tracks: list[Track]) -> None:
    (tmp_path / "list.m3u").write_bytes(b"#EXTM3U\r\nmusic\\a.flac\r\n")
    assert read_m3u(tmp_path / "list.m3u") == [tracks[0].path]


@pytest.mark.parametrize(
    "line", [b"x" * 5000, b"a\0b", b"\xff\xfe", b"http://example.org/stream", b".", b"/"]
)
def test_lines_that_mean_no_file_are_left_out(tmp_path: Path, tracks: list[Track], line: bytes) -> None:
    (tmp_path / "list.m3u").write_bytes(line + b"\nmusic/a.flac\n")
    assert read_m3u(tmp_path / "list.m3u") == [tracks[0].path]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, tracks: list[Track]) -> None:
    with pytest.raises(LibraryError, match="nowhere"):
        write_m3u(tmp_path / "nowhere" / "list.m3u8", tracks)


def test_what_is_missing_is_named(tmp_path: Path, tracks: list[Track]) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\nmusic/a.flac\nmusic/\x1b[31mgone.mp3\n", "utf-8")
    playlist = read_playlist(tmp_path / "list.m3u8")
    assert playlist.files == (tracks[0].path,)
    assert playlist.missing == ("music/ [31mgone.mp3",)


def test_an_address_of_a_file_names_it(tmp_path: Path, tracks: list[Track]) -> None:
    (tmp_path / "list.m3u").write_text(f"{tracks[1].path.as_uri()}\n", "utf-8")
    assert read_m3u(tmp_path / "list.m3u") == [tracks[1].path]


def test_behind_a_link_a_playlist_still_finds_its_files(tmp_path: Path, tracks: list[Track]) -> None:
    (tmp_path / "x" / "y").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "x" / "y")
    write_m3u(tmp_path / "link" / "list.m3u8", tracks)
    assert read_m3u(tmp_path / "x" / "y" / "list.m3u8") == [track.path for track in tracks]
