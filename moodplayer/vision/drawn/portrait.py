"""A drawn face: a generic person whose expression is a handful of numbers.

The head is a height field that is lit from above, so that a raised cheek or
a furrowed brow is shaded as on a real face. Eyes, brows and mouth are painted
onto it, hair is laid over it, and the whole is tilted and put before a wall.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from moodplayer.vision.drawn import features
from moodplayer.vision.drawn.expression import UPRIGHT, Expression, Pose
from moodplayer.vision.drawn.mouth import Mouth
from moodplayer.vision.drawn.relief import Relief, outline
from moodplayer.vision.drawn.still import EYES, HEIGHT, WIDTH, background, hair, noise
from moodplayer.vision.drawn.strokes import HEAD, ORIGIN, SCALE, blurred, pixels

if TYPE_CHECKING:
    from moodplayer.domain import Image

_SIDE = 100
"""Pixels on the left and right of the frame that the head does not reach."""

_GRAIN = 1.8
"""Standard deviation of the camera's noise, in grey levels."""


class Portrait:
    """Draws the person. What does not move is drawn once, by the constructor."""

    def __init__(self, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self._relief = Relief()
        self._background = background(rng)
        self._hair, self._hair_alpha = hair(rng)
        self._bare = 255 - self._hair_alpha
        self._pores = noise(rng, (HEAD[1], HEAD[0]), 1.0, 1.1)
        self._grain = noise(rng, (HEIGHT + 64, WIDTH + 64), 0.7, _GRAIN)

    def draw(self, expression: Expression, pose: Pose = UPRIGHT, *, grain: int = 0) -> Image:
        """A frame: BGR uint8 (HEIGHT, WIDTH, 3). `grain` picks one pattern of the camera's noise."""
        head, alpha = self._head(expression, pose)
        left = _SIDE
        matrix = cv2.getRotationMatrix2D((ORIGIN[0], ORIGIN[1] + 190 * SCALE), -pose.turn, 1.0)
        matrix[0, 2] += EYES[0] + pose.x - ORIGIN[0] - left
        matrix[1, 2] += EYES[1] + pose.y - ORIGIN[1]
        size = (WIDTH - 2 * left, HEIGHT)
        colour, cover = (
            cv2.warpAffine(layer, matrix, size, flags=cv2.INTER_LINEAR) for layer in (head, alpha)
        )
        picture = self._background.copy()
        behind = picture[:, left : WIDTH - left]
        seen = cv2.cvtColor(cv2.bitwise_not(cover), cv2.COLOR_GRAY2BGR)
        behind[:] = cv2.add(cv2.multiply(behind, seen, scale=1 / 255), colour)
        y, x = (grain * 37) % 64, (grain * 23) % 64
        grains = self._grain[y : y + HEIGHT, x : x + WIDTH]
        return np.asarray(cv2.addWeighted(picture, pose.light, grains, 1, -128), np.uint8)

    def _head(self, e: Expression, pose: Pose) -> tuple[Image, Image]:
        """The head on its own canvas, times its alpha, and that alpha."""
        mouth = Mouth.of(e)
        skin = self._relief.skin(e, mouth)
        canvas = cast("Image", cv2.addWeighted(skin, 1, self._pores, 1, -128))
        for side in (-1, 1):
            features.paint_ear(canvas, side)
            features.paint_eye(canvas, e, pose, side)
            features.paint_brow(canvas, e, side)
        features.paint_nostrils(canvas, e)
        features.paint_mouth(canvas, mouth)
        alpha = np.zeros((HEAD[1], HEAD[0]), np.uint8)
        cv2.fillPoly(alpha, [pixels(outline(mouth.jaw))], 255, cv2.LINE_AA, 4)
        for side in (-1, 1):
            cv2.fillPoly(alpha, [pixels(features.ear(side))], 255, cv2.LINE_AA, 4)
        alpha = blurred(alpha, 0.8)
        bare = cv2.multiply(alpha, self._bare, scale=1 / 255)
        below = cv2.multiply(canvas, cv2.cvtColor(bare, cv2.COLOR_GRAY2BGR), scale=1 / 255)
        head, cover = cv2.add(below, self._hair), cv2.max(alpha, self._hair_alpha)
        return cast("Image", head), cast("Image", cover)
