"""What happens when: a reading came, a track ended, a key was pressed. No widget in it.

The parts do not know each other; this hands on what one gives to the next.
A Session lives on one thread, the screen's, and nothing in it waits, but for
the Watch of `open_watch`, which is a worker's to run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from moodplayer import config
from moodplayer.domain import (
    Deed,
    Emotion,
    Explanation,
    History,
    Mode,
    Pick,
    Reading,
    ScanProgress,
    ScanReport,
    Track,
    certain,
)
from moodplayer.errors import ModelError, MoodplayerError
from moodplayer.looking import Looking
from moodplayer.news import News, Status, in_words
from moodplayer.playback.engine import Engine, EngineEvent, Listener, Lost, Mute, SilentEngine
from moodplayer.playback.player import Heard, Player, PlayerEvent, QueueEnded, Transport, Unplayable
from moodplayer.recommend import recommend
from moodplayer.watch import Sight, Watch
from moodplayer.wording import counted

SETTLE_SECONDS = 20.0
"""So long at least a queue stays while the camera keeps looking: music is not to follow every smile."""

NO_FACE_SECONDS = 10.0
"""Without a face for so long, a person is told."""

SKIP_SECONDS = 30.0
"""A track left before so many seconds of it, or half of it, is skipped."""

FINISHED_SHARE = 0.9
"""A track left after this share of it was heard to its end: few hear out a fade."""

Remember = Callable[[Track, Emotion, Deed], object]
"""Keeps what the person did with a track in an emotion."""


@dataclass(frozen=True, slots=True)
class Start:
    """What the command line asks for."""

    folders: tuple[Path, ...]
    camera: str
    """A source of frames, or `none`."""
    mode: Mode = Mode.MATCH
    emotion: Emotion | None = None
    """Chosen by hand: no camera is needed."""
    playlist: tuple[Path, ...] = ()
    """Files to play first, in this order."""


@dataclass
class Library:
    """What is known of the music so far."""

    tracks: Sequence[Track] = ()
    history: History = field(default_factory=History)
    scanning: ScanProgress | None = None
    known: bool = False
    """Whether a scan has ended: then there is no more to come."""
    gone: bool = False
    """Whether there was music here, and is none now."""


class Session:
    """One evening with the player."""

    def __init__(
        self, settings: config.Settings, start: Start, *, engine: Engine, remember: Remember
    ) -> None:
        self.settings = settings
        self.folders = start.folders
        self.looking = Looking(start.camera, settings)
        self.mode = start.mode
        self.library = Library()
        self.reading: Reading | None = None
        self.overlaid = False
        """Whether the heat map lies over the face, too."""
        self.asked = False
        """Whether the person waits for a reading: then the next one makes a queue, whatever it is."""
        self.player = Player(engine, self._player_said, volume=settings.playback.volume)
        self._engine = engine
        self._remember = remember
        self._news = News()
        self.queued_for: Emotion | None = None
        """What the queue was made for; the last reading may be another, for a while."""
        self._queued_at = 0.0
        self._chosen_for: dict[Path, Emotion] = {}
        """What each track was chosen for: the one that plays may be of the queue before."""
        self._seed = 0
        self._start_emotion = start.emotion
        self._playlist = start.playlist
        self._is_playlist = bool(start.playlist)

    def start(self, listener: Listener) -> None:
        """Start the engine, which from now on speaks to `listener` on a thread of its own."""
        self._listener = listener
        self._engine.start(listener)
        if self._start_emotion is not None:
            self.choose(self._start_emotion)

    def close(self) -> None:
        """Close the camera and the engine."""
        self.looking.stop()
        self._engine.close()

    # -- the camera ------------------------------------------------------------------------------

    @property
    def wants_camera(self) -> bool:
        """Whether the camera is to be looked through as the player starts."""
        return self.looking.is_possible and self._start_emotion is None and not self._is_playlist

    def open_watch(self, *, keeps_on: bool = False) -> Watch:
        """A new look through the camera, for a worker to run; an earlier one stops."""
        self._news.mended("camera", "model")
        return self.looking.open(keeps_on=keeps_on)

    def can_look(self) -> bool:
        """Whether there is a camera to open; says so if there is none."""
        if not self.looking.is_possible:
            self.say("there is no camera: press 1 to 7 to say how you feel")
        return self.looking.is_possible

    def ask(self) -> bool:
        """Read the emotion again; True if the camera has to be opened for it."""
        if not self.can_look():
            return False
        self.asked = True
        watch = self.looking.watch
        if watch is not None:
            watch.begin_again()
        return watch is None

    def due(self, now: float) -> bool:
        """Whether it is time to look through the webcam again."""
        by_hand = self.reading is not None and self.reading.by_hand
        works = self.wants_camera and not by_hand and not self._news.is_missing("camera")
        return works and self.looking.due(now)

    def see(self, watch: Watch, sight: Sight) -> None:
        """The camera's worker saw something."""
        if watch is not self.looking.watch:
            return
        self.looking.sight = sight
        if sight.reading is not None:
            self._take_reading(sight.reading)

    def camera_closed(self, watch: Watch, error: MoodplayerError | None = None) -> None:
        """The camera's worker is done; a late word of an earlier one changes nothing."""
        if watch is not self.looking.watch:
            return
        self.stop_looking()
        if error is not None:
            self.went_wrong("model" if isinstance(error, ModelError) else "camera", error)
            # Somebody who asked for it is answered, whatever else is wrong.
            self.say(in_words(error))

    def stop_looking(self) -> None:
        """Close the camera."""
        self.looking.stop()
        self.asked = False

    # -- why -------------------------------------------------------------------------------------

    @property
    def unexplained(self) -> Reading | None:
        """The reading that is on screen and is not explained as it is asked for now, if no camera does it."""
        reading = self.reading
        if self.looking.watch is not None or reading is None or reading.crop is None:
            return None
        explained = reading.explanation is not None and reading.explanation.why == self.looking.why
        return None if explained else reading

    def take_explained(self, reading: Reading, explained: Reading) -> None:
        """A worker has explained that reading again; nothing changes if there is a newer one."""
        if self.reading is not reading:
            return
        self.reading = explained
        if explained is reading:
            self.say(f"this network's files have no {self.looking.why.method.label}")

    @property
    def explanation(self) -> Explanation | None:
        """Why the face looks as it does: what the camera sees now, else the last reading."""
        if self.looking.sight is not None:
            return self.looking.sight.explanation
        return self.reading.explanation if self.reading is not None else None

    # -- readings to queues ----------------------------------------------------------------------

    def choose(self, emotion: Emotion) -> None:
        """The person says what the face would."""
        if self.looking.watch is not None and not self.looking.watch.keeps_on:
            self.looking.stop()
        self.asked = True
        self._take_reading(Reading(certain(emotion), sure=True, time=time.monotonic(), by_hand=True))

    def next_mode(self) -> None:
        """Match, lift, calm, and round again; what comes next follows."""
        modes = list(Mode)
        self.mode = modes[(modes.index(self.mode) + 1) % len(modes)]
        self._make_queue()

    def _take_reading(self, reading: Reading) -> None:
        by_hand = self.reading is not None and self.reading.by_hand
        if by_hand and not self.asked:
            return
        self.reading = reading
        settled = reading.time - self._queued_at >= SETTLE_SECONDS
        changed = reading.emotion is not self.queued_for and reading.sure and settled
        if self.asked or changed or not self.player.state.picks:
            self.asked = False
            self._make_queue()

    def _make_queue(self) -> None:
        if self.reading is None or not self.library.tracks:
            return
        playing = self.player.state.track if self.player.state.transport is not Transport.STOPPED else None
        length = self.settings.queue.length - (playing is not None)
        picks = self._recommend(length, [playing.path] if playing else [])
        if playing is not None:
            picks = [pick for pick in picks if pick.track.path != playing.path]
        self.player.replace_next(picks)
        self._say_what_fits(picks)

    def _say_what_fits(self, picks: Sequence[Pick]) -> None:
        fitting = sum(pick.fits for pick in picks)
        if picks and fitting < len(picks):
            self.say(f"{fitting} of {counted(len(picks), 'track')} fit this mood: the others are the nearest")

    def _recommend(self, n: int, exclude: Sequence[Path]) -> list[Pick]:
        assert self.reading is not None
        self._seed += 1
        self.queued_for, self._queued_at = self.reading.emotion, self.reading.time
        picks = recommend(
            self.reading.mood,
            self.library.tracks,
            mode=self.mode,
            n=n,
            history=self.library.history,
            seed=self._seed,
            exclude=exclude,
            now=time.time(),
            emotion=self.reading.emotion,
        )
        self._chosen_for |= {pick.track.path: self.reading.emotion for pick in picks}
        return picks

    def _emotion_of(self, track: Track) -> Emotion | None:
        """The emotion in which what is done with a track counts."""
        return self._chosen_for.get(track.path, self.queued_for)

    # -- the library -----------------------------------------------------------------------------

    def take_tracks(self, tracks: Sequence[Track], history: History) -> None:
        """The index gave its tracks."""
        self.library.gone = not tracks and (self.library.gone or bool(self.library.tracks))
        self.library.tracks, self.library.history = tracks, history
        if self._playlist:
            self._play_playlist()
            return
        wanted = self.settings.queue.length
        if self.reading is not None and len(self.player.state.picks) < min(wanted, len(tracks)):
            self._make_queue()

    def _play_playlist(self) -> None:
        """The playlist, once all of its tracks are known, or as many as there will be."""
        by_path = {track.path: track for track in self.library.tracks}
        found = [by_path[path] for path in self._playlist if path in by_path]
        if len(found) == len(self._playlist) or self.library.known:
            self._playlist = ()
            if found:
                self.player.play_queue([Pick(track, 1.0) for track in found])
            else:
                self.say("nothing in the playlist can be read")

    def scan_ended(self, report: ScanReport) -> None:
        """The index is up to date."""
        self.library.scanning, self.library.known = None, True
        if self._playlist:
            self._play_playlist()
        self.library.gone = self.library.gone or (report.away > 0 and not self.library.tracks)
        if report.away:
            tracks = counted(report.away, "track")
            self.say(f"{tracks} away: their disk or folder is out of reach", waits=True)
        if report.unreadable:
            files = counted(len(report.unreadable), "file")
            self.say(f"{files} could not be read: `moodplayer scan FOLDER` names them", waits=True)

    # -- what plays ------------------------------------------------------------------------------

    def engine_spoke(self, event: EngineEvent) -> None:
        """The engine's thread has news."""
        match event:
            case Lost(error):
                self.went_wrong("sound", error)
                self._engine.close()
                self._engine = SilentEngine()
                self._engine.start(self._listener)
                self.player.use(self._engine)
            case Mute(error):
                self.went_wrong("sound", error)
            case _:
                self.player.handle(event)

    def _player_said(self, event: PlayerEvent) -> None:
        match event:
            case Heard(track, seconds, to_its_end):
                self._did(track, deed_of(track, seconds, to_its_end=to_its_end))
            case Unplayable(track, reason):
                self.say(f"skipped {track.title}: {reason}")
            case QueueEnded():
                if self.reading is not None:
                    heard = [pick.track.path for pick in self.player.state.picks]
                    picks = self._recommend(self.settings.queue.length, heard)
                    self.player.play_queue(picks)
                    self._say_what_fits(picks)

    def like(self) -> None:
        """The person likes what plays, in this mood; or, if they did already, no longer."""
        track = self.player.state.track
        emotion = self._emotion_of(track) if track else None
        if track is None or emotion is None:
            there = self.reading is not None
            how = "like what plays for a mood: press 1 to 7 to say how you feel"
            self.say("nothing plays that you could like" if there else how)
            return
        counts = self.library.history.tracks.get((track.path, emotion))
        liked = counts is not None and counts.likes > 0
        self._did(track, Deed.UNLIKE if liked else Deed.LIKE)
        self.say(f"{'no longer liked' if liked else 'liked'} when {emotion}: {track.title}")

    def _did(self, track: Track, deed: Deed) -> None:
        emotion = self._emotion_of(track)
        if emotion is not None:
            self._remember(track, emotion, deed)
            self.library.history = self.library.history.after(track, emotion, deed, time.time())

    # -- what a person should know ---------------------------------------------------------------

    def say(self, text: str, *, waits: bool = False) -> None:
        """Something passing. What `waits` comes once what is there has been read."""
        self._news.say(text, time.monotonic(), waits=waits)

    def went_wrong(self, part: str, error: MoodplayerError) -> None:
        """A part is missing now; the rest works."""
        self._news.missing(part, error)
        if part == "library":
            self.library.scanning, self.library.known = None, True

    def status(self, now: float) -> Status:
        """The one line: what has just happened, else what is missing, else what goes on."""
        return self._news.passing(now) or self._no_face() or self._news.trouble() or self._progress()

    def _no_face(self) -> Status | None:
        sight = self.looking.sight
        if sight is None or sight.without_face < NO_FACE_SECONDS:
            return None
        return Status("no face for 10 s: look at the camera, with light on your face", trouble=True)

    def _progress(self) -> Status:
        scanning = self.library.scanning
        if scanning is None:
            return Status(counted(len(self.library.tracks), "track") if self.library.known else "")
        left = f", {clock_words(scanning.left)} left" if scanning.left is not None else ""
        return Status(f"reading your music: {scanning.done:,} of {scanning.found:,} files{left}")


def deed_of(track: Track, seconds: float, *, to_its_end: bool) -> Deed:
    """What it was that the person did who left `track` after so many seconds of it."""
    if to_its_end or (track.length and seconds >= FINISHED_SHARE * track.length):
        return Deed.FINISH
    early = min(SKIP_SECONDS, track.length / 2) if track.length else SKIP_SECONDS
    return Deed.SKIP if seconds < early else Deed.HEAR


def clock_words(seconds: float) -> str:
    """Roughly, as "40 s" or "3 min"."""
    return f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
