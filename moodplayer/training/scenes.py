"""Frames to train a face detector with, composed of portraits and backgrounds; no two are alike."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.errors import DatasetError
from moodplayer.training import light
from moodplayer.training.disguises import DISGUISES, Points

if TYPE_CHECKING:
    from moodplayer.domain import Image

Boxes = npt.NDArray[np.float32]

_BLOCK = 100
_HELD_OUT = 12
"""One block of so many is held out. Portraits are ordered by person: a block shares few with the rest."""

_DISGUISED = 0.4
"""The share of faces that wear something, where the plan leaves it open."""

_VISIBLE = 0.6
"""The least share of a face's box that lies inside the frame."""

_HIDDEN = 0.2
"""The most of it that another's head, hair or shoulders may cover."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What frames are composed of: N portraits of one face each, and pictures without any."""

    portraits: list[Image]
    """Grey."""
    boxes: Boxes
    """(N, 4): x, y, width and height in the portrait's pixels."""
    points: npt.NDArray[np.float32]
    """(N, 5, 2), in the portrait's pixels."""
    backgrounds: list[Image]
    """Grey."""

    def split(self) -> tuple[Material, Material]:
        """What to train on and what to hold out, of portraits and backgrounds alike."""
        portraits = np.arange(len(self.portraits)) // _BLOCK % _HELD_OUT == _HELD_OUT // 2
        backgrounds = np.arange(len(self.backgrounds)) % (_HELD_OUT // 3) == 1
        return self._where(~portraits, ~backgrounds), self._where(portraits, backgrounds)

    def _where(self, portraits: npt.NDArray[np.bool_], backgrounds: npt.NDArray[np.bool_]) -> Material:
        return Material(
            [self.portraits[i] for i in np.flatnonzero(portraits)],
            self.boxes[portraits],
            self.points[portraits],
            [self.backgrounds[i] for i in np.flatnonzero(backgrounds)],
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What the faces of a scene are like; the defaults are training's."""

    least: int = 0
    most: int = 3
    """Faces in the frame."""
    heights: tuple[float, float] = (0.08, 0.98)
    """Of the face's box, as shares of the frame's; drawn evenly on a logarithmic scale."""
    tilts: tuple[float, float] = (0.0, 40.0)
    """Degrees, to either side."""
    disguise: str | None = None
    """The one that every face wears; None for any or none."""
    darkness: tuple[float, float] | None = None
    """What the frame's light is multiplied by, where it is not any other."""
    any_light: bool = True
    """Any light and any camera's faults; else an ordinary room's, where it is not dark."""
    close_ups: float = 0.0
    """The share of scenes that are a portrait as it is, as large as the frame."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A composed frame and where its faces are, in its pixels."""

    image: Image
    """Grey."""
    boxes: Boxes
    """(n, 4): x, y, width, height; may reach outside the frame."""
    points: npt.NDArray[np.float32]
    """(n, 5, 2)."""


def load(folder: Path) -> Material:
    """The material in `folder`: `faces.npz` and `backgrounds.npz`, each with JPEG files one after the other
    (`jpeg`, `offsets`), and for the faces `boxes` and `landmarks` as shares of width and height.

    Raises DatasetError where they are missing or damaged.
    """
    try:
        with np.load(folder / "faces.npz") as faces, np.load(folder / "backgrounds.npz") as backgrounds:
            portraits = _decoded(faces["jpeg"], faces["offsets"])
            sizes = np.array([p.shape[::-1] for p in portraits], np.float32)
            return Material(
                portraits,
                faces["boxes"] * np.tile(sizes, 2),
                faces["landmarks"] * sizes[:, None],
                _decoded(backgrounds["jpeg"], backgrounds["offsets"]),
            )
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, cv2.error) as error:
        raise DatasetError(
            f"{folder} holds nothing to compose frames of: {error}",
            "it should hold faces.npz and backgrounds.npz, each with the keys jpeg and offsets",
        ) from error


def compose(material: Material, size: tuple[int, int], plan: Plan, rng: np.random.Generator) -> Scene:
    """A scene of `size` (width, height) in pixels."""
    if rng.random() < plan.close_ups:
        return _close_up(material, size, plan, rng)
    image = _background(material, size, rng)
    for _ in range(int(rng.integers(0, 3))):
        _decoy(image, material, rng)
    number = int(rng.choice([0, 0, 1, 1, 1, 1, 2, 2, 3]))
    places: list[tuple[Boxes, Points]] = []
    for _ in range(int(np.clip(number, plan.least, plan.most))):
        placed = _place_face(image, material, plan, rng, [box for box, _ in places])
        if placed is not None:
            places.append(placed)
    boxes = np.array([box for box, _ in places], np.float32).reshape(-1, 4)
    image = _lit(image, boxes, plan, rng)
    points = np.array([p for _, p in places], np.float32).reshape(-1, 5, 2)
    return Scene(image, boxes, points)


def _place_face(
    image: Image, material: Material, plan: Plan, rng: np.random.Generator, taken: list[Boxes]
) -> tuple[Boxes, Points] | None:
    """Draw one face into `image`, where it hides none of those `taken`; None if there is no room."""
    height, width = image.shape
    for _ in range(8):
        chosen = _choose(material, rng)
        box = chosen.box
        tall = np.exp(rng.uniform(*np.log(plan.heights))) * height
        tilt = rng.uniform(*plan.tilts) * rng.choice([-1, 1])
        scale = tall / box[3]
        centre = rng.uniform(-0.05, 1.05, 2) * (width, height)
        turn = _turn(box[:2] + box[2:] / 2, centre, scale, tilt)
        where = _turned_box(box, turn, scale, tilt)
        if _share_inside(where, width, height) < _VISIBLE or any(_overlap(where, t) > 0.02 for t in taken):
            continue
        before = image.copy()
        _body(image, where, material, rng)
        portrait = chosen.picture(material, plan, rng)
        _paste(image, portrait, turn, scale, _outline(portrait, box, rng))
        if all(_hidden(before, image, t) <= _HIDDEN for t in taken):
            return where, np.asarray(_moved(chosen.points, turn), np.float32)
        image[:] = before
    return None


def _close_up(material: Material, size: tuple[int, int], plan: Plan, rng: np.random.Generator) -> Scene:
    """A portrait as it is, so large that it is the frame."""
    width, height = size
    chosen = _choose(material, rng)
    box = chosen.box
    scale = rng.uniform(0.6, 1.1) * height / box[3]
    tilt = float(rng.normal(0, 8))
    centre = np.array([rng.uniform(0.35, 0.65) * width, rng.uniform(0.42, 0.58) * height])
    turn = _turn(box[:2] + box[2:] / 2, centre, scale, tilt)
    source, matrix = _shrunk(chosen.picture(material, plan, rng), turn, scale)
    image = np.asarray(cv2.warpAffine(source, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    where = _turned_box(box, turn, scale, tilt)
    return Scene(
        _lit(image, where[None], plan, rng),
        where[None],
        np.asarray(_moved(chosen.points, turn), np.float32)[None],
    )


def _lit(image: Image, boxes: Boxes, plan: Plan, rng: np.random.Generator) -> Image:
    """The scene in a light in which a person would still see its faces."""
    if plan.darkness is not None:
        return light.dark(image, plan.darkness, rng)
    if not plan.any_light:
        return light.plain(image, rng)
    detail = float(boxes[:, 3].min()) if len(boxes) else image.shape[0] / 4
    for _ in range(4):
        frame = light.lit(image, rng, detail)
        if all(_seen(frame, box) for box in boxes):
            return frame
    return image


def _seen(image: Image, box: Boxes) -> bool:
    """Whether a face's pixels are neither all alike nor mostly black or white."""
    x, y, w, h = box.astype(int)
    face = image[max(y, 0) : y + h, max(x, 0) : x + w]
    return bool(face.std() > 5 and ((face > 2) & (face < 253)).mean() > 0.5)


@dataclass(frozen=True, slots=True, eq=False)
class _Choice:
    """One of the portraits, mirrored or not."""

    index: int
    mirrored: bool
    box: Boxes
    points: Points

    def picture(self, material: Material, plan: Plan, rng: np.random.Generator) -> Image:
        """Its pixels, disguised or not, in some contrast."""
        portrait = material.portraits[self.index]
        if self.mirrored:
            portrait = np.asarray(cv2.flip(portrait, 1), np.uint8)
        name = plan.disguise
        if name is None and rng.random() < _DISGUISED:
            name = str(rng.choice(list(DISGUISES)))
        if name is not None:
            portrait = DISGUISES[name](portrait, self.points, rng)
        tone = (np.arange(256, dtype=np.float32) - 128) * rng.uniform(0.7, 1.2) + 128 + rng.uniform(-35, 35)
        return np.asarray(cv2.LUT(portrait, np.clip(tone, 0, 255).astype(np.uint8)), np.uint8)


def _choose(material: Material, rng: np.random.Generator) -> _Choice:
    i = int(rng.integers(len(material.portraits)))
    box, points = material.boxes[i], material.points[i]
    if rng.random() < 0.5:
        return _Choice(i, False, box, points)
    wide = material.portraits[i].shape[1]
    box = np.array([wide - box[0] - box[2], *box[1:]], np.float32)
    points = np.stack([wide - 1 - points[:, 0], points[:, 1]], axis=1)[[1, 0, 2, 4, 3]]
    return _Choice(i, True, box, points)


def _background(material: Material, size: tuple[int, int], rng: np.random.Generator) -> Image:
    if rng.random() < 0.08:
        start, end = (float(tone) for tone in rng.uniform(0, 255, 2))
        ramp = np.linspace(start, end, size[0])[None].repeat(size[1], axis=0)
        return np.asarray(ramp, np.uint8)
    return _patch(material, size, rng, least=0.4)


def _patch(material: Material, size: tuple[int, int], rng: np.random.Generator, least: float) -> Image:
    """A part of some background, at least that share of it, at `size`."""
    picture = material.backgrounds[int(rng.integers(len(material.backgrounds)))]
    tall, wide = picture.shape
    share = rng.uniform(least, 1)
    h = max(8, round(tall * share))
    w = int(np.clip(round(h * size[0] / size[1] * rng.uniform(0.8, 1.25)), 8, wide))
    y, x = int(rng.integers(tall - h + 1)), int(rng.integers(wide - w + 1))
    part = picture[y : y + h, x : x + w]
    if rng.random() < 0.5:
        part = part[:, ::-1]
    method = cv2.INTER_AREA if h > size[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(part, size, interpolation=method), np.uint8)


def _decoy(image: Image, material: Material, rng: np.random.Generator) -> None:
    """A patch cut out as faces are, so that an edge around something does not make it a face."""
    height, width = image.shape
    tall = np.exp(rng.uniform(np.log(0.1), np.log(0.8))) * height
    patch = _patch(material, (128, 160), rng, least=0.1)
    box = np.array([12, 8, 104, 144], np.float32)
    scale = tall / box[3]
    centre = rng.uniform(0, 1, 2) * (width, height)
    turn = _turn(box[:2] + box[2:] / 2, centre, scale, rng.uniform(-40, 40))
    if rng.random() < 0.4:
        _body(image, _turned_box(box, turn, scale, 0), material, rng)
    _paste(image, patch, turn, scale, _outline(patch, box, rng))


def _body(image: Image, face: Boxes, material: Material, rng: np.random.Generator) -> None:
    """Hair behind the head, neck and shoulders below it; any may be missing."""
    x, y, w, h = (float(side) for side in face)
    middle = x + w / 2
    if rng.random() < 0.7:
        cloth = _patch(material, (image.shape[1], image.shape[0]), rng, least=0.1)
        if rng.random() < 0.5:
            cloth = (cloth * np.float32(0.25) + np.float32(rng.uniform(0, 190))).astype(np.uint8)
        alpha = np.zeros_like(image)
        _ellipse(alpha, (middle, y + h * rng.uniform(1.5, 1.8)), (w * rng.uniform(1.1, 1.7), h * 0.7))
        cv2.copyTo(cloth, alpha, image)
        tone = int(rng.integers(30, 220))
        neck = (round(middle - w * 0.3), round(y + h * 0.6)), (round(middle + w * 0.3), round(y + h * 1.15))
        cv2.rectangle(image, *neck, tone, -1)
    if rng.random() < 0.6:
        tone = int(rng.integers(0, 160))
        raised = rng.uniform(0.3, 0.5)
        _ellipse(
            image, (middle, y + h * raised), (w * rng.uniform(0.5, 0.75), h * rng.uniform(0.5, 0.68)), tone
        )


def _ellipse(image: Image, centre: tuple[float, float], axes: tuple[float, float], value: int = 255) -> None:
    place = (round(centre[0]), round(centre[1]))
    cv2.ellipse(
        image, place, (max(1, round(axes[0])), max(1, round(axes[1]))), 0, 0, 360, value, -1, cv2.LINE_AA
    )


def _outline(portrait: Image, box: Boxes, rng: np.random.Generator) -> Image:
    """How much of each pixel of a portrait is pasted: the head, or all of it."""
    x, y, w, h = (float(side) for side in box)
    if rng.random() < 0.3:
        return np.full_like(portrait, 255)
    alpha = np.zeros_like(portrait)
    wider = rng.uniform(0.5, 0.62), rng.uniform(0.52, 0.64)
    _ellipse(alpha, (x + w / 2, y + h / 2), (w * wider[0], h * wider[1]))
    return np.asarray(cv2.blur(alpha, (int(rng.integers(1, 16)),) * 2), np.uint8)


def _paste(image: Image, picture: Image, turn: npt.NDArray[np.float64], scale: float, alpha: Image) -> None:
    height, width = image.shape
    tall, wide = picture.shape
    corners = _moved(np.array([[0, 0], [wide, 0], [0, tall], [wide, tall]], np.float32), turn)
    left, top = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    right, bottom = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, (width, height))
    if right <= left or bottom <= top:
        return
    size = (int(right - left), int(bottom - top))
    source, matrix = _shrunk(picture, turn, scale)
    shrunk_alpha, _ = _shrunk(alpha, turn, scale)
    matrix[:, 2] -= (left, top)
    part = cv2.warpAffine(source, matrix, size, borderMode=cv2.BORDER_REPLICATE)
    weight = cv2.warpAffine(shrunk_alpha, matrix, size).astype(np.float32) / 255
    under = image[top:bottom, left:right]
    under[:] = (under + weight * (part.astype(np.float32) - under)).astype(np.uint8)


def _shrunk(
    picture: Image, turn: npt.NDArray[np.float64], scale: float
) -> tuple[Image, npt.NDArray[np.float64]]:
    """A picture no larger than it is needed, and the matrix that then belongs to it: warping skips pixels."""
    if scale >= 0.75:
        return picture, turn.copy()
    tall, wide = picture.shape
    size = (max(2, round(wide * scale)), max(2, round(tall * scale)))
    x, y = wide / size[0], tall / size[1]
    # Pixel centres: a pixel i of the smaller picture covers the larger one's from i * x to (i + 1) * x.
    grown = np.array([[x, 0, (x - 1) / 2], [0, y, (y - 1) / 2], [0, 0, 1]])
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8), turn @ grown


def _turn(
    pivot: npt.NDArray[np.floating], centre: npt.NDArray[np.floating], scale: float, degrees: float
) -> npt.NDArray[np.float64]:
    """The 2x3 matrix that scales and turns a picture around `pivot` and puts that at `centre`."""
    matrix = cv2.getRotationMatrix2D((float(pivot[0]), float(pivot[1])), degrees, scale)
    matrix[:, 2] += centre - pivot
    return cast("npt.NDArray[np.float64]", matrix)


def _moved(points: npt.NDArray[np.floating], turn: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    moved: npt.NDArray[np.float64] = points @ turn[:, :2].T + turn[:, 2]
    return moved


def _turned_box(box: Boxes, turn: npt.NDArray[np.float64], scale: float, degrees: float) -> Boxes:
    """The upright box of a turned face: that around the ellipse which the box holds."""
    centre = _moved(box[None, :2] + box[None, 2:] / 2, turn)[0]
    a, b = box[2:] * scale / 2
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    half = np.array([np.hypot(a * c, b * s), np.hypot(a * s, b * c)])
    return np.concatenate([centre - half, 2 * half]).astype(np.float32)


def _hidden(before: Image, after: Image, box: Boxes) -> float:
    """The share of a face's box, inside the frame, that was drawn over: someone stands before it."""
    x, y, w, h = box.astype(int)
    part = np.s_[max(y, 0) : y + h, max(x, 0) : x + w]
    return float((before[part] != after[part]).mean())


def _share_inside(box: Boxes, width: int, height: int) -> float:
    x, y, w, h = box
    inside = max(0.0, min(x + w, width) - max(x, 0)) * max(0.0, min(y + h, height) - max(y, 0))
    return float(inside / (w * h))


def _overlap(one: Boxes, other: Boxes) -> float:
    """The intersection, as a share of the smaller box."""
    low = np.maximum(one[:2], other[:2])
    high = np.minimum(one[:2] + one[2:], other[:2] + other[2:])
    return float(np.prod(np.maximum(high - low, 0)) / min(one[2] * one[3], other[2] * other[3]))


def _decoded(jpeg: npt.NDArray[np.uint8], offsets: npt.NDArray[np.int64]) -> list[Image]:
    pictures = [cv2.imdecode(jpeg[start:end], cv2.IMREAD_GRAYSCALE) for start, end in pairwise(offsets)]
    if any(picture is None for picture in pictures):
        raise ValueError("a picture in it is damaged")
    return [np.asarray(picture, np.uint8) for picture in pictures]
