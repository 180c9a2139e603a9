"""What changes in the library while the player runs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from audio import make

from moodplayer.library import upkeep
from moodplayer.library.follow import folders_of


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


def test_only_folders_with_music_in_them_are_looked_at_again(music: Path) -> None:
    (music / "a" / "cover.jpg").touch()
    assert folders_of([music / "a" / "cover.jpg"], [music]) == []
    assert folders_of([music / "a" / "0.flac"], [music]) == [music / "a"]
    assert folders_of([music / "gone" / "deep" / "0.flac", music / "a" / "0.flac"], [music]) == [music]
    assert folders_of([music.parent / "elsewhere.flac"], [music]) == []
