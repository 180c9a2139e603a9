"""The libVLC engine. One thread makes all calls of libVLC; callbacks only leave it a note."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodplayer.errors import PlaybackError
from moodplayer.playback.container import demuxer_of
from moodplayer.playback.engine import Ended, EngineEvent, Failed, Listener, Lost, Mute, Progressed

if TYPE_CHECKING:
    from types import ModuleType

OPTIONS = (
    "--no-video",
    "--quiet",
    "--intf=dummy",
    "--no-metadata-network-access",
    "--no-lua",
    # It looks for subtitles by listing the track's folder, which takes long on a network drive.
    "--no-sub-autodetect-file",
)

_CLOSING = 3.0
"""Seconds that libVLC gets to stop; an audio server that hangs must not keep the player from quitting."""

_HEARD_AFTER = 0.5
"""Seconds into a track after which some sound must have reached the device."""

_BLOCKS = 10
"""Decoded blocks of sound of which, with a device, some have been played."""


_VARIABLES = ("PYTHON_VLC_LIB_PATH", "PYTHON_VLC_MODULE_PATH")
"""Where python-vlc looks for libVLC instead of where the system has it."""

_NO_SOUND = "there is no sound in it that libVLC can read"


@dataclass(frozen=True, slots=True)
class Installation:
    """What libVLC is here."""

    version: str
    outputs: tuple[str, ...]
    """The names of its audio outputs, such as pulse and alsa."""


class VlcEngine:
    """Plays by libVLC. `options` are added to its command line."""

    def __init__(self, options: Sequence[str] = ()) -> None:
        self._options = tuple(options)
        self._orders: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="libVLC", daemon=True)
        self._ticket = -1
        self._player: Any = None
        self._media: Any = None
        self._path = Path()
        self._manager: Any = None
        self._volume = 100
        self._length = 0.0
        self._muted = False
        self._heard = False
        self._paused = False

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self._thread.start()

    def play(self, ticket: int, path: Path, length: float) -> None:
        self._orders.put(lambda: self._play(ticket, path, length))

    def pause(self, paused: bool) -> None:
        self._orders.put(lambda: self._pause(paused))

    def seek(self, seconds: float) -> None:
        self._orders.put(lambda: self._seek(seconds))

    def stop(self) -> None:
        self._orders.put(self._drop)

    def set_volume(self, volume: int) -> None:
        self._orders.put(lambda: self._set_volume(volume))

    def close(self) -> None:
        self._orders.put(None)
        if self._thread.is_alive() and threading.current_thread() is not self._thread:
            self._thread.join(_CLOSING)

    # -- on the engine's own thread --------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._vlc = load()
            self._instance = _instance(self._vlc, (*OPTIONS, *self._options))
        except PlaybackError as error:
            self._listener(Lost(error))
            return
        lost = True
        try:
            while (order := self._orders.get()) is not None:
                order()
            lost = False
        finally:
            if lost:
                # What has happened is in the log; the queue goes on in silence.
                self._listener(Lost(PlaybackError("libVLC stopped working", "start moodplayer again")))
            self._drop()
            self._instance.release()

    def _play(self, ticket: int, path: Path, length: float, start: float = 0.0) -> None:
        self._drop()
        self._path, self._length = path, length
        try:
            demuxer = demuxer_of(path)
        except FileNotFoundError:
            self._say(Failed(ticket, "the file is gone"))
            return
        except OSError as error:
            self._say(Failed(ticket, f"it cannot be opened: {error.strerror}"))
            return
        # A player that has stopped takes no volume until it sounds again, and begins at 100 %: each track
        # gets a player of its own, which takes the volume before it sounds.
        self._player = self._instance.media_player_new()
        self._listen(ticket)
        if self._muted:
            self._player.audio_output_set("adummy")
        self._player.audio_set_volume(self._volume)
        self._media = self._instance.media_new_path(bytes(path))
        self._media.add_option(f":demux={demuxer}")
        if start:
            self._media.add_option(f":start-time={start:.2f}")
        self._player.set_media(self._media)
        self._ticket = ticket
        self._heard = self._paused = False
        self._player.play()

    def _listen(self, ticket: int) -> None:
        events = self._vlc.EventType
        # The manager owns the callbacks: it has to live as long as the player.
        self._manager = self._player.event_manager()
        for event, answer in (
            (events.MediaPlayerTimeChanged, self._progressed),
            (events.MediaPlayerPlaying, self._progressed),
            (events.MediaPlayerEndReached, self._ended),
            (events.MediaPlayerEncounteredError, self._failed),
        ):
            self._manager.event_attach(event, self._note(ticket, answer))

    def _note(self, ticket: int, answer: Callable[[], None]) -> Callable[[object], None]:
        """What libVLC calls on a thread of its own; as it may call nothing there, it leaves a note."""

        player = self._player

        def answer_if_it_still_plays() -> None:
            if ticket == self._ticket and player is self._player:
                answer()

        def leave(_: object) -> None:
            self._orders.put(answer_if_it_still_plays)

        return leave

    def _drop(self) -> None:
        self._ticket = -1
        if self._player is None:
            return
        self._player.stop()
        self._player.release()
        self._media.release()
        self._player = self._media = self._manager = None

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        if self._player is not None:
            self._player.set_pause(int(paused))

    def _seek(self, seconds: float) -> None:
        if self._ticket >= 0:
            self._player.set_time(max(0, round(seconds * 1000)))
            self._say(Progressed(self._ticket, max(0.0, seconds), self._known_length()))

    def _set_volume(self, volume: int) -> None:
        self._volume = volume
        if self._player is not None:
            self._player.audio_set_volume(volume)

    def _progressed(self) -> None:
        position = max(0, self._player.get_time()) / 1000
        self._say(Progressed(self._ticket, position, self._known_length()))
        # Not while it is paused: finding no device begins the track's rest anew, and it would play on.
        if position >= _HEARD_AFTER and not (self._heard or self._muted or self._paused):
            self._listen_for_sound()

    def _ended(self) -> None:
        # What is no sound "plays" to its end at once, without a word. That nothing was decoded is no proof
        # alone: libVLC counts late, and a short sound ends uncounted.
        if self._player.audio_get_track_count() <= 0 or self._nothing_in_it():
            self._give_up(_NO_SOUND)
            return
        ticket, self._ticket = self._ticket, -1
        self._say(Ended(ticket))

    def _nothing_in_it(self) -> bool:
        return bool(self._player.get_length() <= 0 and self._stats().decoded_audio == 0)

    def _failed(self) -> None:
        self._give_up("libVLC cannot play it")

    def _give_up(self, reason: str) -> None:
        ticket = self._ticket
        self._drop()
        self._say(Failed(ticket, reason))

    def _listen_for_sound(self) -> None:
        stats = self._stats()
        self._heard = stats.played_abuffers > 0
        # Nothing played yet proves nothing: the counts come late, and the first block waits for the device.
        thrown_away = stats.lost_abuffers > 0 or stats.decoded_audio >= _BLOCKS
        if not self._heard and thrown_away:
            self._muted = True
            self._say(
                Mute(PlaybackError("no sound device: the music plays in silence", "see `moodplayer doctor`"))
            )
            # Else libVLC tries to open the device again and again, and says so each time.
            self._play(self._ticket, self._path, self._length, max(0, self._player.get_time()) / 1000)

    def _stats(self) -> Any:
        stats = self._vlc.MediaStats()
        self._media.get_stats(stats)
        return stats

    def _known_length(self) -> float:
        measured = self._player.get_length() / 1000
        return measured if measured > 0 else self._length

    def _say(self, event: EngineEvent) -> None:
        self._listener(event)


def probe() -> Installation:
    """What libVLC is here; raises PlaybackError, with the command that installs it, where there is none."""
    vlc = load()
    instance = _instance(vlc, OPTIONS)
    outputs = []
    first = entry = instance.audio_output_list_get()
    while entry:
        outputs.append(entry.contents.name.decode(errors="replace"))
        entry = entry.contents.next
    if first:
        vlc.libvlc_audio_output_list_release(first)
    instance.release()
    return Installation(vlc.libvlc_get_version().decode(errors="replace"), tuple(outputs))


def load() -> ModuleType:
    """python-vlc, which finds libVLC as it is imported; PlaybackError where it finds none."""
    try:
        import vlc
    # It leaves the whole process by SystemExit where its environment variables name nothing.
    except (ImportError, OSError, NotImplementedError, SystemExit) as error:
        raise _missing() from error
    # It does not raise where the library is absent, and fails at the first call instead.
    if getattr(vlc, "dll", None) is None:
        raise _missing()
    module: ModuleType = vlc
    return module


def _missing() -> PlaybackError:
    wrong = next((name for name in _VARIABLES if name in os.environ), None)
    hint = f"unset {wrong}, or install it" if wrong else "install it"
    return PlaybackError("libVLC is missing: the music plays in silence", f"{hint}: {install_command()}")


def _instance(vlc: ModuleType, options: Sequence[str]) -> Any:
    try:
        instance = vlc.Instance(list(options))
    except (NameError, AttributeError, OSError) as error:
        raise _missing() from error
    if instance is None:
        raise PlaybackError("libVLC does not start", "check [playback] vlc_options in the settings")
    return instance


def install_command() -> str:
    """The one command that installs libVLC on this system."""
    import shutil
    import sys

    if sys.platform == "darwin":
        return "brew install --cask vlc"
    commands = {
        "apt": "sudo apt install libvlc5 vlc-plugin-base",
        "dnf": "sudo dnf install vlc-libs vlc-plugins-base",
        "pacman": "sudo pacman -S vlc",
    }
    return next(
        (text for tool, text in commands.items() if shutil.which(tool)), "https://www.videolan.org/vlc/"
    )
