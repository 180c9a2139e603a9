"""The screen: composes the panes, starts the workers, routes what they say and the keys. No more."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import App, ComposeResult
from textual.containers import Container
from textual.content import Content
from textual.worker import Worker, WorkerState, get_current_worker

from moodplayer import paths
from moodplayer.domain import EMOTIONS, Emotion
from moodplayer.errors import MoodplayerError
from moodplayer.session import Session
from moodplayer.tui import keymap, view
from moodplayer.tui.messages import (
    CameraClosed,
    EngineSpoke,
    Explained,
    LibraryRead,
    ScanEnded,
    Scanned,
    Seen,
    WentWrong,
)
from moodplayer.tui.screens.help import HelpScreen
from moodplayer.tui.widgets.bars import Bars
from moodplayer.tui.widgets.lines import PlayerLine, StatusLine
from moodplayer.tui.widgets.picture import FacePane, WhyPane
from moodplayer.tui.widgets.queue import QueuePane
from moodplayer.watch import explain_again

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moodplayer.config import Settings
    from moodplayer.domain import Deed, History, Reading, Track, Why
    from moodplayer.playback.engine import Engine
    from moodplayer.session import Start
    from moodplayer.watch import Watch

_log = logging.getLogger(__name__)

REFRESH = 4
"""Times a second at which the clocks on screen move on."""


class MoodplayerApp(App[None]):
    """The player."""

    CSS_PATH = Path(__file__).with_name("app.tcss")
    TITLE = "moodplayer"
    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-tiny"), (48, "-narrow"), (72, "-medium"), (100, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-tight"), (12, "-flat"), (16, "-low"), (20, "-short"), (30, "-tall")]
    BINDINGS: ClassVar = keymap.bindings(keymap.PLAYER_KEYS + keymap.EMOTION_KEYS)

    def __init__(self, settings: Settings, start: Start, engine: Engine) -> None:
        super().__init__()
        self.session = Session(settings, start, engine=engine, remember=self.remember)

    def compose(self) -> ComposeResult:
        with Container(id="panes"):
            with Container(id="eye"):
                yield FacePane(id="face")
                yield WhyPane(id="why")
            yield Bars(id="bars")
            yield QueuePane(id="queue")
        yield PlayerLine(id="player")
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        if sys.platform != "win32":
            # Killed by its default, it would leave the terminal as it is while the player is on it.
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.exit)
        self.face = self.query_one(FacePane)
        self.why = self.query_one(WhyPane)
        self.bars = self.query_one(Bars)
        self.queue = self.query_one(QueuePane)
        self.player_line = self.query_one(PlayerLine)
        self.status_line = self.query_one(StatusLine)
        self.queue.focus()
        self.draw()
        self.set_interval(1 / REFRESH, self.tick)
        # The first screen comes before anything slow is even imported.
        self.call_after_refresh(self.begin)

    def begin(self) -> None:
        """Start what comes in behind the first screen."""
        self.session.start(lambda event: self.post_message(EngineSpoke(event)))
        self.read_library()
        if self.session.wants_camera:
            self.look()
        self.draw()

    def tick(self) -> None:
        """Time has passed: clocks move on, and the webcam may be due again."""
        if self.session.due(time.monotonic()):
            self.look()
        self.draw()

    def on_unmount(self) -> None:
        self.session.close()

    # -- workers ---------------------------------------------------------------------------------

    @work(thread=True, group="library", exit_on_error=False)
    def read_library(self) -> None:
        """Tracks from the index at once, then what a scan finds, then what changes."""
        from moodplayer.library import upkeep

        worker = get_current_worker()
        folders = self.session.folders

        def give(tracks: Sequence[Track], history: History) -> None:
            self.post_message(LibraryRead(tracks, history))

        try:
            report = upkeep.read_library(
                folders,
                give,
                lambda progress: self.post_message(Scanned(progress)),
                lambda: worker.is_cancelled,
            )
            self.post_message(ScanEnded(report))
            upkeep.follow_library(folders, give, lambda: worker.is_cancelled)
        except MoodplayerError as error:
            self.post_message(WentWrong("library", error))

    def look(self, *, keeps_on: bool = False) -> None:
        """Look through the camera, until there is a reading, or somebody stops it."""
        self.run_watch(self.session.open_watch(keeps_on=keeps_on))

    @work(thread=True, group="camera", exit_on_error=False)
    def run_watch(self, watch: Watch) -> None:
        """Frames to sights."""
        error = None
        try:
            for sight in watch:
                self.post_message(Seen(watch, sight))
        except MoodplayerError as caught:
            error = caught
        finally:
            self.post_message(CameraClosed(watch, error))

    @work(thread=True, group="model", exclusive=True, exit_on_error=False)
    def explain(self, reading: Reading, why: Why) -> None:
        """Explain a reading again, whose camera is closed."""
        try:
            self.post_message(Explained(reading, explain_again(reading, why)))
        except MoodplayerError as error:
            self.post_message(WentWrong("model", error))

    @work(thread=True, group="library", exit_on_error=False)
    def remember(self, track: Track, emotion: Emotion, deed: Deed) -> None:
        """Keep in the index what became of a track."""
        from moodplayer.library import upkeep

        try:
            upkeep.remember(track, emotion, deed)
        except MoodplayerError as error:
            self.post_message(WentWrong("library", error))

    @on(Worker.StateChanged)
    def _worker_failed(self, message: Worker.StateChanged) -> None:
        """A worker met what nobody thought of: its part is missing from now on, and the rest works."""
        if message.state is WorkerState.ERROR:
            part, error = message.worker.group, message.worker.error
            _log.error("the worker of the %s failed", part, exc_info=error)
            said = MoodplayerError(f"the {part} stopped working ({error})", f"the log is {paths.log_file()}")
            self.session.went_wrong(part, said)
            self.draw()

    # -- what workers say ------------------------------------------------------------------------

    @on(Seen)
    def _seen(self, message: Seen) -> None:
        self.session.see(message.watch, message.sight)
        self.draw()

    @on(CameraClosed)
    def _camera_closed(self, message: CameraClosed) -> None:
        self.session.camera_closed(message.watch, message.error)
        self.explain_anew()

    @on(Explained)
    def _explained(self, message: Explained) -> None:
        self.session.take_explained(message.reading, message.explained)
        self.draw()

    @on(EngineSpoke)
    def _engine_spoke(self, message: EngineSpoke) -> None:
        self.session.engine_spoke(message.event)
        self.draw()

    @on(LibraryRead)
    def _library_read(self, message: LibraryRead) -> None:
        self.session.take_tracks(message.tracks, message.history)
        self.draw()

    @on(Scanned)
    def _scanned(self, message: Scanned) -> None:
        self.session.library.scanning = message.progress
        self.draw()

    @on(ScanEnded)
    def _scan_ended(self, message: ScanEnded) -> None:
        self.session.scan_ended(message.report)
        self.draw()

    @on(WentWrong)
    def _went_wrong(self, message: WentWrong) -> None:
        self.session.went_wrong(message.part, message.error)
        self.draw()

    @on(QueuePane.Chosen)
    def _chosen(self, message: QueuePane.Chosen) -> None:
        self.session.player.play_at(message.row)
        self.draw()

    @on(PlayerLine.Sought)
    def _sought(self, message: PlayerLine.Sought) -> None:
        self.session.player.seek_to(message.share * self.session.player.state.length)
        self.draw()

    # -- keys ------------------------------------------------------------------------------------

    def action_toggle_pause(self) -> None:
        self.session.player.toggle_pause()
        self.draw()

    def action_next_track(self) -> None:
        self.session.player.next()
        self.draw()

    def action_previous_track(self) -> None:
        self.session.player.previous()
        self.draw()

    def action_seek(self, seconds: int) -> None:
        self.session.player.seek_by(seconds)
        self.draw()

    def action_volume(self, per_cent: int) -> None:
        self.session.player.volume_by(per_cent)
        self.draw()

    def action_choose(self, emotion: str) -> None:
        self.session.choose(Emotion(emotion))
        self.draw()

    def action_next_mode(self) -> None:
        self.session.next_mode()
        self.draw()

    def action_like(self) -> None:
        self.session.like()
        self.draw()

    def action_next_method(self) -> None:
        self.ask_why(next_method=True)

    def action_not_second(self) -> None:
        self.ask_why(turn=True)

    def ask_why(self, *, next_method: bool = False, turn: bool = False) -> None:
        """Explain otherwise, from now on and what is on screen."""
        self.session.looking.ask_why(next_method=next_method, turn=turn)
        self.explain_anew()

    def explain_anew(self) -> None:
        """Explain the reading on screen as it is asked for now, where no camera is open to do so."""
        reading = self.session.unexplained
        if reading is not None:
            self.explain(reading, self.session.looking.why)
        self.draw()

    def action_overlay(self) -> None:
        self.session.overlaid = not self.session.overlaid
        self.draw()

    def action_read_again(self) -> None:
        if self.session.ask():
            self.look()
        self.draw()

    def action_toggle_camera(self) -> None:
        if self.session.looking.watch is not None:
            self.session.stop_looking()
        elif self.session.can_look():
            self.look(keeps_on=True)
        self.explain_anew()

    def action_help(self) -> None:
        self.push_screen(HelpScreen())

    # -- drawing ---------------------------------------------------------------------------------

    def draw(self) -> None:
        """Give each pane what it shows now; a pane that shows it already does nothing."""
        if not self.bars.is_running:
            return  # A worker's last word, while the screen is taken down.
        session, now = self.session, time.monotonic()
        state = session.player.state
        reading, sight = session.reading, session.looking.sight

        self.face.border_title = Content(view.face_title(session))
        self.face.set_class(sight is not None, "open")
        self.face.say(view.face_words(session))
        look = sight.look if sight else None
        accent = self.bars.accent(look.face.emotion if look and look.face else Emotion.NEUTRAL)
        explanation = session.explanation
        heat_map = explanation.heat_map if explanation and session.overlaid else None
        self.face.show(look.frame.image if look else None, look.face if look else None, accent, heat_map)
        self.why.border_title = view.why_title(session)
        self.why.border_subtitle = view.why_method(session)
        self.why.say(view.why_words(session))
        self.why.show(explanation.heat_map if explanation else None)

        self.bars.border_title = view.mood_title(session)
        for emotion in EMOTIONS:
            self.bars.set_class(reading is not None and reading.emotion is emotion, emotion)
        said = reading is not None and reading.by_hand and not session.asked
        live = sight.smoothed if sight and not said else None
        self.bars.show(live or (reading.probabilities if reading else None), view.mood_note(session, now))

        self.queue.border_title = view.queue_title(session)
        self.queue.show(state.picks, state.index, view.queue_words(session))
        track = state.track
        self.player_line.show(
            view.MARKS[state.transport],
            track.title if track else "nothing plays",
            track.artist if track else "",
            state.position,
            state.length if track else 0.0,
            state.volume,
        )
        status = session.status(now)
        self.status_line.show(status.text, trouble=status.trouble)
