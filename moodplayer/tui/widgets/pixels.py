"""Pictures in text: half blocks for frames, a density ramp for heat maps."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

if TYPE_CHECKING:
    from rich.color_triplet import ColorTriplet

    from moodplayer.domain import Face, HeatMap, Image

RAMP = " .:-=+*#%@"
"""From nothing to all."""

CELL_RATIO = 2
"""A terminal's cell is about twice as high as wide."""


def fitted(width: int, height: int, columns: int, rows: int) -> tuple[int, int]:
    """The largest size in half cells (columns, 2·rows) with the picture's proportions; at least 1 by 2."""
    scale = min(columns / width, CELL_RATIO * rows / height)
    return max(1, round(width * scale)), max(2, round(height * scale / 2) * 2)


def half_blocks(
    image: Image,
    face: Face | None,
    accent: ColorTriplet,
    columns: int,
    rows: int,
    heat_map: HeatMap | None = None,
) -> list[Strip]:
    """A BGR frame as at most `rows` strips, two pixels to a cell, the face framed in `accent`.

    A heat map lies over the face.
    """
    height, width = image.shape[:2]
    across, down = fitted(width, height, columns, rows)
    small = cv2.resize(image, (across, down), interpolation=cv2.INTER_AREA)
    if face is not None and heat_map is not None:
        from moodplayer.vision.sheet import overlay

        shrunk = across / width
        place = replace(
            face.place, x=face.place.x * shrunk, y=face.place.y * shrunk, side=face.place.side * shrunk
        )
        small = overlay(np.asarray(small, np.uint8), place, heat_map, outlined=False)
    if face is not None:
        box = face.box
        corner = (round(box.x * across / width), round(box.y * down / height))
        far = (round((box.x + box.width) * across / width), round((box.y + box.height) * down / height))
        cv2.rectangle(small, corner, far, (accent.blue, accent.green, accent.red), 1)
    rgb = small[..., ::-1].tolist()
    strips = []
    for upper, lower in zip(rgb[0::2], rgb[1::2], strict=True):
        cells = [
            Segment("▀", Style(color=Color.from_rgb(*top), bgcolor=Color.from_rgb(*bottom)))
            for top, bottom in zip(upper, lower, strict=True)
        ]
        strips.append(Strip(cells, across))
    return strips


def density(heat_map: HeatMap, columns: int, rows: int) -> list[Strip]:
    """A heat map as at most `rows` strips of RAMP, coloured evenly to the eye, readable without colour."""
    size = heat_map.shape[0]
    across, down = fitted(size, size, columns, rows)
    small = cv2.resize(heat_map, (across, down // 2), interpolation=cv2.INTER_AREA)
    top = float(small.max())
    levels = np.clip(small / top if top > 0 else small, 0, 1)
    strips = []
    for row in levels:
        cells = [
            Segment(RAMP[round(level * (len(RAMP) - 1))], _STYLES[round(level * 255)])
            for level in row.tolist()
        ]
        strips.append(Strip(cells, across))
    return strips


def _inferno() -> list[Style]:
    grey = np.arange(256, dtype=np.uint8)[:, None]
    table = cv2.applyColorMap(grey, cv2.COLORMAP_INFERNO)[:, 0, ::-1].tolist()
    # The map's lower third is too dark to read on a dark screen.
    return [Style(color=Color.from_rgb(*table[75 + level * 180 // 255])) for level in range(256)]


_STYLES = _inferno()
