"""An app that tells when it has drawn, and music to play."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import mutagen
import numpy as np
import pytest
import soundfile
from textual.pilot import Pilot
from textual.widget import Widget

from moodplayer import config
from moodplayer.domain import Emotion
from moodplayer.playback.engine import SilentEngine
from moodplayer.session import Start
from moodplayer.tui.app import MoodplayerApp

WAIT = 20

GENRES = {
    "angry": "Thrash Metal",
    "fear": "Dark Ambient",
    "happy": "Disco",
    "sad": "Slowcore",
    "surprise": "Big Beat",
    "neutral": "Bebop",
}


class ObservedApp(MoodplayerApp):
    """The app as it is, and an event for each time it has drawn."""

    def __init__(self, start: Start) -> None:
        self.drawn = asyncio.Event()
        super().__init__(config.Settings(), start, SilentEngine())

    def draw(self) -> None:
        super().draw()
        self.drawn.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for the drawing after which the condition holds."""
        async with asyncio.timeout(WAIT):
            while not condition():
                self.drawn.clear()
                await self.drawn.wait()


def lines(widget: Widget) -> list[str]:
    """What a widget shows, in text."""
    return [widget.render_line(y).text for y in range(widget.size.height)]


def shown(app: ObservedApp) -> str:
    """All text on screen but the pictures."""
    panes = (app.bars, app.queue, app.player_line, app.status_line)
    titles = [str(pane.border_title) for pane in (app.face, app.bars, app.queue)]
    return "\n".join([*titles, *(line for pane in panes for line in lines(pane))])


@asynccontextmanager
async def running(
    folder: Path, *, camera: str = "none", emotion: Emotion | None = None, size: tuple[int, int] = (120, 36)
) -> AsyncIterator[tuple[ObservedApp, Pilot[None]]]:
    """The app on screen, its library read."""
    app = ObservedApp(Start((folder,), camera, emotion=emotion))
    async with app.run_test(size=size) as pilot:
        await app.until(lambda: app.session.library.known)
        yield app, pilot


def compose(path: Path, **tags: str) -> Path:
    """Half a minute of almost nothing, tagged."""
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(30 * 8000), 8000)
    file = mutagen.File(path)
    for name, value in tags.items():
        file[name] = value
    file.save()
    return path


@pytest.fixture(scope="session")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty tracks for each of six emotions, by genre."""
    folder = tmp_path_factory.mktemp("music")
    for emotion, genre in GENRES.items():
        for number in range(20):
            title, artist = f"{emotion} {number}", f"{genre} Band {number}"
            compose(folder / emotion / f"{number}.flac", title=title, artist=artist, genre=genre)
    return folder
