"""Explanations as pictures: laid over a frame, and as one sheet with every method, the bars and the words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE, EMOTIONS, Emotion, Method
from moodplayer.vision import lime
from moodplayer.vision.crops import frame_of

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import CropPlace, Face, HeatMap, Image
    from moodplayer.vision.explain import Answer

_TILE = 288
"""Side of a picture on the sheet, in pixels: six for each of the crop's."""

_GAP = 24
_LINE = 26
_MARGIN = 28
_PAPER, _INK, _QUIET, _TRACK = (250, 250, 250), (30, 30, 30), (120, 120, 120), (228, 228, 228)
_EDGE = (255, 255, 255)

COLOURS: dict[Emotion, tuple[int, int, int]] = {
    Emotion.ANGRY: (0x4F, 0x65, 0xF0),
    Emotion.DISGUST: (0x3C, 0xB5, 0x9D),
    Emotion.FEAR: (0xE0, 0x8B, 0xA9),
    Emotion.HAPPY: (0x42, 0xC5, 0xF5),
    Emotion.SAD: (0xE8, 0xA4, 0x5F),
    Emotion.SURPRISE: (0xC0, 0x8F, 0xF0),
    Emotion.NEUTRAL: (0xBF, 0xB4, 0xA9),
}
"""BGR; the screen's."""

_OPAQUE = 0.65
"""How much of the face the hottest pixel hides."""


def laid_over(image: Image, heat: HeatMap) -> Image:
    """A BGR picture under a heat map of its size, (height, width) in [0, 1], evenly coloured to the eye."""
    heat = np.clip(heat, 0, 1)
    coloured = cv2.applyColorMap((heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = (_OPAQUE * heat)[..., None]
    return np.asarray(image * (1 - weight) + coloured * weight, np.uint8)


def overlay(image: Image, place: CropPlace, heat_map: HeatMap, *, outlined: bool = True) -> Image:
    """A copy of a BGR frame with the heat map laid over the face that it is of, and the crop's edge drawn."""
    height, width = image.shape[:2]
    matrix = frame_of(place)
    heat = cv2.warpAffine(heat_map, matrix, (width, height), flags=cv2.INTER_CUBIC)
    out = laid_over(image, np.asarray(heat, np.float32))
    if not outlined:
        return out
    low, high = -0.5, CROP_SIZE - 0.5
    corners = np.array([[low, low, 1], [high, low, 1], [high, high, 1], [low, high, 1]]) @ matrix.T
    thickness = max(1, round(min(height, width) / 240))
    outline = np.round(corners).astype(np.int32)
    return cv2.polylines(out, [outline], True, _EDGE, thickness, cv2.LINE_AA).astype(np.uint8)


def sheet(image: Image, faces: Sequence[tuple[Face, Sequence[Answer]]]) -> Image:
    """One sheet, BGR: for each face of a frame a row with the face, what each method says, and its bars."""
    return np.vstack([_row(image, face, answers) for face, answers in faces])


def _row(image: Image, face: Face, answers: Sequence[Answer]) -> Image:
    columns = 1 + len(answers)
    width = 2 * _MARGIN + columns * _TILE + (columns - 1) * _GAP
    top = _MARGIN + _LINE
    below = top + _TILE + 3 * _LINE
    paper = np.full((below + len(EMOTIONS) * _LINE + _MARGIN, width, 3), _PAPER, np.uint8)
    portrait = _portrait(image, face.place)
    _write(paper, f"looks {face.emotion}, {face.confidence * 100:.0f} %", (_MARGIN, _MARGIN + 6), 0.62)
    paper[top : top + _TILE, _MARGIN : _MARGIN + _TILE] = portrait
    for number, answer in enumerate(answers, start=1):
        explanation = answer.explanation
        left = _MARGIN + number * (_TILE + _GAP)
        heat = cv2.resize(explanation.heat_map, (_TILE, _TILE), interpolation=cv2.INTER_CUBIC)
        picture = (
            laid_over(portrait, np.asarray(heat, np.float32))
            if answer.lime is None
            else _lime(portrait, answer.lime)
        )
        paper[top : top + _TILE, left : left + _TILE] = picture
        title = explanation.why.method.label
        if explanation.why.method is Method.LIME and explanation.fit is not None:
            title += f", R2 {explanation.fit:.2f}"
        _write(paper, title, (left, _MARGIN + 6), 0.62)
        _write(paper, explanation.words() or "no one part", (left, top + _TILE + _LINE), 0.55)
        _write(paper, explanation.reason, (left, top + _TILE + 2 * _LINE - 4), 0.5, _QUIET)
    _bars(paper, face, below)
    return paper


def _portrait(image: Image, place: CropPlace) -> Image:
    """What the network read, larger and in colour: BGR uint8 (_TILE, _TILE, 3)."""
    larger = _TILE / CROP_SIZE
    matrix = frame_of(place)
    # Pixel i of the larger picture lies within pixel (i + .5) / larger - .5 of the crop.
    scaled = matrix.copy()
    scaled[:, :2] /= larger
    scaled[:, 2] += matrix[:, :2] @ np.full(2, 0.5 / larger - 0.5)
    colour = image if image.ndim == 3 else cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shrink = place.side / _TILE
    if shrink > 1:
        colour = cv2.GaussianBlur(colour, (0, 0), 0.5 * shrink)
    return np.asarray(
        cv2.warpAffine(colour, scaled, (_TILE, _TILE), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _lime(portrait: Image, fit: lime.Fit) -> Image:
    """What speaks for the emotion as it is, the rest dim, and the superpixels' boundaries."""
    size = (_TILE, _TILE)
    segments = cv2.resize(fit.segments.astype(np.int32), size, interpolation=cv2.INTER_NEAREST)
    chosen = cv2.resize(fit.chosen().astype(np.uint8), size, interpolation=cv2.INTER_NEAREST) > 0
    grey = cv2.cvtColor(cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    out = np.where(chosen[..., None], portrait, (grey * 0.4).astype(np.uint8))
    out[lime.boundaries(np.asarray(segments, np.intp))] = (150, 150, 150)
    outlines, _ = cv2.findContours(chosen.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(out, outlines, -1, (60, 220, 255), 2)
    return np.asarray(out, np.uint8)


def _bars(paper: Image, face: Face, top: int) -> None:
    label, figure = 110, 70
    room = paper.shape[1] - 2 * _MARGIN - label - figure
    for number, (emotion, share) in enumerate(zip(EMOTIONS, face.probabilities, strict=True)):
        y = top + number * _LINE
        ink = _INK if emotion is face.emotion else _QUIET
        _write(paper, str(emotion), (_MARGIN, y + 14), 0.55, ink)
        left = _MARGIN + label
        cv2.rectangle(paper, (left, y + 2), (left + room, y + 16), _TRACK, -1)
        if share * room >= 1:
            cv2.rectangle(paper, (left, y + 2), (left + round(share * room), y + 16), COLOURS[emotion], -1)
        _write(paper, f"{share * 100:.0f} %", (left + room + 14, y + 14), 0.55, ink)


def _write(
    paper: npt.NDArray[np.uint8],
    text: str,
    place: tuple[int, int],
    scale: float,
    ink: tuple[int, int, int] = _INK,
) -> None:
    cv2.putText(paper, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, ink, 1, cv2.LINE_AA)
