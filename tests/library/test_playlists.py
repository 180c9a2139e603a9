"""Playlists, out and in."""

from __future__ import annotations

from pathlib import Path

import pytest

from moodplayer.domain import Track
from moodplayer.errors import LibraryError
from moodplayer.library.playlists import read_m3u, write_m3u


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


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, tracks: list[Track]) -> None:
    with pytest.raises(LibraryError, match="nowhere"):
        write_m3u(tmp_path / "nowhere" / "list.m3u8", tracks)
