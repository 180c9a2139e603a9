"""Queue and transport, with an engine that only takes notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from moodplayer.domain import Pick, Track
from moodplayer.playback.engine import Ended, Failed, Progressed
from moodplayer.playback.player import Heard, Player, PlayerEvent, QueueEnded, Transport, Unplayable


class Notes:
    """An engine that notes its orders; the test says what happens."""

    def __init__(self) -> None:
        self.orders: list[tuple[object, ...]] = []
        self.ticket = -1

    def start(self, listener: object) -> None: ...

    def play(self, ticket: int, path: Path, length: float) -> None:
        self.ticket = ticket
        self.orders.append(("play", path.name))

    def pause(self, paused: bool) -> None:
        self.orders.append(("pause", paused))

    def seek(self, seconds: float) -> None:
        self.orders.append(("seek", seconds))

    def stop(self) -> None:
        self.orders.append(("stop",))

    def set_volume(self, volume: int) -> None:
        self.orders.append(("volume", volume))

    def close(self) -> None: ...


def picks(names: str) -> tuple[Pick, ...]:
    return tuple(Pick(Track(Path(name), name, length=100.0), 1.0) for name in names)


@pytest.fixture
def engine() -> Notes:
    return Notes()


@pytest.fixture
def events() -> list[PlayerEvent]:
    return []


@pytest.fixture
def player(engine: Notes, events: list[PlayerEvent]) -> Player:
    player = Player(engine, events.append)
    player.play_queue(picks("abc"))
    return player


def playing(player: Player) -> str:
    assert player.state.track is not None
    return player.state.track.title


def queued(player: Player) -> str:
    return "".join(pick.track.title for pick in player.state.picks)


def test_a_queue_plays_from_its_first_track(player: Player, engine: Notes) -> None:
    assert playing(player) == "a"
    assert engine.orders[-1] == ("play", "a")
    assert player.state.transport is Transport.PLAYING


def test_the_end_of_a_track_starts_the_next(player: Player, engine: Notes, events: list[PlayerEvent]) -> None:
    player.handle(Progressed(engine.ticket, 99.0, 100.0))
    player.handle(Ended(engine.ticket))
    assert playing(player) == "b"
    assert events == [Heard(picks("a")[0].track, 99.0, to_its_end=True)]


def test_the_end_of_the_last_track_is_the_end_of_the_queue(
    player: Player, engine: Notes, events: list[PlayerEvent]
) -> None:
    player.play_at(2)
    player.handle(Ended(engine.ticket))
    assert isinstance(events[-1], QueueEnded)
    assert player.state.transport is Transport.STOPPED


def test_a_late_word_of_an_earlier_track_changes_nothing(player: Player, engine: Notes) -> None:
    late = engine.ticket
    player.next()
    player.handle(Ended(late))
    player.handle(Progressed(late, 50.0, 100.0))
    assert playing(player) == "b"
    assert player.state.position == 0


def test_a_track_that_cannot_play_is_skipped_and_named(
    player: Player, engine: Notes, events: list[PlayerEvent]
) -> None:
    player.handle(Failed(engine.ticket, "the file is gone"))
    assert events == [Unplayable(picks("a")[0].track, "the file is gone")]
    assert playing(player) == "b"


def test_when_none_can_play_it_stops(player: Player, engine: Notes, events: list[PlayerEvent]) -> None:
    for _ in range(3):
        player.handle(Failed(engine.ticket, "no"))
    assert [type(event) for event in events] == [Unplayable] * 3
    assert player.state.transport is Transport.STOPPED


def test_at_0_of_a_file_found_broken_a_moment_later_is_no_success(
    player: Player, engine: Notes, events: list[PlayerEvent]
) -> None:
    for _ in range(3):
        player.handle(Progressed(engine.ticket, 0.0, 100.0))
        player.handle(Failed(engine.ticket, "no"))
    assert [type(event) for event in events] == [Unplayable] * 3
    assert player.state.transport is Transport.STOPPED


def test_a_new_queue_lets_the_track_that_plays_finish(player: Player, engine: Notes) -> None:
    player.next()
    player.replace_next(picks("xyz"))
    assert playing(player) == "b"
    assert queued(player) == "bxyz"
    player.handle(Ended(engine.ticket))
    assert playing(player) == "x"


def test_previous_is_the_start_of_the_track_and_then_the_one_before(player: Player, engine: Notes) -> None:
    player.next()
    player.handle(Progressed(engine.ticket, 10.0, 100.0))
    player.previous()
    assert (playing(player), engine.orders[-1]) == ("b", ("seek", 0))
    player.previous()
    assert playing(player) == "a"


def test_previous_finds_what_played_before_the_queue_was_replaced(player: Player) -> None:
    player.next()
    player.replace_next(picks("xyz"))
    player.previous()
    assert playing(player) == "a"
    assert queued(player) == "abxyz"


def test_pause_and_play_on(player: Player, engine: Notes) -> None:
    player.toggle_pause()
    assert player.state.transport is Transport.PAUSED
    player.toggle_pause()
    assert engine.orders[-2:] == [("pause", True), ("pause", False)]


def test_seeking_stays_in_the_track_or_goes_to_the_next(player: Player, engine: Notes) -> None:
    player.seek_by(-5)
    assert engine.orders[-1] == ("seek", 0.0)
    player.handle(Progressed(engine.ticket, 97.0, 100.0))
    player.seek_by(5)
    assert playing(player) == "b"


def test_volume_stays_within_bounds(player: Player) -> None:
    for _ in range(10):
        player.volume_by(5)
    assert player.state.volume == 100
    for _ in range(30):
        player.volume_by(-5)
    assert player.state.volume == 0


def test_another_engine_goes_on_with_the_track_that_plays(player: Player) -> None:
    player.next()
    other = Notes()
    player.use(other)
    assert other.orders == [("volume", 80), ("play", "b")]


def test_an_empty_player_takes_every_key(engine: Notes, events: list[PlayerEvent]) -> None:
    player = Player(engine, events.append)
    player.toggle_pause()
    player.next()
    player.previous()
    player.seek_by(5)
    player.play_at(0)
    assert player.state.track is None
    assert events == []
