"""The libVLC engine. One thread makes all calls of libVLC; callbacks only leave it a note."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from moodplayer.errors import PlaybackError
from moodplayer.playback.engine import Ended, EngineEvent, Failed, Listener, Lost, Mute, Progressed

if TYPE_CHECKING:
    from types import ModuleType

_log = logging.getLogger(__name__)

OPTIONS = (
    "--no-video",
    "--quiet",
    "--intf=dummy",
    "--no-metadata-network-access",
    "--no-lua",
    "--no-snapshot-preview",
)

_CLOSING = 3.0
"""Seconds that libVLC gets to stop; an audio server that hangs must not keep the player from quitting."""

_AT_ONCE = 0.15
"""Seconds between start and end in which nothing can have been heard."""

_HEARD_AFTER = 0.5
"""Seconds into a track after which some sound must have reached the device."""


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
        self._muted = False
        self._heard = False

    def start(self, listener: Listener) -> None:
        self._listener = listener
        self._thread.start()

    def play(self, ticket: int, path: Path, length: float) -> None:
        self._orders.put(lambda: self._play(ticket, path, length))

    def pause(self, paused: bool) -> None:
        self._orders.put(lambda: self._player.set_pause(int(paused)))

    def seek(self, seconds: float) -> None:
        self._orders.put(lambda: self._seek(seconds))

    def stop(self) -> None:
        self._orders.put(self._stop)

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
        self._player = self._instance.media_player_new()
        self._media: Any = None
        self._volume = 100
        self._length = 0.0
        self._began = 0.0
        self._listen()
        while (order := self._orders.get()) is not None:
            order()
        self._player.stop()
        self._player.release()
        self._instance.release()

    def _listen(self) -> None:
        events, manager = self._vlc.EventType, self._player.event_manager()
        # libVLC calls these on threads of its own and may not be called from there: they only leave a note.
        for event, answer in (
            (events.MediaPlayerTimeChanged, self._progressed),
            (events.MediaPlayerPlaying, self._playing),
            (events.MediaPlayerEndReached, self._ended),
            (events.MediaPlayerEncounteredError, self._failed),
        ):
            manager.event_attach(
                event, lambda _, answer=answer: self._orders.put(self._of_this_track(answer))
            )

    def _of_this_track(self, answer: Callable[[], None]) -> Callable[[], None]:
        ticket = self._ticket

        def note() -> None:
            if ticket >= 0 and ticket == self._ticket:
                answer()

        return note

    def _play(self, ticket: int, path: Path, length: float) -> None:
        self._ticket = -1
        self._player.stop()
        self._length = length
        reason = _unplayable(path)
        if reason:
            self._say(Failed(ticket, reason))
            return
        if self._muted:
            self._player.audio_output_set("adummy")
        self._media = self._instance.media_new_path(bytes(path))
        self._player.set_media(self._media)
        self._ticket = ticket
        self._heard = False
        self._player.play()

    def _stop(self) -> None:
        self._ticket = -1
        self._player.stop()

    def _seek(self, seconds: float) -> None:
        if self._ticket >= 0:
            self._player.set_time(max(0, round(seconds * 1000)))
            self._say(Progressed(self._ticket, max(0.0, seconds), self._known_length()))

    def _set_volume(self, volume: int) -> None:
        self._volume = volume
        self._player.audio_set_volume(volume)

    def _playing(self) -> None:
        # libVLC forgets the volume of an output that is not open yet.
        self._player.audio_set_volume(self._volume)
        self._began = time.monotonic()
        self._progressed()

    def _progressed(self) -> None:
        position = max(0, self._player.get_time()) / 1000
        self._say(Progressed(self._ticket, position, self._known_length()))
        if position >= _HEARD_AFTER and not (self._heard or self._muted):
            self._listen_for_sound()

    def _ended(self) -> None:
        ticket, self._ticket = self._ticket, -1
        # A file that is not audio "plays" to its end at once, without a word. libVLC counts what it decoded
        # now and then only, so that a short sound may end uncounted, but not at once.
        at_once = time.monotonic() - self._began < _AT_ONCE
        nothing = at_once and self._stats().decoded_audio == 0
        self._say(
            Failed(ticket, "there is no sound in it that libVLC can read") if nothing else Ended(ticket)
        )

    def _failed(self) -> None:
        ticket, self._ticket = self._ticket, -1
        self._say(Failed(ticket, "libVLC cannot play it"))

    def _listen_for_sound(self) -> None:
        stats = self._stats()
        self._heard = stats.played_abuffers > 0
        if not self._heard and stats.decoded_audio > 0:
            self._muted = True
            self._say(
                Mute(PlaybackError("no sound device: the music plays in silence", "see `moodplayer doctor`"))
            )

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
    except (ImportError, OSError, NotImplementedError) as error:
        raise _missing() from error
    # python-vlc does not raise where the library is absent, and fails at the first call instead.
    if getattr(vlc, "dll", None) is None:
        raise _missing()
    module: ModuleType = vlc
    return module


def _missing() -> PlaybackError:
    return PlaybackError("libVLC is missing: the music plays in silence", f"install it: {install_command()}")


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


def _unplayable(path: Path) -> str:
    try:
        with path.open("rb"):
            return ""
    except FileNotFoundError:
        return "the file is gone"
    except OSError as error:
        return f"it cannot be opened: {error.strerror}"
