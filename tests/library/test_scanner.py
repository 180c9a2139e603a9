"""Folders to index."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import mutagen
import pytest
from audio import make

from moodplayer.domain import Emotion, ScanProgress
from moodplayer.errors import LibraryError
from moodplayer.library import index as index_module
from moodplayer.library import scanner
from moodplayer.library.index import Index


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """Six files in two folders."""
    for folder in ("a", "b/c"):
        (tmp_path / "music" / folder).mkdir(parents=True)
        for number in range(3):
            make(tmp_path / "music" / folder / f"{number}.flac")
    return tmp_path / "music"


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "index" / "index.sqlite3") as index:
        yield index


def titles(index: Index, root: Path) -> list[str]:
    return [track.title for track in index.tracks([root])]


def test_all_files_are_found_below_all_folders(index: Index, music: Path) -> None:
    report = scanner.scan([music], index)
    assert (report.tracks, report.added, report.updated, report.removed) == (6, 6, 0, 0)
    assert titles(index, music) == ["0", "1", "2", "0", "1", "2"]


def test_only_what_has_changed_is_read_again(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner.scan([music], index)
    file = mutagen.File(music / "a" / "1.flac")
    file["genre"] = "Doom Metal"
    file.save()
    read = []
    real = scanner.read_tags
    monkeypatch.setattr(scanner, "read_tags", lambda path: read.append(path) or real(path))
    report = scanner.scan([music], index)
    assert read == [music / "a" / "1.flac"]
    assert (report.added, report.updated) == (0, 1)
    assert index.tracks([music / "a" / "1.flac"])[0].genre == "Doom Metal"


def test_what_is_gone_leaves_the_index_and_what_was_done_with_it_stays(index: Index, music: Path) -> None:
    scanner.scan([music], index)
    gone = music / "a" / "0.flac"
    index.record_play(gone, Emotion.SAD)
    gone.unlink()
    assert scanner.scan([music], index).removed == 1
    assert len(titles(index, music)) == 5
    assert gone in index.history().played


def test_a_disk_that_is_away_empties_nothing(index: Index, music: Path, tmp_path: Path) -> None:
    scanner.scan([music], index)
    music.rename(tmp_path / "away")
    with pytest.raises(LibraryError, match="music") as caught:
        scanner.scan([music], index)
    assert caught.value.hint
    assert len(titles(index, music)) == 6


def test_one_folder_of_two_that_is_away_is_named(index: Index, music: Path, tmp_path: Path) -> None:
    report = scanner.scan([music, tmp_path / "nowhere"], index)
    assert report.tracks == 6
    assert [path for path, _ in report.unreadable] == [tmp_path / "nowhere"]


def test_a_folder_that_must_not_be_listed_loses_nothing(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scanner.scan([music], index)
    real = os.scandir

    def scandir(path: Path) -> object:
        if Path(path).name == "c":
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert scanner.scan([music], index).removed == 0
    assert len(titles(index, music)) == 6


def test_links_in_a_circle_end(index: Index, music: Path) -> None:
    (music / "b" / "c" / "round").symlink_to(music)
    (music / "nowhere.flac").symlink_to(music / "nothing")
    assert scanner.scan([music], index).tracks == 6


def test_a_link_to_itself_hides_none_of_its_neighbours(index: Index, music: Path) -> None:
    for name in ("0 first", "a/loop", "z last"):
        (music / name).symlink_to(music / name)
    assert scanner.scan([music], index).tracks == 6


def test_a_folder_keeps_its_name_when_a_link_leads_to_it_too(index: Index, music: Path) -> None:
    for name in ("0", "zz", "b/link"):
        (music / name).symlink_to(music / "a")
    scanner.scan([music], index)
    assert {track.path.parent for track in index.tracks([music])} == {music / "a", music / "b" / "c"}


def test_a_file_from_the_far_future_is_as_good_as_another(index: Index, music: Path) -> None:
    file = music / "a" / "0.flac"
    os.utime(file, (1 << 34, 1 << 34))
    assert scanner.scan([music], index).added == 6
    report = scanner.scan([music], index)
    assert (report.tracks, report.updated) == (6, 0)


def test_a_file_that_was_refused_is_read_once_it_is_granted(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> object:
        raise mutagen.MutagenError(PermissionError(13, "Permission denied"))

    with monkeypatch.context() as patch:
        patch.setattr(mutagen, "File", refuse)
        report = scanner.scan([music], index)
        assert [reason for _, reason in report.unreadable] == ["it cannot be read: Permission denied"] * 6
    report = scanner.scan([music], index)
    assert (report.tracks, report.unreadable) == (6, ())


def test_a_broken_file_is_not_read_again_until_it_changes(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (music / "broken.mp3").write_bytes(b"\0" * 100)
    scanner.scan([music], index)
    read = []
    monkeypatch.setattr(scanner, "read_tags", read.append)
    assert len(scanner.scan([music], index).unreadable) == 1
    assert read == []


def test_progress_is_told_while_folders_are_still_listed(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanner, "_INTERVAL", 0)
    told: list[ScanProgress] = []
    scanner.scan([music], index, on_progress=told.append)
    assert ScanProgress(3, 0) in told


def test_a_folder_named_like_a_file_is_a_folder(index: Index, music: Path) -> None:
    (music / "a").rename(music / "Live.mp3")
    assert scanner.scan([music], index).tracks == 6


def test_a_broken_file_is_one_row_with_its_reason(index: Index, music: Path) -> None:
    (music / "broken.mp3").write_bytes(b"\0" * 100)
    report = scanner.scan([music], index)
    assert report.tracks == 6
    assert [path.name for path, _ in report.unreadable] == ["broken.mp3"]
    shutil.copy(make(music / "whole.mp3"), music / "broken.mp3")
    assert scanner.scan([music], index).unreadable == ()


def test_a_name_that_is_not_utf8_comes_back_as_it_was(index: Index, music: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(music) + b"/caf\xe9.flac"))
    (music / "a" / "0.flac").rename(odd)
    scanner.scan([music], index)
    assert odd in [track.path for track in index.tracks([music])]
    assert all(track.path.exists() for track in index.tracks([music]))


def test_progress_goes_from_nothing_to_all(index: Index, music: Path) -> None:
    told: list[ScanProgress] = []
    scanner.scan([music], index, on_progress=told.append)
    assert told[0].done == 0
    assert told[-1] == ScanProgress(6, 6, finished=True)


def test_when_cancelled_it_keeps_what_it_has(index: Index, music: Path) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    scanner.scan([music], index, cancelled=cancelled)
    assert len(titles(index, music)) < 6
    assert scanner.scan([music], index).tracks == 6


def test_killed_in_the_middle_it_is_whole_the_next_time(tmp_path: Path, music: Path) -> None:
    for number in range(400):
        shutil.copy(music / "a" / "0.flac", music / f"{number}.flac")
    file = tmp_path / "killed.sqlite3"
    code = (
        "import sys; from pathlib import Path\n"
        "from moodplayer.library import scanner; from moodplayer.library.index import Index\n"
        "scanner.BATCH_FILES = 20\n"
        "real, count = scanner.read_tags, 0\n"
        "def read(path):\n"
        "    global count; count += 1\n"
        "    if count == 150: print('now', flush=True); sys.stdin.read()\n"
        "    return real(path)\n"
        "scanner.read_tags = read\n"
        "with Index(Path(sys.argv[1])) as index: scanner.scan([Path(sys.argv[2])], index)\n"
    )
    command = [sys.executable, "-c", code, str(file), str(music)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        process.send_signal(signal.SIGKILL)
    with Index(file) as index:
        assert 100 <= index.count([music]) < 160
        report = scanner.scan([music], index)
        assert report.tracks == 406
        assert report.added < 306


def test_a_damaged_index_is_set_aside(tmp_path: Path, music: Path) -> None:
    file = tmp_path / "index.sqlite3"
    file.write_bytes(b"not a database, by any means" * 100)
    with Index(file) as index:
        assert scanner.scan([music], index).tracks == 6
    assert file.with_suffix(".damaged").exists()


def test_an_index_that_cannot_be_made_says_where(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(LibraryError, match="index") as caught:
        Index(tmp_path / "file" / "index.sqlite3")
    assert caught.value.hint


def test_a_new_genre_tree_moves_tracks_without_reading_them(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = mutagen.File(music / "a" / "1.flac")
    file["genre"] = "Doom Metal"
    file.save()
    with Index(tmp_path / "i.sqlite3") as index:
        scanner.scan([music], index)
        before = index.tracks([music / "a" / "1.flac"])[0]
    with sqlite3.connect(tmp_path / "i.sqlite3") as db:
        db.execute("UPDATE tracks SET valence = 0.9, evidence_text = 'old'")
    monkeypatch.setattr(index_module, "TABLE_VERSION", "another")
    with Index(tmp_path / "i.sqlite3") as index:
        assert index.tracks([music / "a" / "1.flac"])[0] == before


def test_history_keeps_plays_skips_and_likes(index: Index) -> None:
    path = Path("/music/a.flac")
    index.record_play(path, Emotion.SAD)
    index.record_skip(path, Emotion.SAD)
    index.record_skip(path, Emotion.SAD)
    index.record_like(path)
    history = index.history()
    assert path in history.played
    assert history.skipped == {(path, Emotion.SAD): 2}
    assert history.liked == {path}


def test_two_may_have_it_open(tmp_path: Path, music: Path) -> None:
    file = tmp_path / "i.sqlite3"
    with Index(file) as one, Index(file) as other:
        scanner.scan([music], one)
        other.record_play(music / "a" / "0.flac", Emotion.HAPPY)
        assert other.count() == 6
        assert len(one.history().played) == 1
