"""Queue and transport: what plays and what comes next. No libVLC in it, and no thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from moodplayer.domain import Pick, Track
from moodplayer.playback.engine import Ended, Engine, EngineEvent, Failed, Progressed

RESTART_AFTER = 3.0
"""Seconds into a track after which "previous" means its beginning."""


class Transport(StrEnum):
    """What the player does."""

    STOPPED = "stopped"
    PLAYING = "playing"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class PlayerState:
    """All that can be seen of the player; position and length in seconds, volume in per cent."""

    picks: tuple[Pick, ...] = ()
    index: int | None = None
    """Of the pick that plays, or played last."""
    transport: Transport = Transport.STOPPED
    position: float = 0.0
    length: float = 0.0
    volume: int = 80

    @property
    def track(self) -> Track | None:
        return None if self.index is None else self.picks[self.index].track


@dataclass(frozen=True, slots=True)
class Heard:
    """A track is over: heard for so many seconds, to its end or not."""

    track: Track
    seconds: float
    to_its_end: bool


@dataclass(frozen=True, slots=True)
class Unplayable:
    """A track could not be played, and the next one was taken."""

    track: Track
    reason: str


@dataclass(frozen=True, slots=True)
class QueueEnded:
    """The last track is over."""


PlayerEvent = Heard | Unplayable | QueueEnded


class Player:
    """Plays a queue through an engine, and tells `listener` what became of each track."""

    def __init__(self, engine: Engine, listener: Callable[[PlayerEvent], None], *, volume: int = 80) -> None:
        self.state = PlayerState(volume=volume)
        self._engine = engine
        self._listener = listener
        self._ticket = 0
        self._failures = 0
        self._earlier: list[Pick] = []
        self._engine.set_volume(volume)

    def use(self, engine: Engine) -> None:
        """Go on with another engine, with the track that plays from its start."""
        self._engine = engine
        engine.set_volume(self.state.volume)
        if self.state.index is not None and self.state.transport is not Transport.STOPPED:
            self._play(self.state.index)

    # -- the queue -------------------------------------------------------------------------------

    def play_queue(self, picks: Sequence[Pick]) -> None:
        """Play these, from the first, in place of what plays."""
        self._leave(to_its_end=False)
        self._remember()
        self.state = replace(self.state, picks=tuple(picks), index=None)
        if picks:
            self._play(0)

    def replace_next(self, picks: Sequence[Pick]) -> None:
        """Let what plays finish, and play these after it; where nothing plays, play them now."""
        if self.state.index is None or self.state.transport is Transport.STOPPED:
            self.play_queue(picks)
            return
        current = self.state.picks[self.state.index]
        self._earlier += self.state.picks[: self.state.index]
        self.state = replace(self.state, picks=(current, *picks), index=0)

    # -- transport -------------------------------------------------------------------------------

    def play_at(self, index: int) -> None:
        """Play that pick of the queue now."""
        if 0 <= index < len(self.state.picks):
            self._leave(to_its_end=False)
            self._failures = 0
            self._play(index)

    def toggle_pause(self) -> None:
        """Pause or play on; after the end, play the queue again."""
        if self.state.transport is Transport.STOPPED:
            self.play_at(self.state.index or 0)
            return
        paused = self.state.transport is Transport.PLAYING
        self._engine.pause(paused)
        self.state = replace(self.state, transport=Transport.PAUSED if paused else Transport.PLAYING)

    def next(self) -> None:
        """The next track; after the last one the queue is at its end."""
        if self.state.index is not None:
            self._leave(to_its_end=False)
            self._failures = 0
            self._advance()

    def previous(self) -> None:
        """The start of this track, or, from there, the track before."""
        if self.state.index is None:
            return
        if self.state.position > RESTART_AFTER or not (self.state.index or self._earlier):
            self.seek_to(0)
            return
        # Nobody who wants the one before has anything against this one: it is not left, just put off.
        if self.state.index == 0:
            before = self._earlier.pop()
            rest = tuple(pick for pick in self.state.picks if pick.track.path != before.track.path)
            self.state = replace(self.state, picks=(before, *rest), index=1)
        self._play((self.state.index or 0) - 1)

    def seek_by(self, seconds: float) -> None:
        """So many seconds on, or back where negative."""
        self.seek_to(self.state.position + seconds)

    def seek_to(self, seconds: float) -> None:
        """To that second; beyond the end is the next track."""
        if self.state.index is None or self.state.transport is Transport.STOPPED:
            return
        if self.state.length and seconds >= self.state.length:
            self.next()
            return
        position = max(0.0, seconds)
        self._engine.seek(position)
        self.state = replace(self.state, position=position)

    def volume_by(self, per_cent: int) -> None:
        """Louder or quieter, within 0 and 100."""
        volume = max(0, min(100, self.state.volume + per_cent))
        self._engine.set_volume(volume)
        self.state = replace(self.state, volume=volume)

    # -- the engine's word -----------------------------------------------------------------------

    def handle(self, event: EngineEvent) -> None:
        """Take in what the engine says; a late word of an earlier track changes nothing."""
        if getattr(event, "ticket", None) != self._ticket or self.state.index is None:
            return
        match event:
            case Progressed(_, position, length):
                # An engine may say "at 0" of a file that it finds broken a moment later.
                if position > 0:
                    self._failures = 0
                self.state = replace(self.state, position=position, length=length or self.state.length)
            case Ended():
                self._leave(to_its_end=True)
                self._advance()
            case Failed(_, reason):
                self._failures += 1
                if self.state.track is not None:
                    self._listener(Unplayable(self.state.track, reason))
                if self._failures < len(self.state.picks):
                    self._advance()
                else:
                    self._halt()

    def _play(self, index: int) -> None:
        self._ticket += 1
        track = self.state.picks[index].track
        self.state = replace(
            self.state, index=index, transport=Transport.PLAYING, position=0.0, length=track.length
        )
        self._engine.play(self._ticket, track.path, track.length)

    def _advance(self) -> None:
        following = 0 if self.state.index is None else self.state.index + 1
        if following < len(self.state.picks):
            self._play(following)
        else:
            self._halt()
            self._listener(QueueEnded())

    def _halt(self) -> None:
        self._ticket += 1
        self._engine.stop()
        self.state = replace(self.state, transport=Transport.STOPPED, position=0.0)

    def _leave(self, *, to_its_end: bool) -> None:
        track = self.state.track
        if track is not None and self.state.transport is not Transport.STOPPED:
            self._listener(Heard(track, self.state.position, to_its_end))

    def _remember(self) -> None:
        if self.state.index is not None:
            self._earlier += self.state.picks[: self.state.index + 1]
