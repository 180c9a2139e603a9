"""A pane that shows a picture made of strips, in its middle, or a line of words where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.geometry import Size
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.color_triplet import ColorTriplet

    from moodplayer.domain import Face, HeatMap, Image


class Picture(Widget):
    """Draws strips centred in its pane; a subclass makes them for the pane's size."""

    can_focus = False

    def __init__(self, words: str, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__(id=id)
        self._words = words
        self._strips: list[Strip] | None = None
        self._made_for = Size(0, 0)

    def say(self, words: str) -> None:
        """Show these words where there is no picture."""
        if words != self._words:
            self._words = words
            self._renew()

    def make(self, columns: int, rows: int) -> list[Strip]:
        """The picture at that size; empty where there is none."""
        raise NotImplementedError

    def render_line(self, y: int) -> Strip:
        if self._strips is None or self._made_for != self.size:
            self._made_for = self.size
            self._strips = self.make(*self.size) if self.size.area else []
        background = self.rich_style
        if not self._strips:
            return self._words_at(y)
        row = y - (self.size.height - len(self._strips)) // 2
        if not 0 <= row < len(self._strips):
            return Strip.blank(self.size.width, background)
        strip = self._strips[row]
        left = (self.size.width - strip.cell_length) // 2
        right = self.size.width - strip.cell_length - left
        padded = [Segment(" " * left, background), *strip, Segment(" " * right, background)]
        return Strip(padded, self.size.width).apply_style(background)

    def _words_at(self, y: int) -> Strip:
        style = self.rich_style
        lines = _wrapped(self._words, self.size.width)
        row = y - (self.size.height - len(lines)) // 2
        text = lines[row].center(self.size.width) if 0 <= row < len(lines) else ""
        return Strip([Segment(text, style)]).adjust_cell_length(self.size.width, style)

    def _renew(self) -> None:
        self._strips = None
        self.refresh()


class FacePane(Picture):
    """The camera's picture in half blocks, with the face framed."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__("no picture yet", id=id)
        self._image: Image | None = None
        self._face: Face | None = None
        self._accent: ColorTriplet | None = None
        self._heat_map: HeatMap | None = None

    def show(
        self, image: Image | None, face: Face | None, accent: ColorTriplet, heat_map: HeatMap | None = None
    ) -> None:
        """Show a BGR frame and its face: framed in `accent`, and under a heat map if there is one."""
        same = image is self._image and face is self._face and accent == self._accent
        if not (same and heat_map is self._heat_map):
            self._image, self._face, self._accent, self._heat_map = image, face, accent, heat_map
            self._renew()

    def make(self, columns: int, rows: int) -> list[Strip]:
        if self._image is None or self._accent is None:
            return []
        from moodplayer.tui.widgets import pixels

        return pixels.half_blocks(self._image, self._face, self._accent, columns, rows, self._heat_map)


class WhyPane(Picture):
    """The heat map in ASCII."""

    def __init__(self, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__("", id=id)
        self._heat_map: HeatMap | None = None

    def show(self, heat_map: HeatMap | None) -> None:
        """Show how much each part of the face weighed."""
        if heat_map is not self._heat_map:
            self._heat_map = heat_map
            self._renew()

    def make(self, columns: int, rows: int) -> list[Strip]:
        if self._heat_map is None:
            return []
        from moodplayer.tui.widgets import pixels

        return pixels.density(self._heat_map, columns, rows)


def _wrapped(words: str, width: int) -> list[str]:
    import textwrap

    return textwrap.wrap(words, max(1, width - 2)) or [""]
