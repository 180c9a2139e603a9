"""Frames to readings, while somebody watches: what the camera's worker runs."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from moodplayer.domain import Look, Probabilities, Reading

if TYPE_CHECKING:
    from moodplayer import config
    from moodplayer.domain import Explanation, Why
    from moodplayer.vision.camera import FrameSource

LOOKS_A_SECOND = 10
"""Enough for a face to move smoothly; more would only warm the machine."""

GIVE_UP = 60.0
"""Seconds without a face after which a webcam is closed again."""

HAND_OVER = 5.0
"""Seconds that a watch waits for the one before it to close the camera."""


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What the camera's worker sees now."""

    label: str
    """What is looked through: "camera 0", "demo face", "clip.mp4"."""
    look: Look
    smoothed: Probabilities | None
    """The mean of the last seconds; None without a face."""
    explanation: Explanation | None
    """Likewise of their explanations."""
    progress: float
    """How much of a reading has been seen, in [0, 1]."""
    without_face: float
    """Seconds since the last face."""
    reading: Reading | None = None


class Watch:
    """Looks through one source until a reading is made, or, where `keeps_on`, until it is stopped.

    Iterate in a worker: `__iter__` opens the source, loads the network, and
    closes the source at its end. Raises CameraError or ModelError. `stop` may
    be called by any thread. The camera is opened when the watch `after` which
    this one comes has closed it.
    """

    def __init__(
        self,
        source: str,
        settings: config.Reading,
        *,
        keeps_on: bool,
        why: Why | None = None,
        after: Watch | None = None,
    ) -> None:
        self.source = source
        self.why = why
        """What is asked about each face from now on; the default, if None. May be set by any thread."""
        self._after = after
        self._ended = threading.Event()
        self.keeps_on = keeps_on
        self._settings = settings
        self._stopped = threading.Event()
        self._frames: FrameSource | None = None
        self._anew = threading.Event()

    def begin_again(self) -> None:
        """Forget what was seen so far: the next reading is made of what comes now."""
        self._anew.set()

    def stop(self) -> None:
        """Close the source; the iteration ends at once. Does not wait for a device that is slow to close."""
        self._stopped.set()
        if self._frames is not None:
            threading.Thread(target=self._frames.close, name="closing the camera", daemon=True).start()

    def __iter__(self) -> Iterator[Sight]:
        try:
            if self._after is not None:
                # Two cannot have one webcam open.
                self._after._ended.wait(HAND_OVER)
                self._after = None
            yield from self._sights()
        finally:
            self._ended.set()

    def _sights(self) -> Iterator[Sight]:
        from moodplayer.vision.camera import open_source
        from moodplayer.vision.classifier import Classifier
        from moodplayer.vision.look import Looker
        from moodplayer.vision.reader import Reader
        from moodplayer.vision.source import Kind

        looker = Looker(Classifier())
        reader = Reader(
            window=self._settings.seconds,
            agreement=self._settings.agreement,
            confidence=self._settings.confidence,
        )
        if self._stopped.is_set():
            return
        with open_source(self.source, paced=True) as self._frames:
            # Two photographs of a folder show two people.
            moving = self._frames.kind is not Kind.FOLDER
            seen = due = time.monotonic()
            for frame in self._frames:
                if self._stopped.is_set():
                    return
                now = time.monotonic()
                if now < due:
                    continue
                due = now + 1 / LOOKS_A_SECOND
                if self._anew.is_set():
                    self._anew.clear()
                    reader.restart()
                looker.why = self.why or looker.why
                look = looker.follow(frame) if moving else looker.look(frame)
                reading = reader.add(look, now)
                seen = now if look.faces else seen
                yield Sight(
                    label=self._frames.label,
                    look=look,
                    smoothed=reader.smoothed(),
                    explanation=reader.explanation(),
                    progress=reader.progress(now),
                    without_face=now - seen,
                    reading=reading,
                )
                if (reading and not self.keeps_on) or (self._frames.live and now - seen > GIVE_UP):
                    return


def explain_again(reading: Reading, why: Why) -> Reading:
    """The reading with another explanation of the face that it was made of, for a worker.

    The same reading where its face is not known, or its network cannot say that. Raises ModelError.
    """
    from moodplayer.vision.classifier import Classifier
    from moodplayer.vision.explain import Explainer

    explainer = Explainer(Classifier())
    if reading.crop is None or why.method not in explainer.methods(any_emotion=True):
        return reading
    answer = explainer.explain(reading.crop, why, emotion=reading.emotion)
    return replace(reading, explanation=answer.explanation)
