"""What every source of frames has in common: how it is iterated over, closed and named."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Protocol, Self

from moodplayer.domain import Frame


class Kind(StrEnum):
    """What frames come from."""

    WEBCAM = "webcam"
    VIDEO = "video"
    IMAGE = "image"
    FOLDER = "folder"
    URL = "url"
    DEMO = "demo"


class FrameSource(Protocol):
    """Gives frames to one thread that iterates over it; any thread may close it."""

    @property
    def kind(self) -> Kind: ...

    @property
    def label(self) -> str:
        """What a person reads on screen: "camera 0", "clip.mp4", "photos/ (12)". Printable."""

    @property
    def live(self) -> bool:
        """Whether it shows now, not a recording."""

    def __iter__(self) -> Iterator[Frame]:
        """The frames. Ends after the last one, or at once when closed; raises CameraError if it breaks."""

    def close(self) -> None:
        """Hand back the device or file. May be called again, and by another thread than the one iterating."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...


class Source:
    """What all sources here share: closed once, by any thread."""

    def __init__(self, kind: Kind, label: str, *, live: bool = False) -> None:
        self.kind: Final = kind
        self.label: Final = label
        self.live: Final = live
        self._closed = threading.Event()

    def close(self) -> None:
        self._closed.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def reason(error: OSError | ValueError) -> str:
    return (error.strerror or "").lower() if isinstance(error, OSError) else "its name is not one of a file"


def printable(text: str) -> str:
    """A file's name may hold anything, escape codes too."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
