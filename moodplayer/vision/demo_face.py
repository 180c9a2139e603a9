"""The drawn face behind `--camera demo`: somebody who goes through the emotions, for ever or once."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Final

import numpy as np

from moodplayer.domain import Emotion, Frame
from moodplayer.vision.drawn.expression import Expression, Pose
from moodplayer.vision.drawn.portrait import Portrait
from moodplayer.vision.source import Kind, Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moodplayer.domain import Image

EXPRESSIONS: Final = {
    Emotion.HAPPY: Expression(
        smile=1, mouth_wide=0.6, mouth_open=0.28, teeth=0.75, cheek=1, squint=0.5, brow_raise=0.1
    ),
    Emotion.SURPRISE: Expression(brow_raise=1, eye_open=1, mouth_open=0.75, mouth_wide=-0.7),
    Emotion.NEUTRAL: Expression(),
    Emotion.SAD: Expression(
        brow_raise=0.4,
        brow_slant=1,
        brow_knit=0.7,
        eye_open=-0.6,
        look_down=0.3,
        mouth_wide=0.35,
        smile=-0.7,
        mouth_open=0.2,
        lip_press=0.5,
        cheek=0.6,
        nose_wrinkle=0.3,
    ),
    Emotion.ANGRY: Expression(
        brow_raise=-1,
        brow_slant=-1,
        brow_knit=1,
        eye_open=0.5,
        squint=0.4,
        mouth_wide=0.1,
        smile=-0.7,
        lip_press=0.8,
        cheek=0.3,
        nose_wrinkle=0.8,
    ),
    Emotion.FEAR: Expression(
        brow_raise=0.8,
        brow_slant=1,
        brow_knit=0.4,
        eye_open=1,
        mouth_wide=0.65,
        smile=-0.4,
        mouth_open=0.6,
        teeth=0.7,
        lip_press=0.6,
    ),
}
"""What the face shows, in this order. Disgust is left out: drawn, it is not read surely."""

RATE = 12.0
"""Frames in a second."""

HOLD = 5.0
"""Seconds from one expression to the next."""

CYCLE = HOLD * len(EXPRESSIONS)
"""Seconds after which the expressions begin again."""

_CHANGE = 0.5
"""Seconds that a face takes to change."""

_BLINK_EVERY, _BLINK = 3.4, 0.24
"""Seconds between blinks, on average, and of one."""

_LOOK_EVERY = 1.9
"""Seconds between two glances."""


class DemoFace(Source):
    """A frame source that draws its frames; two of the same `seed` show the same.

    Paced, it goes on for ever in its own time; otherwise it gives one cycle
    of frames, RATE for each second of it, as fast as asked.
    """

    def __init__(self, *, paced: bool = False, seed: int = 0) -> None:
        super().__init__(Kind.DEMO, "demo face")
        self._paced = paced
        self._seed = seed
        self._portrait = Portrait(seed)

    def __iter__(self) -> Iterator[Frame]:
        number = 0
        started = time.monotonic()
        while not self._closed.is_set() and (self._paced or number < round(CYCLE * RATE)):
            at = number / RATE
            yield Frame(self.frame_at(at), at, number)
            number += 1
            if self._paced:
                passed = time.monotonic() - started
                number = max(number, math.floor(passed * RATE))
                if self._closed.wait(max(0.0, number / RATE - passed)):
                    return

    def expression_at(self, time: float) -> Emotion:
        """The emotion that is meant `time` seconds after the start; while it changes, the new one."""
        return list(EXPRESSIONS)[int(time / HOLD) % len(EXPRESSIONS)]

    def frame_at(self, time: float) -> Image:
        """The picture `time` seconds after the start: BGR uint8 (480, 640, 3)."""
        return self._portrait.draw(self._expression(time), self._pose(time), grain=int(time * RATE))

    def _expression(self, time: float) -> Expression:
        now = EXPRESSIONS[self.expression_at(time)]
        before = EXPRESSIONS[self.expression_at(time + CYCLE - HOLD)]
        changed = before.mixed(now, _eased(time % HOLD / _CHANGE))
        # Nobody holds an expression quite still.
        return changed.mixed(Expression(), 0.05 + 0.05 * math.sin(1.7 * time + self._seed))

    def _pose(self, time: float) -> Pose:
        phase = 1.3 * self._seed
        return Pose(
            x=6 * math.sin(0.53 * time + phase) + 2.5 * math.sin(1.31 * time),
            y=2.5 * math.sin(0.81 * time + 1 + phase),
            turn=1.8 * math.sin(0.47 * time + 2) + 0.7 * math.sin(1.13 * time + phase),
            gaze=self._gaze(time),
            blink=self._blink(time),
            light=1 + 0.02 * math.sin(0.37 * time + phase) + 0.008 * math.sin(2.9 * time),
        )

    def _gaze(self, time: float) -> tuple[float, float]:
        glance = int(time / _LOOK_EVERY)
        share = _eased(time % _LOOK_EVERY / 0.12)
        old, new = (self._chance(1, n) * 2 - 1 for n in (glance - 1, glance))
        x, y = (old + (new - old) * share) * (0.45, 0.25)
        return float(x), float(y)

    def _blink(self, time: float) -> float:
        turn = int(time / _BLINK_EVERY)
        start = float(self._chance(2, turn)[0]) * (_BLINK_EVERY - _BLINK)
        share = (time % _BLINK_EVERY - start) / _BLINK
        return math.sin(math.pi * share) ** 0.6 if 0 < share < 1 else 0.0

    def _chance(self, what: int, turn: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Two numbers in [0, 1) that are the same whenever this is asked again."""
        return np.random.default_rng((self._seed, what, turn + 1)).random(2)


def _eased(share: float) -> float:
    """0 to 1, slow at both ends."""
    share = min(1.0, max(0.0, share))
    return share * share * (3 - 2 * share)
