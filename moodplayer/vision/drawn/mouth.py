"""The lips' lines of an expression."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moodplayer.vision.drawn.expression import Expression
from moodplayer.vision.drawn.strokes import Points

_Line = Callable[[Points], Points]


@dataclass(frozen=True, slots=True)
class Mouth:
    """The lips' lines, of an expression."""

    width: float
    """From the middle to a corner."""
    corner: float
    """y of the corners."""
    upper: float
    """y of the upper lip's lower edge, in the middle."""
    lower: float
    """y of the lower lip's upper edge, in the middle."""
    roundness: float
    """1 a lens, 0.5 an ellipse."""
    thick: tuple[float, float]
    """The lips' own heights."""
    teeth: float
    jaw: float
    """0 to 1: how far the chin has dropped."""

    @classmethod
    def of(cls, e: Expression) -> Mouth:
        opened = max(0.0, e.mouth_open)
        middle = 106.0
        width = 35 + 13 * e.mouth_wide + 5 * max(0.0, e.smile) - 2 * opened
        arch = 9 * e.smile
        upper = middle + 0.35 * arch - 5 * opened - 4 * e.nose_wrinkle
        return cls(
            width=width,
            corner=middle - arch + 8 * opened,
            upper=upper,
            lower=upper + 0.6 + 50 * opened,
            roundness=float(np.interp(e.mouth_wide, [-1, 0.3], [0.5, 0.85])),
            thick=(
                7.5 - 3 * e.lip_press - 1.6 * max(0.0, e.smile),
                10.0 - 4 * e.lip_press - 1.8 * max(0.0, e.smile),
            ),
            teeth=e.teeth,
            jaw=min(1.0, opened * 1.1),
        )

    @property
    def middle(self) -> float:
        return (self.upper + self.lower) / 2

    @property
    def chin_fold(self) -> float:
        """y of the fold between lower lip and chin."""
        return max(128 + 24 * self.jaw, self.lower + self.thick[1] + 9)

    def line(self, y: float, across: Points) -> Points:
        """A line from corner to corner through (0, y): its y at each of `across` (-1 to 1)."""
        return self.corner + (y - self.corner) * np.maximum(0, 1 - across**2) ** self.roundness

    def inside(self) -> Points:
        """The polygon of the opening."""
        return self._between(lambda t: self.line(self.upper, t), lambda t: self.line(self.lower, t))

    def upper_lip(self) -> Points:
        def top(t: Points) -> Points:
            bow = (
                1
                - 0.22 * np.exp(-0.5 * (t / 0.1) ** 2)
                + 0.1 * np.exp(-0.5 * ((np.abs(t) - 0.22) / 0.12) ** 2)
            )
            return self.line(self.upper, t) - self.thick[0] * bow * np.maximum(0, 1 - np.abs(t) ** 1.7) ** 0.9

        return self._between(top, lambda t: self.line(self.upper, t))

    def lower_lip(self) -> Points:
        return self._between(
            lambda t: self.line(self.lower, t),
            lambda t: self.line(self.lower, t) + self.thick[1] * np.maximum(0, 1 - np.abs(t) ** 2.2) ** 0.8,
        )

    def _between(self, above: _Line, below: _Line) -> Points:
        t = np.sin(np.linspace(-np.pi / 2, np.pi / 2, 33))
        x = t * self.width
        return np.concatenate([np.stack([x, above(t)], 1), np.stack([x, below(t)], 1)[::-1]])
