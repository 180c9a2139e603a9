"""The keys, from the keymap."""

from __future__ import annotations

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from moodplayer.tui import keymap


class HelpScreen(ModalScreen[None]):
    """What each key does."""

    BINDINGS: ClassVar = [Binding("escape,question_mark,q,enter,space", "dismiss", "close", show=False)]

    def compose(self) -> ComposeResult:
        table = Table.grid(padding=(0, 3))
        for key, meaning in keymap.shown():
            table.add_row(Text(key, style="bold"), Text(meaning))
        with VerticalScroll(id="help") as pane:
            pane.border_title = "keys"
            pane.border_subtitle = "esc closes"
            yield Static(table)
