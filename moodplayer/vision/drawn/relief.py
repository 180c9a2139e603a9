"""The head's shape and skin: an ellipsoid with a nose, brows, cheeks, lips and folds, lit from above."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.vision.drawn.expression import Expression
from moodplayer.vision.drawn.mouth import Mouth
from moodplayer.vision.drawn.still import SKIN
from moodplayer.vision.drawn.strokes import HEAD, ORIGIN, SCALE, Array, Points, blurred, curve, pixels, smooth

if TYPE_CHECKING:
    from moodplayer.domain import Image

COARSE = 2
"""Pixels between two points of the height field: shading is soft, and this is four times as fast."""

_GLOW = (14, 20, 40)
"""What light that comes through skin adds to its shadows, BGR."""

# Half the head's width (second row) at some heights (first row).
_ROWS = np.array([-150, -140, -118, -80, -40, 0, 40, 70, 95, 118, 136, 150, 160, 167, 171], np.float32)
_HALVES = np.array([1, 42, 76, 97, 103, 102, 98, 92, 84, 73, 60, 47, 34, 20, 1], np.float32)


class Relief:
    """The head as a height field, lit from above. Its points lie COARSE pixels of the head's canvas apart."""

    def __init__(self) -> None:
        width, height = (side // COARSE for side in HEAD)
        self._x = ((np.arange(width, dtype=np.float32) + 0.5) * COARSE - ORIGIN[0]) / SCALE
        self._y = ((np.arange(height, dtype=np.float32) + 0.5) * COARSE - ORIGIN[1]) / SCALE
        self._still = self._still_relief()
        self._albedo = self._complexion()

    def skin(self, e: Expression, mouth: Mouth) -> Image:
        """The lit skin on the head's canvas, BGR; without eyes, brows and lips."""
        shade = self._shade(e, mouth)
        skin = self._albedo * shade[..., None]
        # What is in shadow is warmer, as light comes through skin.
        skin += (1 - np.minimum(shade, 1))[..., None] * np.array(_GLOW, np.float32)
        return cast("Image", cv2.resize(cv2.convertScaleAbs(skin), HEAD, interpolation=cv2.INTER_LINEAR))

    def _shade(self, e: Expression, mouth: Mouth) -> Array:
        """How bright the skin is at each point of the height field, about 1 in the light."""
        z = _skull(self._x, self._y, mouth.jaw)
        z += self._still
        lift = 9 * e.brow_raise
        rise = 5 * e.nose_wrinkle
        for bump in (
            (44 - 4 * e.brow_knit, -27 - lift, 30, 8, 5.5 + 2 * e.brow_knit),  # brow ridge
            (0, -18, 14, 12, 2 + 3 * e.brow_knit),
            (50, 20 - 3 * e.squint, 18, 4, -1.4 - 1.5 * e.squint - e.cheek),  # under the eyes
            (63 - 2 * e.cheek, 46 - 10 * e.cheek, 24, 17, 7 + 8 * e.cheek),  # cheeks
            (74, 92, 20, 24, -3 + e.cheek),  # hollow of the cheeks
            (0, 59 - rise * 0.4, 11, 9, 8),  # tip of the nose
            (16, 63 - rise, 7, 8, 6.5),  # its wings
            (0, mouth.middle - 2, 34, 22, 6),  # teeth below the lips
            (0, mouth.chin_fold, 24, 6, -4),
            (0, mouth.chin_fold + 22, 24, 14, 8),  # chin
        ):
            self._raise(z, bump)

        z -= self._folds(e, mouth)
        lips = self._mask([mouth.upper_lip(), mouth.lower_lip()], 1.0)
        z += 3.4 * lips
        return _lit(z)

    def _folds(self, e: Expression, mouth: Mouth) -> Array:
        """How deep the skin is folded at each point of the height field."""
        drawn = np.zeros((self._y.size, self._x.size), np.uint8)

        def fold(deep: float, *points: tuple[float, float]) -> None:
            if deep > 0.1:
                for side in (-1, 1):
                    line = self._coarse(curve(np.array(points) * (side, 1)))
                    cv2.polylines(drawn, [line], False, min(255, deep * 25), 2, cv2.LINE_AA, 4)

        smile, frown = max(0.0, e.smile), max(0.0, -e.smile)
        w, y = mouth.width, mouth.corner
        out = w + 13 + 5 * smile
        deep = 1.2 + 2.8 * smile + 3 * e.nose_wrinkle + 1.5 * frown
        fold(deep, (21, 58 - 5 * e.nose_wrinkle), (31 + 6 * smile, 70), (out - 5, y - 17), (out - 1, y - 4))
        fold(0.8 + 2 * frown, (w + 4, y - 2), (w + 7, y + 7), (w + 6, y + 15))
        fold(3.2 * e.brow_knit, (8, -34), (6, -25), (7.5, -15))
        fold(4 * e.nose_wrinkle, (3, -6), (9, -3), (13, 1))
        for row in (-58, -69, -80):
            fold(1.8 * e.brow_raise, (0, row), (28, row - 3 + 5 * e.brow_slant), (52, row + 1))
        fold(1.8 * e.cheek, (76, 4), (86, -2), (92, -7))
        fold(1.8 * e.cheek, (76, 8), (87, 9), (93, 10))
        return blurred(drawn, 1.7).astype(np.float32) * np.float32(1.35 / 25)

    def _still_relief(self) -> Array:
        """The rises and hollows that no muscle moves."""
        z = np.zeros((self._y.size, self._x.size), np.float32)
        for bump in (
            (0, -66, 62, 30, 6),  # forehead
            (46, 0, 24, 15, -13),  # sockets
            (27, -6, 9, 13, -7),
            (50, 2, 15, 10, 6.5),  # eyeballs
            (0, 86, 7, 8, -2.2),  # philtrum
        ):
            self._raise(z, bump)
        bridge = np.interp(self._y, [-30, -12, 10, 40, 58, 70, 78], [0, 3, 7.5, 14, 18, 8, 0])
        z += np.outer(bridge, np.exp(-0.5 * (self._x / 9.5) ** 2)).astype(np.float32)
        return z

    def _raise(self, z: Array, bump: tuple[float, float, float, float, float]) -> None:
        """Lift the skin by a Gaussian bump; beside the middle, by one on either side.

        `bump` is its place (x, y), its spread (x, y) and its height.
        """
        cx, cy, sx, sy, size = bump
        across = np.exp(-0.5 * ((self._x - cx) / sx) ** 2)
        if cx:
            across += np.exp(-0.5 * ((self._x + cx) / sx) ** 2)
        z += np.outer(np.float32(size) * np.exp(-0.5 * ((self._y - cy) / sy) ** 2), across)

    def _complexion(self) -> Array:
        """The skin's own colour at each point of the height field, BGR (rows, columns, 3)."""
        colour = np.empty((self._y.size, self._x.size, 3), np.float32)
        colour[:] = SKIN
        red = np.outer(
            np.exp(-0.5 * ((self._y - 45) / 20) ** 2),
            np.exp(-0.5 * ((np.abs(self._x) - 58) / 22) ** 2),
        )
        red += 0.6 * np.outer(np.exp(-0.5 * ((self._y - 60) / 12) ** 2), np.exp(-0.5 * (self._x / 16) ** 2))
        colour -= red[..., None].astype(np.float32) * np.array((22, 18, 2), np.float32)
        sockets = np.outer(
            np.exp(-0.5 * ((self._y - 1) / 13) ** 2), np.exp(-0.5 * ((np.abs(self._x) - 46) / 20) ** 2)
        )
        colour -= sockets[..., None].astype(np.float32) * np.array((26, 30, 24), np.float32)
        return colour

    def _mask(self, polygons: list[Points], soft: float) -> Array:
        drawn = np.zeros((self._y.size, self._x.size), np.uint8)
        for polygon in polygons:
            cv2.fillPoly(drawn, [self._coarse(polygon)], 255, cv2.LINE_AA, 4)
        return blurred(drawn, soft).astype(np.float32) / np.float32(255)

    def _coarse(self, points: Points) -> npt.NDArray[np.int32]:
        return np.asarray(pixels(points) // COARSE, np.int32)


def outline(jaw: float) -> Points:
    """The edge of the head, with the jaw dropped by so much (0 to 1)."""
    end = 60 + 111 * (1 + 0.2 * jaw)
    y = np.linspace(-150, end, 60).astype(np.float32)
    half = cv2.GaussianBlur(_halves(y, jaw)[:, None], (1, 9), 1.6)[:, 0]
    half[[0, -1]] = (1, 8)
    side = np.stack([half, y], 1)
    return np.concatenate([side, (side * (-1, 1))[::-1]]).astype(np.float64)


def _halves(y: Array, jaw: float) -> Array:
    """Half the head's width at heights `y`; the part below the nose is as much longer as the jaw drops."""
    longer = 1 + 0.2 * jaw
    y = np.where(y > 60, 60 + (y - 60) / longer, y)
    return np.interp(y, _ROWS, _HALVES).astype(np.float32)


def _skull(x: Array, y: Array, jaw: float) -> Array:
    """The height of a bare head."""
    # Not as narrow as the chin: its sides face the light, too.
    half = (74**4 + (_halves(y, jaw) * 1.06) ** 4)[:, None] ** 0.25
    across = np.maximum(0.02, 1 - (x[None] / half) ** 2) ** 0.5
    down = np.maximum(0.02, 1 - ((y - 12) / (200 + 22 * jaw)) ** 2) ** 0.5
    return np.asarray(98 * across * down[:, None], np.float32)


def _lit(z: Array) -> Array:
    """The height field in a soft light from above and a little from the left."""
    step = COARSE / SCALE
    dx = cv2.Sobel(z, cv2.CV_32F, 1, 0, ksize=3, scale=1 / (8 * step))
    dy = cv2.Sobel(z, cv2.CV_32F, 0, 1, ksize=3, scale=1 / (8 * step))
    norm = 1 / np.sqrt(dx * dx + dy * dy + 1)
    key = np.maximum(0, (0.16 * dx + 0.42 * dy + 0.88) * norm)
    fill = np.maximum(0, (-0.5 * dx + 0.1 * dy + 0.7) * norm)
    shine = np.maximum(0, (0.1 * dx + 0.3 * dy + 0.95) * norm) ** 24
    # What lies deeper than its surroundings gets less light from all of them.
    hollow = np.clip((smooth(z, 7) - z) * 0.022, -0.06, 0.2)
    return np.asarray(0.24 + 0.64 * key + 0.17 * fill + 0.08 * shine - hollow, np.float32)
