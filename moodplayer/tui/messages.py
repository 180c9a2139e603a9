"""What workers tell the screen. All of them tiny; of those that come often only the newest is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moodplayer.domain import History, Reading, ScanProgress, ScanReport, Track
    from moodplayer.errors import MoodplayerError
    from moodplayer.playback.engine import EngineEvent
    from moodplayer.watch import Sight, Watch


@dataclass
class Seen(Message, bubble=False):
    """The camera's worker saw something. A newer one takes its place, unless it holds a reading."""

    watch: Watch
    sight: Sight

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Seen) and message.sight.reading is None


@dataclass
class Explained(Message, bubble=False):
    """A reading has been explained again; the same reading, if that cannot be."""

    reading: Reading
    explained: Reading


@dataclass
class CameraClosed(Message, bubble=False):
    """The camera's worker is done, and the camera closed; `error` says why, if it was not meant to be."""

    watch: Watch
    error: MoodplayerError | None = None


@dataclass
class EngineSpoke(Message, bubble=False):
    """The engine's thread has news of the track that plays."""

    event: EngineEvent


@dataclass
class LibraryRead(Message, bubble=False):
    """The index gave its tracks."""

    tracks: Sequence[Track]
    history: History


@dataclass
class Scanned(Message, bubble=False):
    """A scan has come so far."""

    progress: ScanProgress

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Scanned)


@dataclass
class ScanEnded(Message, bubble=False):
    """A scan is over."""

    report: ScanReport


@dataclass
class WentWrong(Message, bubble=False):
    """A worker cannot go on, and says why; `part` is the one that is missing now."""

    part: str
    error: MoodplayerError
