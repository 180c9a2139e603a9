"""From the command line to the screen."""

from __future__ import annotations

from pathlib import Path

from moodplayer import config, paths
from moodplayer.domain import Emotion, Mode
from moodplayer.errors import LibraryError, MoodplayerError
from moodplayer.library.playlists import SUFFIXES, folders_in, read_playlist
from moodplayer.library.tags import clean
from moodplayer.playback.vlc import VlcEngine
from moodplayer.session import Start
from moodplayer.tui.app import MoodplayerApp
from moodplayer.tui.terminal import own_terminal


def start(
    folders: list[Path], *, camera: str | None, emotion: str | None, mode: str | None, demo: bool
) -> None:
    """Run the player until it is quit."""
    settings = config.load()
    if demo:
        folders = folders or [paths.sample_library()]
        camera = camera or ("0" if _has_webcam() else "demo")
    lists = [folder for folder in folders if folder.suffix.lower() in SUFFIXES and folder.is_file()]
    playlists = [read_playlist(path) for path in lists]
    files = tuple(file for playlist in playlists for file in playlist.files)
    missing = [name for playlist in playlists for name in playlist.missing]
    if lists and not files:
        said = "none of the files in {} is there" if missing else "{} names no files"
        raise LibraryError(said.format(clean(str(lists[0]))), "name another playlist")
    named = [folder for folder in folders if folder not in lists]
    absent = [clean(str(folder)) for folder in named if not folder.exists()]
    if named and len(absent) == len(named) and not lists:
        raise LibraryError(
            f"{absent[0]} is not there", "name a folder with music; `moodplayer --help` has the commands"
        )
    begin = Start(
        folders=(*(config.music_folders(settings, named) if named or not lists else ()), *folders_in(files)),
        playlist=files,
        camera=camera or str(settings.camera.source),
        emotion=Emotion(emotion) if emotion else None,
        mode=Mode(mode or settings.queue.mode),
    )
    missing += absent
    with own_terminal(paths.log_file()):
        app = MoodplayerApp(settings, begin, VlcEngine(settings.playback.vlc_options))
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            app.session.say(f"not there: {missing[0]}{more}")
        app.run()
    if app.return_code:
        raise MoodplayerError("the player stopped, which it never should", f"the log is {paths.log_file()}")


def _has_webcam() -> bool:
    # Listing devices costs nothing; asking OpenCV for them would cost half a second of the first screen.
    return any(Path("/dev").glob("video[0-9]*"))
