"""What happens when, without a screen."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from moodplayer import config
from moodplayer.domain import (
    EMOTIONS,
    Deed,
    Emotion,
    Frame,
    History,
    Look,
    Mode,
    Reading,
    ScanReport,
    Track,
    certain,
    nearest_emotion,
)
from moodplayer.errors import CameraError, PlaybackError
from moodplayer.playback.engine import Ended, Engine, Failed, Listener, Lost, Progressed
from moodplayer.playback.player import Transport
from moodplayer.session import SETTLE_SECONDS, Session, Start
from moodplayer.tui.view import queue_words
from moodplayer.watch import Sight

LIBRARY = [
    Track(
        Path(f"/music/{emotion}/{number}.flac"),
        f"{emotion} {number}",
        artist=f"artist {number}",
        length=200.0,
        mood=emotion.mood,
        sure=0.8,
    )
    for emotion in EMOTIONS
    for number in range(20)
]


class Idle:
    """An engine that does nothing; the test says what happens."""

    ticket = -1

    def start(self, listener: Listener) -> None:
        self.listener = listener

    def play(self, ticket: int, path: Path, length: float) -> None:
        self.ticket = ticket

    def pause(self, paused: bool) -> None: ...
    def seek(self, seconds: float) -> None: ...
    def stop(self) -> None: ...
    def set_volume(self, volume: int) -> None: ...
    def close(self) -> None: ...


class Evening:
    """A session, what it remembered, and shorthands."""

    def __init__(
        self, *, camera: str = "demo", tracks: Sequence[Track] = LIBRARY, engine: Engine | None = None
    ) -> None:
        self.engine = Idle()
        self.remembered: list[tuple[str, Emotion, Deed]] = []
        self.session = Session(
            config.Settings(),
            Start((Path("/music"),), camera),
            engine=engine or self.engine,
            remember=lambda track, emotion, deed: self.remembered.append((track.title, emotion, deed)),
        )
        self.session.start(lambda event: None)
        self.session.take_tracks(tracks, History())
        self.watch = self.session.open_watch()

    def read(self, emotion: Emotion, at: float, *, sure: bool = True) -> None:
        look = Look(Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0), ())
        reading = Reading(certain(emotion), sure, at)
        self.session.see(self.watch, Sight("demo face", look, None, None, 1.0, 0.0, reading))

    @property
    def playing(self) -> str:
        assert self.session.player.state.track is not None
        return self.session.player.state.track.title

    @property
    def coming(self) -> list[Emotion]:
        picks = self.session.player.state.picks[(self.session.player.state.index or 0) + 1 :]
        return [nearest_emotion(pick.track.mood) for pick in picks]


@pytest.fixture
def evening() -> Evening:
    return Evening()


def test_a_reading_makes_a_queue_of_15_that_fit_and_plays(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    assert len(evening.session.player.state.picks) == 15
    assert set(evening.coming) == {Emotion.SAD}
    assert evening.session.player.state.transport is Transport.PLAYING


def test_a_new_reading_replaces_what_comes_and_lets_the_track_finish(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    playing = evening.playing
    evening.read(Emotion.HAPPY, at=10 + SETTLE_SECONDS)
    assert evening.playing == playing
    assert set(evening.coming) == {Emotion.HAPPY}
    assert len(evening.session.player.state.picks) == 15


def test_a_passing_smile_does_not(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    evening.read(Emotion.HAPPY, at=13)
    assert set(evening.coming) == {Emotion.SAD}
    assert evening.session.reading is not None
    assert evening.session.reading.emotion is Emotion.HAPPY


def test_an_unsure_reading_does_not_either(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    evening.read(Emotion.HAPPY, at=10 + SETTLE_SECONDS, sure=False)
    assert set(evening.coming) == {Emotion.SAD}


def test_but_when_the_person_asks_it_does(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    evening.session.ask()
    evening.read(Emotion.HAPPY, at=13)
    assert set(evening.coming) == {Emotion.HAPPY}


def test_an_emotion_chosen_by_hand_is_not_overruled_by_the_face(evening: Evening) -> None:
    evening.session.choose(Emotion.ANGRY)
    evening.read(Emotion.HAPPY, at=time.monotonic() + SETTLE_SECONDS)
    assert Emotion.HAPPY not in evening.coming
    evening.session.ask()
    evening.read(Emotion.HAPPY, at=time.monotonic() + SETTLE_SECONDS)
    assert set(evening.coming) == {Emotion.HAPPY}


def test_a_reading_before_the_library_waits_for_it() -> None:
    evening = Evening(tracks=[])
    evening.read(Emotion.SAD, at=10)
    assert evening.session.player.state.track is None
    evening.session.take_tracks(LIBRARY, History())
    assert set(evening.coming) == {Emotion.SAD}


def test_lift_goes_to_happy(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    while evening.session.mode is not Mode.LIFT:
        evening.session.next_mode()
    assert evening.coming[-1] is Emotion.HAPPY
    assert evening.coming[0] is not Emotion.HAPPY


def test_the_end_of_the_queue_makes_another(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    first = {pick.track.path for pick in evening.session.player.state.picks}
    evening.session.player.play_at(14)
    evening.session.engine_spoke(Ended(evening.engine.ticket))
    assert evening.session.player.state.transport is Transport.PLAYING
    assert evening.session.player.state.track is not None
    assert evening.session.player.state.track.path not in first


def test_what_was_heard_and_what_was_skipped_is_remembered(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    first = evening.playing
    evening.session.engine_spoke(Progressed(evening.engine.ticket, 10.0, 200.0))
    evening.session.player.next()
    second = evening.playing
    evening.session.engine_spoke(Ended(evening.engine.ticket))
    assert evening.remembered == [
        (first, Emotion.SAD, Deed.SKIP),
        (second, Emotion.SAD, Deed.FINISH),
    ]
    assert len(evening.session.library.history.played) == 2


@pytest.mark.parametrize(
    ("seconds", "deed"), [(29.0, Deed.SKIP), (31.0, Deed.HEAR), (150.0, Deed.HEAR), (190.0, Deed.FINISH)]
)
def test_when_a_track_was_left_says_what_that_means(evening: Evening, seconds: float, deed: Deed) -> None:
    evening.read(Emotion.SAD, at=10)
    first = evening.playing
    evening.session.engine_spoke(Progressed(evening.engine.ticket, seconds, 200.0))
    evening.session.player.next()
    assert evening.remembered == [(first, Emotion.SAD, deed)]


def test_what_was_chosen_for_one_emotion_counts_for_it_after_the_next_reading(evening: Evening) -> None:
    evening.read(Emotion.HAPPY, at=10)
    first = evening.playing
    evening.session.choose(Emotion.SAD)
    assert evening.session.queued_for is Emotion.SAD
    evening.session.like()
    evening.session.engine_spoke(Ended(evening.engine.ticket))
    evening.session.engine_spoke(Ended(evening.engine.ticket))
    assert [(emotion, deed) for _, emotion, deed in evening.remembered] == [
        (Emotion.HAPPY, Deed.LIKE),
        (Emotion.HAPPY, Deed.FINISH),
        (Emotion.SAD, Deed.FINISH),
    ]
    assert evening.remembered[1][0] == first


def test_a_queue_that_ends_is_followed_by_one_for_the_last_reading_and_says_so(evening: Evening) -> None:
    evening.read(Emotion.HAPPY, at=10)
    evening.read(Emotion.SAD, at=12)
    assert evening.session.queued_for is Emotion.HAPPY
    evening.session.player.play_at(14)
    evening.session.engine_spoke(Ended(evening.engine.ticket))
    assert evening.session.queued_for is Emotion.SAD
    assert set(evening.coming) == {Emotion.SAD}


def test_a_like_is_taken_back_by_the_same_key(evening: Evening) -> None:
    evening.session.like()
    assert "1 to 7" in evening.session.status(time.monotonic()).text
    evening.session.choose(Emotion.SAD)
    for deed in (Deed.LIKE, Deed.UNLIKE):
        evening.session.like()
        assert evening.remembered[-1] == (evening.playing, Emotion.SAD, deed)


def test_fewer_that_fit_are_said() -> None:
    evening = Evening(tracks=[t for t in LIBRARY if t.title in ("sad 1", "sad 2", "happy 1")])
    evening.session.choose(Emotion.SAD)
    assert "2 of 3 tracks fit" in evening.session.status(time.monotonic()).text


def test_a_playlist_plays_in_its_order_and_no_camera_changes_it() -> None:
    engine = Idle()
    playlist = (LIBRARY[7].path, LIBRARY[3].path, Path("/music/broken.flac"))
    session = Session(
        config.Settings(),
        Start((Path("/music"),), "0", playlist=playlist),
        engine=engine,
        remember=lambda *_: None,
    )
    session.start(lambda event: None)
    session.take_tracks(LIBRARY, History())
    session.scan_ended(ScanReport(len(LIBRARY), 0, 0, 0, (), 0.1))
    assert [pick.track for pick in session.player.state.picks] == [LIBRARY[7], LIBRARY[3]]
    assert not session.wants_camera


def test_a_file_that_is_gone_is_skipped_with_a_word(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    first = evening.playing
    evening.session.engine_spoke(Failed(evening.engine.ticket, "the file is gone"))
    assert evening.playing != first
    status = evening.session.status(time.monotonic())
    assert status.text == f"skipped {first}: the file is gone"


def test_without_libvlc_the_queue_goes_on_in_silence(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    playing = evening.playing
    evening.session.engine_spoke(Lost(PlaybackError("libVLC is missing", "install it")))
    assert evening.playing == playing
    assert evening.session.player.state.transport is Transport.PLAYING
    assert "libVLC is missing" in evening.session.status(time.monotonic()).text
    evening.session.close()


def test_a_camera_that_is_pulled_out_leaves_the_rest(evening: Evening) -> None:
    evening.read(Emotion.SAD, at=10)
    evening.session.camera_closed(evening.watch, CameraError("camera 0 stopped giving frames", "plug it in"))
    assert evening.session.player.state.transport is Transport.PLAYING
    assert evening.session.looking.sight is None
    assert "stopped giving frames" in evening.session.status(time.monotonic()).text
    assert evening.session.ask()


def test_a_late_word_of_an_earlier_look_changes_nothing(evening: Evening) -> None:
    now = evening.session.open_watch()
    evening.session.camera_closed(evening.watch, CameraError("too late"))
    assert evening.session.looking.watch is now
    assert not evening.session.status(time.monotonic()).trouble


def test_what_was_skipped_does_not_come_back_at_once(evening: Evening) -> None:
    evening.session.choose(Emotion.SAD)
    skipped = []
    for _ in range(4):
        skipped.append(evening.playing)
        evening.session.player.next()
    evening.session.choose(Emotion.SAD)
    coming = {pick.track.title for pick in evening.session.player.state.picks[1:]}
    assert not coming & set(skipped)


def test_nobody_before_the_camera_is_said_after_ten_seconds(evening: Evening) -> None:
    look = Look(Frame(np.zeros((4, 4, 3), np.uint8), 0.0, 0), ())
    evening.session.see(evening.watch, Sight("camera 0", look, None, None, 0.0, 9.0))
    assert not evening.session.status(time.monotonic()).trouble
    evening.session.see(evening.watch, Sight("camera 0", look, None, None, 0.0, 10.5))
    assert "no face" in evening.session.status(time.monotonic()).text


def test_without_a_camera_asking_says_what_to_do() -> None:
    evening = Evening(camera="none")
    assert not evening.session.wants_camera
    assert not evening.session.ask()
    assert "1 to 7" in evening.session.status(time.monotonic()).text


def test_a_webcam_is_looked_through_again_after_a_while() -> None:
    evening = Evening(camera="0")
    evening.session.camera_closed(evening.watch)
    now = time.monotonic()
    assert not evening.session.due(now)
    assert evening.session.due(now + 5 * 60 + 1)
    evening.session.choose(Emotion.SAD)
    assert not evening.session.due(now + 5 * 60 + 1)


def test_files_that_cannot_be_read_are_counted(evening: Evening) -> None:
    report = ScanReport(20, 0, 0, 0, ((Path("/music/x.mp3"), "broken"),), 0.1)
    evening.session.scan_ended(report)
    assert "1 file could not be read" in evening.session.status(time.monotonic()).text


def test_what_can_not_be_read_of_a_playlist_is_said_and_does_not_play_later() -> None:
    broken = Path("/music/broken.flac")
    session = Session(
        config.Settings(),
        Start((Path("/music"),), "none", playlist=(broken,)),
        engine=Idle(),
        remember=lambda *_: None,
    )
    session.start(lambda event: None)
    session.take_tracks(LIBRARY, History())
    session.scan_ended(ScanReport(len(LIBRARY), 0, 0, 0, ((broken, "no audio"),), 0.1))
    now = time.monotonic()
    assert "playlist" in session.status(now).text
    assert "1 file could not be read" in session.status(now + 60).text
    session.choose(Emotion.HAPPY)
    picks = session.player.state.picks
    session.take_tracks([*LIBRARY, Track(broken, "mended")], History())
    assert session.player.state.picks == picks


def test_a_camera_that_somebody_asked_for_answers_whatever_else_is_wrong(evening: Evening) -> None:
    evening.session.went_wrong("sound", PlaybackError("no sound device"))
    watch = evening.session.open_watch()
    evening.session.camera_closed(watch, CameraError("there is no camera 0", "plug one in"))
    assert "plug one in" in evening.session.status(time.monotonic()).text
    assert "no sound" in evening.session.status(time.monotonic() + 60).text


def test_one_track_is_not_queued_behind_itself() -> None:
    evening = Evening(tracks=LIBRARY[:1])
    evening.session.choose(Emotion.ANGRY)
    evening.session.choose(Emotion.HAPPY)
    assert len(evening.session.player.state.picks) == 1


def test_music_that_went_is_not_music_that_never_was(evening: Evening) -> None:
    evening.session.scan_ended(ScanReport(len(LIBRARY), 0, 0, 0, (), 0.1))
    evening.session.take_tracks([], History())
    assert "out of reach" in queue_words(evening.session)
    nothing = Evening(tracks=())
    nothing.session.scan_ended(ScanReport(0, 0, 0, 0, (), 0.1))
    assert "no music found" in queue_words(nothing.session)
