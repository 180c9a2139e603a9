"""The two lines at the foot: what plays, and what a person should know now."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from moodplayer.tui.widgets.text import clock, fit


class PlayerLine(Widget):
    """Title and artist, how far it has come, and the volume."""

    can_focus = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "player--title",
        "player--artist",
        "player--done",
        "player--left",
        "player--quiet",
    }

    class Sought(Message):
        """A click on the bar; `share` is how far along, in [0, 1]."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def __init__(self, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__(id=id)
        self._mark, self._title, self._artist = "■", "nothing plays", ""
        self._position = self._length = 0.0
        self._volume = 0
        self._bar = range(0)

    def show(self, mark: str, title: str, artist: str, position: float, length: float, volume: int) -> None:
        """`mark` is ▶, ⏸ or ■; position and length are in seconds, volume in per cent."""
        self._mark, self._title, self._artist = mark, title, artist
        self._position, self._length, self._volume = position, length, volume
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        if event.x in self._bar:
            self.post_message(self.Sought((event.x - self._bar.start) / max(1, len(self._bar) - 1)))

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        style = self.get_component_rich_style
        volume = f"  volume {self._volume:>3} %" if width >= 70 else f" {self._volume:>3} %"
        at = f" {clock(self._position)} "
        end = f" {clock(self._length)}" if self._length else ""
        words = max(10, min(width * 2 // 5, width - 24 - cell_len(at + end + volume)))
        title = fit(self._title, min(words, cell_len(self._title)))
        artist = f" · {self._artist}" if self._artist else ""
        artist = fit(artist, max(0, min(words - cell_len(title), cell_len(artist))))
        head = f" {self._mark} "
        room = max(0, width - cell_len(head + title + artist + at + end + volume) - 2)
        done, left = self._progress(room)
        start = cell_len(head + title + artist + at) + 1
        self._bar = range(start, start + room)
        return Strip(
            [
                Segment(head, style("player--title")),
                Segment(title, style("player--title")),
                Segment(artist, style("player--artist")),
                Segment(" " + at, style("player--quiet")),
                Segment(done, style("player--done")),
                Segment(left, style("player--left")),
                Segment(end + volume + " ", style("player--quiet")),
            ]
        ).adjust_cell_length(width, self.rich_style)

    def _progress(self, room: int) -> tuple[str, str]:
        share = min(1.0, self._position / self._length) if self._length > 0 else 0.0
        halves = round(share * room * 2)
        full, half = divmod(halves, 2)
        done = "━" * full + ("╸" if half else "")
        return done, "─" * (room - len(done))


class StatusLine(Widget):
    """One line: what is missing and how to get it, else what goes on, else the keys."""

    can_focus = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"status--trouble", "status--news", "status--keys"}

    def __init__(self, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__(id=id)
        self._text = ""
        self._kind = "news"

    def show(self, text: str, *, trouble: bool) -> None:
        """Show this; with the keys beside it as far as there is room."""
        kind = "trouble" if trouble else "news"
        if (text, kind) != (self._text, self._kind):
            self._text, self._kind = text, kind
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        text = f" {self._text}"
        most = width - max(20, cell_len(text)) - 2
        keys = next((keys for keys in ("? keys  q quit ", "? keys ", "?") if len(keys) <= most), "")
        room = width - len(keys) - 2 if keys else width
        return Strip(
            [
                Segment(fit(text, room), self.get_component_rich_style(f"status--{self._kind}")),
                Segment(f"  {keys}" if keys else "", self.get_component_rich_style("status--keys")),
            ]
        ).adjust_cell_length(width, self.rich_style)
