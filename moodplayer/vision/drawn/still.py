"""What never moves: the wall, the shoulders, the hair, and the camera's noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np

from moodplayer.vision.drawn.strokes import HEAD, SCALE, Array, Points, blurred, curve, pixels, smooth

if TYPE_CHECKING:
    from moodplayer.domain import Image

WIDTH, HEIGHT = 640, 480
"""Of a drawn frame, in pixels."""

EYES = (320.0, 208.0)
"""Where in the frame the point between the eyes is while the head is upright."""

SKIN = (150, 184, 232)
_HAIR = (34, 44, 62)
_SHIRT = (112, 84, 60)


def background(rng: np.random.Generator) -> Image:
    """A wall, and before it neck and shoulders: BGR uint8 (HEIGHT, WIDTH, 3)."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    glow = np.exp(-(((x - 250) / 330) ** 2 + ((y - 170) / 300) ** 2))
    picture = np.array((112, 100, 84), np.float32) + glow[..., None] * np.array((70, 72, 66), np.float32)
    blotches = smooth(rng.normal(0, 1, (HEIGHT, WIDTH)).astype(np.float32), 40)
    picture += (blotches / float(blotches.std()) * 3)[..., None]
    cx, cy = EYES

    def body(half: Sequence[tuple[float, float]], colour: tuple[float, ...], light: Array) -> None:
        points = np.array(half)
        outline = np.concatenate([points, (points * (-1, 1))[::-1]]) * SCALE + (cx, cy)
        mask = np.zeros((HEIGHT, WIDTH), np.uint8)
        cv2.fillPoly(mask, [np.asarray(np.round(outline * 16), np.int32)], 255, cv2.LINE_AA, 4)
        share = blurred(mask, 1.0).astype(np.float32)[..., None] / 255
        picture[:] += (np.array(colour, np.float32) * light[..., None] - picture) * share

    across = (x - cx + 10) / SCALE
    down = (y - cy) / SCALE
    lit = np.clip(1.0 - 0.7 * (across / 75) ** 2, 0.4, 1)
    shadow = np.exp(-0.5 * ((down - 158 + (across / 14) ** 2) / 26) ** 2)
    body(
        [(0, 120), (52, 120), (51, 180), (57, 206), (76, 224), (84, 262), (0, 262)],
        SKIN,
        lit * (0.9 - 0.42 * shadow),
    )
    cloth = np.clip(1.0 - (across / 260) ** 2, 0.3, 1) * (0.9 + 0.12 * np.sin(across / 17 + down / 29))
    shoulder = [(64, 214), (120, 228), (176, 250), (204, 296), (212, 420), (0, 420)]
    body([(0, 246), (26, 238), (50, 218), *shoulder], _SHIRT, cloth)
    body([(0, 244), (26, 235), (49, 214), (56, 217), (32, 242), (0, 253)], _SHIRT, 0.7 * cloth)
    return cast("Image", cv2.convertScaleAbs(picture))


def hair(rng: np.random.Generator) -> tuple[Image, Image]:
    """The hair on the head's canvas, times its alpha, and that alpha."""
    width, height = HEAD
    mask = np.zeros((height, width), np.uint8)
    colour = np.empty((height, width, 3), np.uint8)
    colour[:] = [round(0.55 * c) for c in _HAIR]
    outer = [(104, 14), (110, -30), (108, -86), (88, -130), (48, -154), (0, -160)]
    inner = [(0, -98), (42, -100), (74, -88), (90, -58), (96, -24), (97, 12)]
    half = np.concatenate([curve(np.array(outer, float), 8), curve(np.array(inner, float), 8)])
    for side in (-1, 1):
        cv2.fillPoly(mask, [pixels(half * (side, 1))], 255, cv2.LINE_AA, 4)
    parting = np.array([36.0, -150.0])
    for _ in range(3000):
        at = np.array([rng.uniform(-112, 112), -160 + 175 * rng.random() ** 1.5])
        away = at - parting
        # Combed away from the parting, and the further from it the more down.
        flow = np.array(
            [away[0] * (1.0 if abs(at[0]) < 80 else 0.3), 30 + 0.5 * (at[1] + 160) + 0.16 * abs(away[0])]
        )
        flow *= rng.uniform(16, 34) / np.hypot(*flow)
        flow += rng.normal(0, 1.2, 2)
        bend = (0.0, -0.12 * abs(flow[0]))
        line = pixels(curve(np.stack([at - flow / 2, at + bend, at + flow / 2]), 5))
        sheen = np.exp(-0.5 * ((at[1] + 126 - 0.004 * (at[0] + 15) ** 2) / 10) ** 2)
        light = rng.uniform(0.55, 1.15) * (1.1 - 0.003 * at[0]) * (1 - (at[0] / 150) ** 2) + 0.7 * sheen
        cv2.polylines(colour, [line], False, [c * light for c in _HAIR], 2, cv2.LINE_AA, 4)
    for _ in range(160):
        at = _hairline(inner, rng.uniform(-1, 1)) + rng.normal(0, 1, 2)
        tip = np.array([rng.uniform(-5, 1), rng.uniform(0, 5)])
        wisp = np.stack([at - (rng.uniform(-3, 3), 5), at + tip])
        cv2.polylines(mask, [pixels(wisp)], False, 200, 1, cv2.LINE_AA, 4)
    alpha = blurred(mask, 1.1)
    share = cv2.cvtColor(alpha, cv2.COLOR_GRAY2BGR)
    return cast("Image", cv2.multiply(blurred(colour, 0.8), share, scale=1 / 255)), alpha


def _hairline(inner: Sequence[tuple[float, float]], at: float) -> Points:
    """A point of the hairline: -1 by the left ear, 1 by the right."""
    line = np.array(inner)
    steps = np.linspace(0, 1, len(line))
    return np.array(
        [np.sign(at) * np.interp(abs(at), steps, line[:, 0]), np.interp(abs(at), steps, line[:, 1])]
    )


def noise(rng: np.random.Generator, shape: tuple[int, int], soft: float, size: float) -> Image:
    """Soft grey noise about 128, BGR uint8; `size` is its standard deviation."""
    levels = smooth(rng.normal(0, 1, shape).astype(np.float32), soft)
    levels *= np.float32(size / float(levels.std()))
    return cast("Image", cv2.cvtColor(cv2.convertScaleAbs(levels + 128), cv2.COLOR_GRAY2BGR))
