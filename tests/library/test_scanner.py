"""Folders to index."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import mutagen
import pytest
from audio import SUFFIXES, make

from moodplayer.domain import Counts, Deed, Emotion, History, ScanProgress, Track
from moodplayer.errors import LibraryError
from moodplayer.library import reader, readers, rules, scanner, tags
from moodplayer.library.index import Index
from moodplayer.library.rules import Rules
from moodplayer.library.schema import MIGRATIONS
from moodplayer.library.words import key


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
    real = reader.read_tags
    monkeypatch.setattr(reader, "read_tags", lambda path, **_: read.append(path) or real(path))
    report = scanner.scan([music], index)
    assert read == [music / "a" / "1.flac"]
    assert (report.added, report.updated) == (0, 1)
    assert index.tracks([music / "a" / "1.flac"])[0].genre == "Doom Metal"


def test_what_is_gone_leaves_the_index_and_what_was_done_with_it_stays(index: Index, music: Path) -> None:
    scanner.scan([music], index)
    gone = music / "a" / "0.flac"
    index.record(index.tracks([gone])[0], Emotion.SAD, Deed.FINISH)
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
    assert titles(index, music) == []
    assert index.count([music], away=True) == 6
    (tmp_path / "away").rename(music)
    report = scanner.scan([music], index)
    assert (report.tracks, report.added, report.updated, report.away) == (6, 0, 0, 0)


def test_an_empty_mount_point_is_a_disk_that_is_away(index: Index, music: Path, tmp_path: Path) -> None:
    scanner.scan([music], index)
    music.rename(tmp_path / "away")
    music.mkdir()
    report = scanner.scan([music], index)
    assert (report.tracks, report.removed, report.away) == (0, 0, 6)


def test_behind_a_link_to_a_disk_that_is_away_nothing_is_gone(
    index: Index, music: Path, tmp_path: Path
) -> None:
    (music / "b").rename(tmp_path / "disk")
    (music / "b").symlink_to(tmp_path / "disk")
    assert scanner.scan([music], index).tracks == 6
    (tmp_path / "disk").rename(tmp_path / "away")
    report = scanner.scan([music], index)
    assert (report.tracks, report.removed, report.away) == (3, 0, 3)


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
        patch.setattr(tags, "opened", refuse)
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
    monkeypatch.setattr(reader, "read_tags", lambda path, **_: read.append(path))
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


def killed_scan(file: Path, music: Path, after: float) -> None:
    """A scan of `music` in a process of its own, killed so many seconds after its start."""
    code = (
        "import sys; from pathlib import Path\n"
        "from moodplayer.library import readers, scanner; from moodplayer.library.index import Index\n"
        "scanner.BATCH_FILES = 7\n"
        "print('now', flush=True)\n"
        "with Index(Path(sys.argv[1])) as index: scanner.scan([Path(sys.argv[2])], index)\n"
    )
    command = [sys.executable, "-c", code, str(file), str(music)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "now\n"
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.kill()


def test_killed_at_random_moments_the_next_scan_ends_as_one_never_killed(tmp_path: Path, music: Path) -> None:
    for number in range(200):
        shutil.copy(music / "a" / "0.flac", music / f"{number}.flac")
    (music / "broken.mp3").write_bytes(b"\0" * 100)
    with Index(tmp_path / "whole.sqlite3") as index:
        scanner.scan([music], index)
        whole = index.tracks(), index.unreadable()
    moments = random.Random(20)
    for number in range(20):
        file = tmp_path / f"{number}.sqlite3"
        killed_scan(file, music, moments.uniform(0, 0.6))
        with Index(file) as index:
            scanner.scan([music], index)
            assert (index.tracks(), index.unreadable()) == whole


def test_killed_in_the_middle_it_is_whole_the_next_time(tmp_path: Path, music: Path) -> None:
    for number in range(400):
        shutil.copy(music / "a" / "0.flac", music / f"{number}.flac")
    file = tmp_path / "killed.sqlite3"
    code = (
        "import sys; from pathlib import Path\n"
        "from moodplayer.library import reader, readers, scanner\n"
        "from moodplayer.library.index import Index\n"
        "scanner.BATCH_FILES, readers.PARALLEL_FROM = 20, 1000\n"
        "real, count = reader.read_tags, 0\n"
        "def read(path, below=None):\n"
        "    global count; count += 1\n"
        "    if count == 150: print('now', flush=True); sys.stdin.read()\n"
        "    return real(path)\n"
        "reader.read_tags = read\n"
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
    monkeypatch.setattr(rules, "TABLE_VERSION", "another")
    with Index(tmp_path / "i.sqlite3") as index:
        assert index.tracks([music / "a" / "1.flac"])[0] == before


def test_a_new_rule_of_the_users_holds_at_once_and_until_it_is_gone(tmp_path: Path, music: Path) -> None:
    file = mutagen.File(music / "a" / "1.flac")
    file["genre"] = "Doom Metal"
    file.save()
    with Index(tmp_path / "i.sqlite3") as index:
        scanner.scan([music], index)
        before = index.tracks([music / "a" / "1.flac"])[0]
    with Index(tmp_path / "i.sqlite3", Rules(genres={key("Doom Metal"): Emotion.HAPPY.mood})) as index:
        ruled = index.tracks([music / "a" / "1.flac"])[0]
        assert ruled.mood == Emotion.HAPPY.mood
        assert str(ruled.evidence).startswith("your rule")
    with Index(tmp_path / "i.sqlite3") as index:
        assert index.tracks([music / "a" / "1.flac"])[0] == before


def test_a_file_without_tags_is_called_by_folders_of_the_library_only(index: Index, tmp_path: Path) -> None:
    (tmp_path / "music" / "Nina" / "Blue").mkdir(parents=True)
    make(tmp_path / "music" / "Nina" / "Blue" / "bare.flac")
    make(tmp_path / "music" / "alone.flac")
    for path in (tmp_path / "music").rglob("*.flac"):
        bare = mutagen.File(path)
        bare.delete()
    scanner.scan([tmp_path / "music"], index)
    scanner.scan([tmp_path / "music" / "Nina"], index, roots=[tmp_path / "music"])
    found = {track.title: (track.artist, track.album) for track in index.tracks()}
    assert found == {"bare": ("Nina", "Blue"), "alone": ("", "")}


def test_history_counts_deeds_by_track_artist_and_genre(index: Index) -> None:
    track = Track(Path("/music/a.flac"), "a", "Äon", genre="Doom Metal, Rock")
    expected = History()
    deeds = (Deed.FINISH, Deed.SKIP, Deed.SKIP, Deed.LIKE, Deed.LIKE, Deed.HEAR)
    for at, deed in enumerate(deeds):
        index.record(track, Emotion.SAD, deed, at=at)
        expected = expected.after(track, Emotion.SAD, deed, at)
    history = index.history()
    assert history == expected
    counts = Counts(likes=1, finishes=1, skips=2)
    assert history.tracks[track.path, Emotion.SAD] == history.artists["äon", Emotion.SAD] == counts
    assert history.genres["doom metal", Emotion.SAD] == history.genres["rock", Emotion.SAD] == counts
    assert history.played == {track.path: 5}
    index.record(track, Emotion.SAD, Deed.UNLIKE)
    assert not index.history().is_liked(track.path)


def test_what_was_learned_is_forgotten_where_and_when_asked(index: Index) -> None:
    for folder in ("a", "b"):
        track = Track(Path(f"/music/{folder}/1.flac"), "1", folder)
        index.record(track, Emotion.SAD, Deed.SKIP)
        index.record(track, Emotion.HAPPY, Deed.LIKE)
    assert index.forget([Path("/music/a")], Emotion.SAD) == Counts(skips=1)
    assert index.history().tracks.keys() == {
        (Path("/music/a/1.flac"), Emotion.HAPPY),
        (Path("/music/b/1.flac"), Emotion.HAPPY),
        (Path("/music/b/1.flac"), Emotion.SAD),
    }
    assert index.forget() == Counts(likes=2, skips=1)
    assert index.history() == History()


def test_an_index_of_the_first_version_keeps_its_tracks_and_deeds(tmp_path: Path, music: Path) -> None:
    file, path = tmp_path / "old.sqlite3", music / "a" / "0.flac"
    with closing(sqlite3.connect(file)) as db:
        db.executescript(MIGRATIONS[0])
        row = (os.fsencode(path), 1, 1, "old title", "artist", "album", '["Doom Metal", "Rock"]', "[]", 90.0)
        db.execute(
            f"INSERT INTO tracks VALUES ({', '.join('?' * 17)})",
            (*row, "Am", 60.0, "Doom Metal, Rock", 0, 0, 0, "", ""),
        )
        for table in ("plays", "skips"):
            db.execute(f"INSERT INTO {table} VALUES (?, 'sad', 5)", (row[0],))
        db.execute("INSERT INTO likes VALUES (?, 6)", (row[0],))
        db.execute("PRAGMA user_version = 1")
        db.commit()
    with Index(file) as index:
        [track] = index.tracks([music])
        assert (track.title, track.artist, track.genre, track.bpm) == (
            "old title",
            "artist",
            "Doom Metal, Rock",
            90.0,
        )
        assert track.mood.valence < 0
        assert track.sure > 0
        history = index.history()
        assert history.tracks[path, Emotion.SAD] == Counts(likes=1, finishes=1, skips=1)
        assert history.artists["artist", Emotion.SAD].skips == 1
        assert scanner.scan([music], index).updated == 1
        assert index.tracks([path])[0].title == "0"


def test_what_is_read_in_processes_is_what_is_read_without(
    tmp_path: Path, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suffix in SUFFIXES:
        make(music / f"one.{suffix}")
    (music / "broken.mp3").write_bytes(b"\0" * 100)
    found = []
    for parallel_from in (1000, 1):
        monkeypatch.setattr(readers, "PARALLEL_FROM", parallel_from)
        with Index(tmp_path / f"{parallel_from}.sqlite3") as index:
            scanner.scan([music], index)
            found.append((index.tracks(), index.unreadable()))
    assert found[0] == found[1]
    assert len(found[0][0]) == 6 + len(SUFFIXES)


def test_a_file_over_which_a_reader_dies_is_named_and_the_others_are_read(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dies = (
        "import os; from moodplayer.library import reader; real = reader.read; "
        "reader.read = lambda path, roots: os._exit(3) if path.name == '1.flac' else real(path); "
    )
    monkeypatch.setattr(
        readers, "COMMAND", readers.COMMAND.replace("from moodplayer", f"{dies}from moodplayer")
    )
    monkeypatch.setattr(readers, "PARALLEL_FROM", 1)
    report = scanner.scan([music], index)
    assert report.tracks == 4
    assert [(path.name, reason) for path, reason in report.unreadable] == [
        ("1.flac", "reading it ended the reader")
    ] * 2


def test_where_no_reader_starts_the_files_are_read_all_the_same(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "COMMAND", "raise SystemExit(1)")
    monkeypatch.setattr(readers, "PARALLEL_FROM", 1)
    assert scanner.scan([music], index).tracks == 6


def test_cancelling_does_not_wait_for_a_file_that_hangs(
    index: Index, music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = "import time; from moodplayer.library import reader; reader.read = lambda _: time.sleep(1000); "
    monkeypatch.setattr(
        readers, "COMMAND", readers.COMMAND.replace("from moodplayer", f"{hangs}from moodplayer")
    )
    monkeypatch.setattr(readers, "PARALLEL_FROM", 1)
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 20

    assert scanner.scan([music], index, cancelled=cancelled).tracks == 0


def test_two_may_have_it_open(tmp_path: Path, music: Path) -> None:
    file = tmp_path / "i.sqlite3"
    with Index(file) as one, Index(file) as other:
        scanner.scan([music], one)
        other.record(one.tracks()[0], Emotion.HAPPY, Deed.FINISH)
        assert other.count() == 6
        assert len(one.history().played) == 1
