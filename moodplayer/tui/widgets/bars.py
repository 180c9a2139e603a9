"""Seven confidence bars, and one line that says how sure the reading is."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from moodplayer.domain import EMOTIONS, Emotion, Probabilities
from moodplayer.tui.widgets.text import fit

if TYPE_CHECKING:
    from rich.color_triplet import ColorTriplet

_EIGHTHS = " ▏▎▍▌▋▊▉"
_LABEL = max(len(e) for e in EMOTIONS) + 1
_FIGURE = 6


class Bars(Widget):
    """A bar for each emotion, each in its own place, so that the eye need not look for it."""

    can_focus = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bars--track",
        "bars--dim",
        "bars--note",
        *(f"emotion--{e}" for e in EMOTIONS),
    }

    def __init__(self, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__(id=id)
        self._probabilities: Probabilities | None = None
        self._note = ""

    def show(self, probabilities: Probabilities | None, note: str) -> None:
        """Show these seven; `note` is the line below them."""
        if (probabilities, note) != (self._probabilities, self._note):
            self._probabilities, self._note = probabilities, note
            self.refresh()

    def accent(self, emotion: Emotion) -> ColorTriplet:
        """The emotion's colour, for what else shows it."""
        colour = self.get_component_rich_style(f"emotion--{emotion}").color
        assert colour is not None
        return colour.get_truecolor()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        if self.size.height < len(EMOTIONS):
            # No room for all: the likeliest.
            shares = self._probabilities or (0.0,) * len(EMOTIONS)
            row = sorted(range(len(EMOTIONS)), key=lambda i: -shares[i])[y]
            return self._bar(EMOTIONS[row], row, width)
        if y < len(EMOTIONS):
            return self._bar(EMOTIONS[y], y, width)
        style = self.get_component_rich_style("bars--note")
        text = self._note if y == max(len(EMOTIONS), self.size.height - 1) else ""
        return Strip([Segment(fit(text, width), style)])

    def _bar(self, emotion: Emotion, row: int, width: int) -> Strip:
        share = self._probabilities[row] if self._probabilities else 0.0
        is_top = self._probabilities is not None and share == max(self._probabilities)
        dim = self.get_component_rich_style("bars--dim")
        accent = self.get_component_rich_style(f"emotion--{emotion}")
        room = max(4, width - _LABEL - _FIGURE)
        eighths = round(share * room * 8)
        full = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        figure = f"{share:>{_FIGURE - 2}.0%}".replace("%", " %") if self._probabilities else ""
        return Strip(
            [
                Segment(f"{emotion:<{_LABEL}}", accent if is_top else dim),
                Segment(full, accent),
                Segment("·" * (room - len(full)), self.get_component_rich_style("bars--track")),
                Segment(f"{figure:>{_FIGURE}}", accent if is_top else dim),
            ]
        ).adjust_cell_length(width, dim)
