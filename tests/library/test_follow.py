"""What changes in the library while the player runs."""

from __future__ import annotations

import os
import queue
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from audio import make

from moodplayer.library import upkeep
from moodplayer.library.follow import changed_folders, folders_of


@pytest.fixture
def music(tmp_path: Path) -> Path:
    (tmp_path / "music" / "a").mkdir(parents=True)
    make(tmp_path / "music" / "a" / "0.flac")
    return tmp_path / "music"


def test_what_comes_and_goes_is_in_the_tracks_given(music: Path) -> None:
    given: list[set[str]] = []
    came = threading.Condition()
    stop = threading.Event()

    def give(tracks: object, _: object) -> None:
        with came:
            given.append({track.path.name for track in tracks})  # type: ignore[attr-defined]
            came.notify_all()

    def wait_for(names: set[str], change: int) -> None:
        with came:
            # The watch begins at a moment that nobody tells: a change from before it is made again.
            while not came.wait_for(lambda: bool(given) and given[-1] == names, timeout=2):
                make(music / f"again {change}.flac").unlink()

    upkeep.read_library([music], lambda *_: None, lambda _: None, stop.is_set)
    follower = threading.Thread(target=upkeep.follow_library, args=([music], give, stop.is_set))
    follower.start()
    try:
        (music / "b").mkdir()
        make(music / "b" / "1.flac")
        wait_for({"0.flac", "1.flac"}, 1)
        (music / "a" / "0.flac").unlink()
        wait_for({"1.flac"}, 2)
    finally:
        stop.set()
        follower.join(20)
    assert not follower.is_alive()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are Unicode")
def test_a_name_that_is_not_utf8_ends_nothing_and_neither_does_a_folder_that_goes(music: Path) -> None:
    stop = threading.Event()
    changed: queue.Queue[list[Path]] = queue.Queue()

    def follow() -> None:
        for folders in changed_folders([music], stop.is_set):
            changed.put(folders)

    def soon(act: Callable[[], object]) -> None:
        """The watch begins at a moment that nobody tells: what came before it is done again."""
        while True:
            act()
            try:
                assert changed.get(timeout=5) == [music]
                return
            except queue.Empty:
                continue

    follower = threading.Thread(target=follow)
    follower.start()
    odd = Path(os.fsdecode(bytes(music) + b"/\xff\xfe.flac"))
    away = music.with_name("away")
    try:
        soon(odd.touch)
        odd.unlink()
        soon(lambda: make(music / "1.flac"))
        while not changed.empty():
            changed.get()
        music.rename(away)
        assert changed.get(timeout=20) == [music]
        away.rename(music)
        assert changed.get(timeout=20) == [music]
        soon(lambda: make(music / "2.flac"))
    finally:
        stop.set()
        follower.join(20)
    assert not follower.is_alive()


def test_only_folders_with_music_in_them_are_looked_at_again(music: Path) -> None:
    (music / "a" / "cover.jpg").touch()
    assert folders_of([music / "a" / "cover.jpg"], [music]) == []
    assert folders_of([music / "a" / "0.flac"], [music]) == [music / "a"]
    assert folders_of([music / "gone" / "deep" / "0.flac", music / "a" / "0.flac"], [music]) == [music]
    assert folders_of([music.parent / "elsewhere.flac"], [music]) == []
