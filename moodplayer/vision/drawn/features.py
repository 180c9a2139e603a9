"""Eyes, brows, ears, nostrils and mouth, painted onto the head."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from moodplayer.vision.drawn.expression import Expression, Pose
from moodplayer.vision.drawn.mouth import Mouth
from moodplayer.vision.drawn.strokes import (
    ORIGIN,
    SCALE,
    Points,
    blend,
    curve,
    ellipse,
    lay,
    lay_at,
    region,
    stroke,
)

if TYPE_CHECKING:
    from moodplayer.domain import Image

_UPPER_LIP = (90, 90, 156)
_LIP = (108, 108, 186)
_UPPER_TEETH, _LOWER_TEETH = 13.0, 11.0
"""How far they show at most, in units."""

_BROW = (30, 38, 54)
_IRIS = (72, 96, 110)


def paint_eye(canvas: Image, e: Expression, pose: Pose, side: int) -> None:
    """One eye: -1 the viewer's left, 1 the right; with its lids."""
    upper, lower = _lids(e, pose, side)
    opening = np.concatenate([upper, lower[::-1]])
    mask, left, top = region(opening, 0.5)
    if mask.max() > 100:
        rows = (np.arange(mask.shape[0]) + top - ORIGIN[1]) / SCALE
        white = np.clip(0.78 + 0.035 * (rows + 8), 0.6, 1.0)
        eye = np.empty((*mask.shape, 3), np.uint8)
        eye[:] = np.array((218, 224, 230)) * white[:, None, None]
        cx, cy = side * 50 + 5 * pose.gaze[0], -0.6 + 3 * pose.gaze[1] + 4 * e.look_down
        shift = np.array([left / SCALE, top / SCALE])
        for radius, colour, strength, soft in (
            (10.4, (40, 50, 58), 0.95, 0.7),
            (8.8, _IRIS, 0.9, 0.9),
            (4.6, (12, 12, 14), 1.0, 0.6),
        ):
            lay_at(eye, ellipse(cx, cy, radius, radius) - shift, colour, strength, soft)
        lay_at(eye, ellipse(cx, cy + 4.5, 6, 3) - shift, (130, 160, 175), 0.35, 1.2)
        lay_at(eye, ellipse(cx - 3.4, cy - 3.6, 2.3, 2.3) - shift, (255, 255, 255), 0.95, 0.5)
        shadow = stroke(upper + np.array((0, 1.5)), np.full(len(upper), 5.0)) - shift
        lay_at(eye, shadow, (40, 44, 60), 0.55, 1.6)
        blend(canvas[top : top + mask.shape[0], left : left + mask.shape[1]], eye, mask)
        lay(canvas, ellipse(side * 30.5, 2.2, 2.6, 2.0), (120, 128, 196), 0.5 * (1 - pose.blink), 0.9)
    widths = np.interp(np.linspace(-1, 1, 21), [-1, -0.4, 0.5, 1], [1.2, 3.0, 3.8, 1.6])
    lay(canvas, stroke(upper + np.array((0, -0.6)), widths), (22, 24, 34), 0.92, 0.6)
    lay(canvas, stroke(lower + np.array((0, 0.8)), np.full(21, 1.7)), (70, 78, 120), 0.6, 0.8)
    crease = upper * (1, 0.9) + (0, -5.0 - 0.6 * max(0.0, e.eye_open))
    lay(canvas, stroke(crease, widths * 0.6), (70, 84, 130), 0.6 * (1 - 0.6 * pose.blink), 1.0)


def _lids(e: Expression, pose: Pose, side: int) -> tuple[Points, Points]:
    """The edges of the upper and lower lid, from the inner to the outer corner."""
    t = np.linspace(-1, 1, 21)
    opened = (
        (1 + 0.75 * max(0.0, e.eye_open) + min(0.0, e.eye_open)) * (1 - 0.35 * e.look_down) * (1 - pose.blink)
    )
    upper = 8.6 * opened
    lower = (4.8 - 4.2 * e.squint) * (0.35 + 0.65 * min(1.0, opened)) + 1.5 * max(0.0, e.eye_open)
    x = side * (50 + 21.5 * t)
    base = 1.2 - 1.6 * t
    hood = -3.0 * e.brow_slant * -t * min(1.0, opened)
    arch = np.maximum(0, 1 - np.abs(t - 0.06 * (1 - t**2)) ** 2.3)
    up = base - upper * arch + hood * arch
    closed = base + 3.4 * np.maximum(0, 1 - t**2)
    up = np.minimum(up, closed + lower)
    down = base + np.maximum(lower, 0.3) * np.maximum(0, 1 - np.abs(t + 0.1 * (1 - t**2)) ** 2.2)
    down = np.where(opened < 0.12, closed, down)
    up = up * min(1.0, opened / 0.25) + closed * (1 - min(1.0, opened / 0.25))
    return np.stack([x, up], 1), np.stack([x, np.maximum(down, up)], 1)


def paint_brow(canvas: Image, e: Expression, side: int) -> None:
    """One eyebrow."""
    lift = 11 * e.brow_raise
    inner = 23 - 5 * e.brow_knit
    points = np.array(
        [
            (
                inner,
                -22
                - 0.8 * lift
                - (9 + 4 * (e.brow_slant > 0)) * e.brow_slant
                + 3 * e.brow_knit * (e.brow_slant < 0),
            ),
            (42, -28 - 1.05 * lift - 2.5 * e.brow_slant),
            (60, -29.5 - 1.1 * lift + 4 * e.brow_slant),
            (77, -21 - 0.8 * lift + 7 * e.brow_slant),
        ]
    ) * (side, 1)
    line = curve(points, 9)
    t = np.linspace(0, 1, len(line))
    widths = np.interp(t, [0, 0.15, 0.55, 1], [5.5, 8.6, 7.2, 1.8])
    lay(canvas, stroke(line, widths * 1.15), _BROW, 0.5, 2.0)
    lay(canvas, stroke(line, widths * 0.7), _BROW, 0.72, 1.0)


def ear(side: int, size: float = 1.0, shift: tuple[float, float] = (0, 0)) -> Points:
    """The outline of an ear."""
    return ellipse(101 + shift[0], 16 + shift[1], 13 * size, 28 * size) * (side, 1)


def paint_ear(canvas: Image, side: int) -> None:
    """One ear, of which the head's edge leaves what is seen."""
    lay(canvas, ear(side), (124, 152, 206), 0.9, 2.0)
    lay(canvas, ear(side, 0.62, (2, -2)), (88, 108, 164), 0.55, 2.5)
    lay(canvas, ellipse(side * 96, 16, 4, 30), (74, 92, 146), 0.5, 3.0)


def paint_nostrils(canvas: Image, e: Expression) -> None:
    """Nostrils, the nose's wings, and its shadow."""
    rise = 4 * e.nose_wrinkle
    for side in (-1, 1):
        lay(canvas, ellipse(side * 8.5, 69.5 - rise, 5.2, 2.7), (30, 36, 70), 0.8, 1.3)
        wing = curve(np.array([(20, 58), (23.5, 64), (20, 70), (14, 71)]) * (side, 1) - (0, rise), 6)
        lay(canvas, stroke(wing, np.full(len(wing), 2.2)), (56, 70, 126), 0.5, 1.3)
    lay(canvas, ellipse(0, 76 - rise, 15, 4), (70, 84, 140), 0.35, 2.6)


def paint_mouth(canvas: Image, mouth: Mouth) -> None:
    """Lips, and between them teeth and tongue."""
    upper, lower = mouth.upper_lip(), mouth.lower_lip()
    lay(canvas, upper, _UPPER_LIP, 0.72, 1.0)
    lay(canvas, lower, _LIP, 0.62, 1.2)
    y = mouth.lower + mouth.thick[1] * 0.45
    lay(canvas, ellipse(-2, y, mouth.width * 0.4, mouth.thick[1] * 0.2), (200, 205, 240), 0.3, 1.8)
    lay(
        canvas,
        ellipse(0, mouth.lower + mouth.thick[1] + 4, mouth.width * 0.55, 3.0),
        (64, 78, 136),
        0.4,
        2.4,
    )
    gap = mouth.lower - mouth.upper
    if gap > 1.5:
        inside = mouth.inside()
        mask, left, top = region(inside, 0.6)
        cave = np.empty((*mask.shape, 3), np.uint8)
        cave[:] = (26, 22, 52)
        shift = np.array([left, top]) / SCALE
        lay_at(
            cave, ellipse(0, mouth.lower + 2, mouth.width * 0.6, gap * 0.38) - shift, (86, 80, 168), 0.7, 2.5
        )
        if mouth.teeth > 0.02:
            _paint_teeth(cave, mouth, shift)
        blend(canvas[top : top + mask.shape[0], left : left + mask.shape[1]], cave, mask)
    t = np.linspace(-1, 1, 29)
    x = t * mouth.width * 1.02
    widths = np.interp(np.abs(t), [0, 0.8, 1], [1.8, 2.0, 2.8])
    line = np.stack([x, mouth.line(mouth.upper, t)], 1)
    lay(canvas, stroke(line, widths), (34, 34, 72), 0.8, 0.7)
    for side in (-1, 1):
        lay(canvas, ellipse(side * mouth.width, mouth.corner, 3.0, 2.6), (40, 46, 90), 0.6, 1.4)


def _paint_teeth(cave: Image, mouth: Mouth, shift: Points) -> None:
    """Both rows, behind the lips; `cave` is the part of the canvas that starts at `shift` (in units)."""
    fill = 2 + mouth.teeth * (mouth.lower - mouth.upper)
    t = np.linspace(-0.97, 0.97, 33)
    top, bottom = mouth.line(mouth.upper, t) - 1, mouth.line(mouth.lower, t) + 1
    bulge = 1 - 0.25 * np.abs(t) ** 3
    bite = top + np.minimum(bottom - top, min(fill, _UPPER_TEETH) * bulge)
    rows = [(top, bite, (0.0, 0.21, 0.4, 0.57, 0.71), 1.0)]
    if fill > _UPPER_TEETH:
        edge = np.maximum(bite + 0.8, bottom - min(fill - _UPPER_TEETH, _LOWER_TEETH) * bulge)
        rows.append((edge, np.maximum(edge, bottom), (0.0, 0.15, 0.3, 0.44, 0.57), 0.86))
    for above, below, gaps, light in rows:
        x = t * mouth.width
        shape = np.concatenate([np.stack([x, above], 1), np.stack([x, below], 1)[::-1]])
        lay_at(cave, shape - shift, (206 * light, 222 * light, 230 * light), 0.97, 0.7)
        for gap in sorted({side * gap for gap in gaps for side in (-1, 1)}):
            ends = np.array([np.interp(gap, t, above), np.interp(gap, t, below)])
            crack = stroke(np.stack([np.full(2, gap * mouth.width), ends], 1), np.full(2, 0.8))
            lay_at(cave, crack - shift, (120, 140, 160), 0.55, 0.6)
    for side in (-1, 1):
        shadow = ellipse(side * mouth.width, mouth.corner + 4, mouth.width * 0.3, 14)
        lay_at(cave, shadow - shift, (24, 22, 46), 0.7, 4.0)
