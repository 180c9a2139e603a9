"""Frames to train a face detector with, composed of portraits and backgrounds; no two are alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.training import light
from moodplayer.training.disguises import DISGUISES, Points
from moodplayer.training.material import Boxes, Material
from moodplayer.training.pasting import (
    ellipse,
    hidden,
    moved,
    outline,
    overlap,
    paste,
    share_inside,
    shrunk,
    turn_around,
    turned_box,
)

if TYPE_CHECKING:
    from moodplayer.domain import Image

_DISGUISED = 0.4
"""The share of faces that wear something, where the plan leaves it open."""

_VISIBLE = 0.6
"""The least share of a face's box that lies inside the frame."""

_HIDDEN = 0.2
"""The most of it that another's head, hair or shoulders may cover."""


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
        turn = turn_around(box[:2] + box[2:] / 2, centre, scale, tilt)
        where = turned_box(box, turn, scale, tilt)
        if share_inside(where, width, height) < _VISIBLE or any(overlap(where, t) > 0.02 for t in taken):
            continue
        before = image.copy()
        _body(image, where, material, rng)
        portrait = chosen.picture(material, plan, rng)
        paste(image, portrait, turn, scale, outline(portrait, box, rng))
        if all(hidden(before, image, t) <= _HIDDEN for t in taken):
            return where, np.asarray(moved(chosen.points, turn), np.float32)
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
    turn = turn_around(box[:2] + box[2:] / 2, centre, scale, tilt)
    source, matrix = shrunk(chosen.picture(material, plan, rng), turn, scale)
    image = np.asarray(cv2.warpAffine(source, matrix, size, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    where = turned_box(box, turn, scale, tilt)
    return Scene(
        _lit(image, where[None], plan, rng),
        where[None],
        np.asarray(moved(chosen.points, turn), np.float32)[None],
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
    turn = turn_around(box[:2] + box[2:] / 2, centre, scale, rng.uniform(-40, 40))
    if rng.random() < 0.4:
        _body(image, turned_box(box, turn, scale, 0), material, rng)
    paste(image, patch, turn, scale, outline(patch, box, rng))


def _body(image: Image, face: Boxes, material: Material, rng: np.random.Generator) -> None:
    """Hair behind the head, neck and shoulders below it; any may be missing."""
    x, y, w, h = (float(side) for side in face)
    middle = x + w / 2
    if rng.random() < 0.7:
        cloth = _patch(material, (image.shape[1], image.shape[0]), rng, least=0.1)
        if rng.random() < 0.5:
            cloth = (cloth * np.float32(0.25) + np.float32(rng.uniform(0, 190))).astype(np.uint8)
        alpha = np.zeros_like(image)
        ellipse(alpha, (middle, y + h * rng.uniform(1.5, 1.8)), (w * rng.uniform(1.1, 1.7), h * 0.7))
        cv2.copyTo(cloth, alpha, image)
        tone = int(rng.integers(30, 220))
        neck = (round(middle - w * 0.3), round(y + h * 0.6)), (round(middle + w * 0.3), round(y + h * 1.15))
        cv2.rectangle(image, *neck, tone, -1)
    if rng.random() < 0.6:
        tone = int(rng.integers(0, 160))
        raised = rng.uniform(0.3, 0.5)
        ellipse(
            image, (middle, y + h * raised), (w * rng.uniform(0.5, 0.75), h * rng.uniform(0.5, 0.68)), tone
        )
