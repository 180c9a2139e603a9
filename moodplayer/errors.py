"""What can go wrong, said so that a person can act on it."""

from __future__ import annotations


class MoodplayerError(Exception):
    """Something failed that a person can do something about.

    `message` says what happened, in one line without a full stop; `hint` says
    what to do about it, and may be empty.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}: {self.hint}" if self.hint else self.message


class SettingsError(MoodplayerError):
    """config.toml cannot be read, or a setting in it is out of range."""


class CameraError(MoodplayerError):
    """A frame source cannot be opened, or has stopped giving frames."""


class ModelError(MoodplayerError):
    """The model file is missing, damaged, or not one of ours."""


class LibraryError(MoodplayerError):
    """A folder, playlist or index cannot be read or written."""


class TagsError(LibraryError):
    """One audio file's tags cannot be read."""


class PlaybackError(MoodplayerError):
    """libVLC or the audio output is missing, or a track cannot be played."""


class DatasetError(MoodplayerError):
    """A dataset, recipe or architecture is not what training or evaluation needs."""
