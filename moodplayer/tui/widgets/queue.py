"""The queue: what played, what plays, what comes, and why each track is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from moodplayer.tui import keymap
from moodplayer.tui.widgets.text import clock, fit

if TYPE_CHECKING:
    from textual import events

    from moodplayer.domain import Pick

_LENGTH = 7
_EVIDENCE_FROM = 60
"""Columns below which the evidence is left out."""


class QueuePane(ScrollView, can_focus=True, inherit_bindings=False):
    """One row for each track. Has the focus always; left and right are the player's, not its own."""

    BINDINGS: ClassVar = keymap.bindings(keymap.QUEUE_KEYS)
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue--played",
        "queue--playing",
        "queue--next",
        "queue--evidence",
        "queue--cursor",
        "queue--words",
    }

    cursor = reactive(0)

    @dataclass
    class Chosen(Message):
        """The person wants this one now; `row` counts from 0."""

        row: int

    def __init__(self, *, id: str) -> None:  # noqa: A002  # textual's name
        super().__init__(id=id)
        self._picks: Sequence[Pick] = ()
        self._playing: int | None = None
        self._words = ""

    def show(self, picks: Sequence[Pick], playing: int | None, words: str = "") -> None:
        """Show these tracks; `words` stand there where there are none."""
        if (picks, playing, words) == (self._picks, self._playing, self._words):
            return
        follows = self.cursor == (self._playing or 0)
        self._picks, self._playing, self._words = picks, playing, words
        self.virtual_size = Size(0, len(picks))
        if follows or self.cursor >= len(picks):
            self.cursor = playing or 0
        self.refresh()

    def validate_cursor(self, cursor: int) -> int:
        return max(0, min(cursor, len(self._picks) - 1))

    def watch_cursor(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False)
        self.refresh()

    def action_move(self, rows: int) -> None:
        self.cursor += rows

    def action_play_this(self) -> None:
        if self._picks:
            self.post_message(self.Chosen(self.cursor))

    def on_click(self, event: events.Click) -> None:
        row = event.y - self.gutter.top + self.scroll_offset.y
        if 0 <= row < len(self._picks):
            self.cursor = row
            if event.chain == 2:
                self.action_play_this()

    def render_line(self, y: int) -> Strip:
        width = self.size.width
        row = y + self.scroll_offset.y
        if not self._picks:
            style = self.get_component_rich_style("queue--words")
            text = f" {self._words}" if y == 0 else ""
            return Strip([Segment(fit(text, width), style)])
        if row >= len(self._picks):
            return Strip.blank(width, self.rich_style)
        return self._row(row, self._picks[row], width)

    def _row(self, row: int, pick: Pick, width: int) -> Strip:
        track = pick.track
        playing = -1 if self._playing is None else self._playing
        state = "playing" if row == playing else "played" if row < playing else "next"
        style = self.get_component_rich_style(f"queue--{state}")
        quiet = self.get_component_rich_style("queue--played" if state == "played" else "queue--evidence")
        if row == self.cursor and self.has_focus:
            background = self.get_component_rich_style("queue--cursor", partial=True)
            style, quiet = style + background, quiet + background
        mark = "▶ " if state == "playing" else "  "
        room = width - len(mark) - _LENGTH - 1
        evidence = room * 3 // 10 if width >= _EVIDENCE_FROM else 0
        title = (room - evidence) * 6 // 10
        artist = room - evidence - title
        return Strip(
            [
                Segment(" " + mark + fit(track.title, title - 1) + " ", style),
                Segment(fit(track.artist, artist - 1) + " ", style),
                Segment(fit(pick.learned or pick.why, evidence), quiet),
                Segment(f"{clock(track.length):>{_LENGTH - 1}} ", quiet),
            ]
        ).adjust_cell_length(width, style)
