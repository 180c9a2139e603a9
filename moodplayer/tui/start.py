"""From the command line to the screen."""

from __future__ import annotations

from pathlib import Path

from moodplayer import config, paths
from moodplayer.domain import Emotion, Mode
from moodplayer.playback.vlc import VlcEngine
from moodplayer.session import Start
from moodplayer.tui.app import MoodplayerApp
from moodplayer.tui.terminal import own_terminal


def start(
    folders: list[Path], *, camera: str | None, emotion: str | None, mode: str | None, demo: bool
) -> None:
    """Run the player until it is quit."""
    settings = config.load()
    configured = [Path(folder).expanduser() for folder in settings.library.folders]
    if demo:
        folders = folders or [paths.sample_library()]
        camera = camera or ("0" if _has_webcam() else "demo")
    begin = Start(
        folders=tuple(f.absolute() for f in folders or configured or [paths.music_folder()]),
        camera=camera or settings.camera.source,
        emotion=Emotion(emotion) if emotion else None,
        mode=Mode(mode or settings.queue.mode),
    )
    with own_terminal(paths.log_file()):
        MoodplayerApp(settings, begin, VlcEngine(settings.playback.vlc_options)).run()


def _has_webcam() -> bool:
    # Listing devices costs nothing; asking OpenCV for them would cost half a second of the first screen.
    return any(Path("/dev").glob("video[0-9]*"))
