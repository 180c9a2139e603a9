"""What hides part of a face: sunglasses, masks, hands, caps and hair, drawn over a portrait by its points."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from moodplayer.domain import Image

Points = npt.NDArray[np.float32]
"""(5, 2), x and y in pixels, in the order of a Detection's points."""

_FRACTION = 4
"""Binary digits after the point in the coordinates that OpenCV draws by."""


class Measures:
    """A face's own coordinates: 1 across is the distance of its eyes, 1 down that from eyes to mouth.

    The eyes lie at (-.5, 0) and (.5, 0), the mouth at y = 1, the chin near
    1.7, the brows near -.35, the hairline near -1.
    """

    def __init__(self, points: Points) -> None:
        eyes = points[:2].mean(axis=0)
        mouth = points[3:].mean(axis=0)
        self.down = mouth - eyes
        across = points[1] - points[0]
        # A face seen from the side has its eyes close together, but is hardly narrower.
        self.unit = float(max(np.hypot(*across), 0.85 * np.hypot(*self.down)))
        self.across = across / max(float(np.hypot(*across)), 1e-3) * self.unit
        self.origin = eyes

    def at(self, places: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """(..., 2) of this face's coordinates in pixels."""
        xy = np.asarray(places, float)
        pixels: npt.NDArray[np.float64] = self.origin + xy[..., :1] * self.across + xy[..., 1:] * self.down
        return pixels

    @property
    def angle(self) -> float:
        """Degrees, clockwise on the screen, by which the eyes are turned."""
        return float(np.degrees(np.arctan2(self.across[1], self.across[0])))


def sunglasses(face: Image, points: Points, rng: np.random.Generator) -> Image:
    """Dark lenses over both eyes, with a bridge, and now and then a reflection."""
    m = Measures(points)
    layer, alpha = face.copy(), np.zeros_like(face)
    shade = int(rng.integers(0, 70))
    half = np.array([rng.uniform(0.3, 0.42), rng.uniform(0.2, 0.34)]) * m.unit
    squareness = rng.uniform(1.6, 5)
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    rim = np.sign(np.cos(turn)) * np.abs(np.cos(turn)) ** (2 / squareness)
    side = np.sign(np.sin(turn)) * np.abs(np.sin(turn)) ** (2 / squareness)
    x, y = m.across / m.unit, np.array([-m.across[1], m.across[0]]) / m.unit
    low = rng.uniform(-0.05, 0.12) * m.unit
    for eye in points[:2]:
        _fill(alpha, eye + y * low + rim[:, None] * half[0] * x + side[:, None] * half[1] * y, 255)
    thick = max(1, round(m.unit * rng.uniform(0.05, 0.14)))
    _line(alpha, m.at([[-0.4, -0.06], [0.4, -0.06]]), 255, thick)
    for sign in (-1, 1):
        _line(alpha, m.at([[sign * 0.7, -0.05], [sign * 1.2, -0.1]]), 255, thick)
    layer[:] = shade
    if rng.random() < 0.4:
        ramp = np.linspace(0, rng.uniform(40, 150), face.shape[0], dtype=np.float32)
        layer = np.clip(layer + ramp[::-1, None], 0, 255).astype(np.uint8)
    return _laid(face, layer, alpha, opacity=rng.uniform(0.85, 1))


def mask(face: Image, points: Points, rng: np.random.Generator) -> Image:
    """A cloth over nose, mouth and chin, with folds."""
    m = Measures(points)
    top = rng.uniform(0.2, 0.5)
    outline = [
        [-1.15, top], [-0.5, top - 0.08], [0, top - rng.uniform(0.05, 0.2)], [0.5, top - 0.08], [1.15, top],
        [1.05, 1.1], [0.6, 1.75], [0, 1.95], [-0.6, 1.75], [-1.05, 1.1],
    ]  # fmt: skip
    alpha = np.zeros_like(face)
    _fill(alpha, m.at(outline), 255)
    layer = np.full_like(face, int(rng.integers(20, 250)))
    for y in rng.uniform(top, 1.7, int(rng.integers(0, 5))):
        tone = int(np.clip(int(layer[0, 0]) + rng.integers(-50, 30), 0, 255))
        _line(layer, m.at([[-1, y], [0, y + 0.08], [1, y]]), tone, max(1, round(m.unit * 0.05)))
    ramp = 1 + rng.uniform(-0.35, 0.35) * np.linspace(-1, 1, face.shape[1], dtype=np.float32)
    layer = np.clip(cv2.blur(layer, (3, 3)) * ramp, 0, 255).astype(np.uint8)
    return _laid(face, layer, alpha)


def hand(face: Image, points: Points, rng: np.random.Generator) -> Image:
    """Fingers over chin, mouth, cheek or an eye, as bright as the face's own skin."""
    m = Measures(points)
    x, y = np.clip(np.round(points[2]).astype(int), 0, np.array(face.shape[::-1]) - 1)
    skin = float(np.median(face[max(y - 6, 0) : y + 7, max(x - 6, 0) : x + 7]))
    skin *= rng.uniform(0.75, 1.25)
    places = [[0, 1.35], [0, 0.95], [0.75, 0.8], [-0.75, 0.8], [0.5, 0.05], [-0.5, 0.05]]
    place = m.at(places[int(rng.integers(len(places)))])
    heading = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(heading), np.sin(heading)]) * m.unit
    beside = np.array([-along[1], along[0]])
    layer = np.clip(skin + _mottle(face, rng) * 10, 0, 255).astype(np.uint8)
    alpha = np.zeros_like(face)
    thick = max(2, round(m.unit * rng.uniform(0.16, 0.26)))
    for finger in range(int(rng.integers(1, 5))):
        start = place + beside * (finger - 1.5) * thick / m.unit * rng.uniform(0.95, 1.2)
        tip = start + along * rng.uniform(0.2, 0.5)
        _line(layer, np.array([start - along * 2, tip]), int(skin * 0.6), thick + 2)
        _line(layer, np.array([start - along * 2, tip]), int(np.clip(skin * 1.05, 0, 255)), thick)
        _line(alpha, np.array([start - along * 2, tip]), 255, thick + 2)
    if rng.random() < 0.6:
        _fill(alpha, _ring(place - along * 1.1, along * 0.7, beside * 0.55), 255)
    return _laid(face, cv2.blur(layer, (3, 3)), alpha)


def cap(face: Image, points: Points, rng: np.random.Generator) -> Image:
    """A cap, hood or scarf down to the brows, and its brim's shadow."""
    m = Measures(points)
    low = rng.uniform(-0.95, -0.45)
    slant = rng.uniform(-0.15, 0.15)
    shape = [
        [-1.6, low - slant],
        [0, low + rng.uniform(-0.1, 0.15)],
        [1.6, low + slant],
        [1.5, -3],
        [-1.5, -3],
    ]
    alpha = np.zeros_like(face)
    _fill(alpha, m.at(shape), 255)
    layer = np.full_like(face, int(rng.integers(0, 230)))
    _line(layer, m.at(shape[:3]), int(rng.integers(0, 255)), max(1, round(m.unit * rng.uniform(0.05, 0.3))))
    layer = np.clip(layer + _mottle(face, rng) * 12, 0, 255).astype(np.uint8)
    shadow = np.zeros_like(face)
    _fill(shadow, m.at([[-1.3, low - 0.1], [1.3, low - 0.1], [1.2, 0.1], [-1.2, 0.1]]), 255)
    soft = np.asarray(cv2.blur(shadow, (round(m.unit * 0.4) + 1,) * 2), np.uint8)
    darker = _laid(face, np.zeros_like(face), soft, rng.uniform(0, 0.6))
    return _laid(darker, layer, alpha)


def hair(face: Image, points: Points, rng: np.random.Generator) -> Image:
    """Strands over the forehead and one side of the face."""
    m = Measures(points)
    side = rng.choice([-1, 1])
    alpha = np.zeros_like(face)
    for _ in range(int(rng.integers(8, 40))):
        x = rng.uniform(-0.9, 1.4)
        end = rng.uniform(-0.5, 0.3) if x < 0.6 else rng.uniform(0, 2)
        strand = [[side * (x - 0.5), -2], [side * x, -0.8], [side * (x + rng.uniform(-0.1, 0.25)), end]]
        _line(alpha, m.at(strand), 255, max(1, round(m.unit * rng.uniform(0.03, 0.16))))
    layer = np.clip(int(rng.integers(5, 190)) + _grain(face, rng) * 30, 0, 255).astype(np.uint8)
    return _laid(face, layer, alpha)


Disguise: TypeAlias = "Callable[[Image, Points, np.random.Generator], Image]"

DISGUISES: Mapping[str, Disguise] = {
    "sunglasses": sunglasses,
    "mask": mask,
    "hand": hand,
    "cap": cap,
    "hair": hair,
}
"""Each takes a grey portrait, uint8 (H, W), and its points, and gives a disguised copy."""


def _fixed(places: npt.NDArray[np.floating]) -> npt.NDArray[np.int32]:
    return np.asarray(np.round(np.clip(places, -4000, 4000) * (1 << _FRACTION)), np.int32)


def _fill(image: Image, outline: npt.NDArray[np.floating], value: int) -> None:
    cv2.fillPoly(image, [_fixed(outline)], value, cv2.LINE_AA, _FRACTION)


def _line(image: Image, places: npt.NDArray[np.floating], value: int, thickness: int) -> None:
    cv2.polylines(image, [_fixed(places)], False, value, thickness, cv2.LINE_AA, _FRACTION)


def _ring(
    centre: npt.NDArray[np.floating], x: npt.NDArray[np.floating], y: npt.NDArray[np.floating]
) -> npt.NDArray[np.floating]:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)[:, None]
    ring: npt.NDArray[np.floating] = centre + np.cos(turn) * x + np.sin(turn) * y
    return ring


def _grain(face: Image, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    return rng.standard_normal(face.shape, np.float32)


def _mottle(face: Image, rng: np.random.Generator) -> npt.NDArray[np.float32]:
    coarse = rng.standard_normal((12, 12), np.float32)
    return np.asarray(cv2.resize(coarse, face.shape[::-1]), np.float32)


def _laid(face: Image, layer: Image, alpha: Image, opacity: float = 1.0) -> Image:
    weight = alpha.astype(np.float32) * np.float32(opacity / 255)
    return np.asarray(face + weight * (layer.astype(np.float32) - face), np.float32).astype(np.uint8)
