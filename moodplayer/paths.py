"""Every place on disk that moodplayer reads or writes. Nothing is created by importing this."""

from __future__ import annotations

from pathlib import Path

import platformdirs

APP = "moodplayer"
PACKAGE = Path(__file__).resolve().parent


def config_file() -> Path:
    """The settings, in TOML; need not exist."""
    return platformdirs.user_config_path(APP) / "config.toml"


def index_file() -> Path:
    """The SQLite index of the music library."""
    return platformdirs.user_data_path(APP) / "index.sqlite3"


def log_file() -> Path:
    """Where libVLC's, ALSA's and OpenCV's words go while the player is on screen."""
    return platformdirs.user_log_path(APP) / "moodplayer.log"


def music_folder() -> Path:
    """The user's own music folder, as the desktop has it."""
    return platformdirs.user_music_path()


def runs_folder() -> Path:
    """Checkpoints of training, in the folder that `moodplayer train` is started from."""
    return Path("runs")


def model_file(name: str = "emotion.tflite") -> Path:
    """A file of the shipped model: in `models/` of a checkout, inside the package of a wheel."""
    return _shipped("models") / name


def sample_library() -> Path:
    """The music that comes with moodplayer."""
    return _shipped("sample_library")


def _shipped(folder: str) -> Path:
    inside = PACKAGE / folder
    return inside if inside.is_dir() else PACKAGE.parent / folder
