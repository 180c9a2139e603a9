"""Looks to readings: smoothed over time, and aware of when it is not sure."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from moodplayer.domain import EMOTIONS, Explanation, Face, Look, Probabilities, Reading
from moodplayer.vision import regions

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

_LEAST_SHARP = 0.02
"""What a look counts that says nothing: looks that all say nothing must still have a mean."""


class Reader:
    """Makes a reading of the looks of the last seconds, once they agree.

    `window` (seconds) of looks are averaged, each weighted by its sharpness. A
    reading is sure where at least `agreement` of that weight shows the emotion
    that the mean shows, and the mean gives it at least `confidence`, and
    `lead` more than any other. Without that for `patience` seconds the reading
    is what the mean says, unsure.
    A face that is away for more than `gap` seconds begins anew: it may be
    somebody else's.
    """

    LEAST_LOOKS = 6
    """Fewer looks than this in a window are too few to agree."""

    def __init__(
        self,
        *,
        window: float = 3.0,
        agreement: float = 0.6,
        confidence: float = 0.6,
        lead: float = 0.2,
        patience: float = 9.0,
        gap: float = 1.0,
    ) -> None:
        self.window = window
        self.agreement = agreement
        self.confidence = confidence
        self.lead = lead
        self.patience = patience
        self.gap = gap
        self._looks: deque[tuple[float, Face]] = deque()
        self._since = 0.0
        self._seen: float | None = None

    def restart(self) -> None:
        """Forget what was seen; the next reading takes a whole window again."""
        self._looks.clear()

    def add(self, look: Look, now: float) -> Reading | None:
        """Take in a look made at `now` (monotonic seconds); a reading, if one is due."""
        face = look.face
        if face is None:
            if self._looks and now - self._looks[-1][0] > self.gap:
                self.restart()
            return None
        if not self._looks or now - self._looks[-1][0] > self.gap:
            self.restart()
            self._since = now
        self._looks.append((now, face))
        while now - self._looks[0][0] > self.window:
            self._looks.popleft()

        if now - self._since < 0.95 * self.window or len(self._looks) < self.LEAST_LOOKS:
            return None
        mean = self.smoothed()
        assert mean is not None
        sure = self._sure(mean)
        if not sure and now - self._since < self.patience:
            return None
        self._since = now
        return Reading(mean, sure, now, face.box, self.explanation(), face.crop)

    def smoothed(self) -> Probabilities | None:
        """The weighted mean of the window so far; None without a face."""
        if not self._looks:
            return None
        looks = self._probabilities()
        mean = np.average(looks, axis=0, weights=sharpness(looks))
        return tuple(float(p) for p in mean)

    def progress(self, now: float) -> float:
        """How much of a window has been seen, in [0, 1]."""
        return min(1.0, (now - self._since) / self.window) if self._looks else 0.0

    def _probabilities(self) -> Floats:
        return np.array([face.probabilities for _, face in self._looks])

    def _sure(self, mean: Probabilities) -> bool:
        looks = self._probabilities()
        agree = looks.argmax(axis=1) == int(np.argmax(mean))
        agreement = float(np.average(agree, weights=sharpness(looks)))
        second, first = sorted(mean)[-2:]
        return first >= self.confidence and first - second >= self.lead and agreement >= self.agreement

    def explanation(self) -> Explanation | None:
        """The mean of the window's explanations of what it shows on the whole, by the last method asked for.

        None where the last face has none.
        """
        found = [face.explanation for _, face in self._looks if face.explanation is not None]
        if not self._looks or self._looks[-1][1].explanation is None:
            return None
        mean = self.smoothed()
        assert mean is not None
        asked = [one for one in found if one.why == found[-1].why]
        # Why it is sad is not told by the frames that looked neutral.
        shown = EMOTIONS[int(np.argmax(mean))]
        agreeing = [one for one in asked if one.emotion is shown] or [asked[-1]]
        last = agreeing[-1]
        agreeing = [one for one in agreeing if one.rather_than is last.rather_than]
        heat_map = np.mean([one.heat_map for one in agreeing], axis=0).astype(np.float32)
        fits = [one.fit for one in agreeing if one.fit is not None]
        return replace(
            last,
            heat_map=heat_map,
            shares=regions.shares(heat_map),
            fit=float(np.mean(fits)) if fits else None,
        )


def sharpness(probabilities: Floats) -> Floats:
    """How much each of (N, 7) probabilities says, (N,), in (0, 1]: 1 where it is certain.

    One less its entropy, as a share of the most there can be (Shannon, 1948).

    A face half turned away or blurred by a movement is read as a bit of
    everything; it should not outvote one that was seen well.
    """
    certain = np.clip(probabilities, 1e-9, 1)
    entropy = -(certain * np.log(certain)).sum(axis=-1) / np.log(certain.shape[-1])
    return np.asarray(np.maximum(1 - entropy, _LEAST_SHARP), np.float64)
