"""Settings: one typed table, read from config.toml, each with its default and its meaning.

Every setting has a default, and the file need not exist. `moodplayer doctor`
names the file; `moodplayer settings` prints this table as one.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from moodplayer import paths
from moodplayer.errors import SettingsError


class Library(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """[library]"""

    folders: Annotated[
        tuple[str, ...], Meta(description="Where your music is; empty: your music folder.")
    ] = ()


class Camera(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """[camera]"""

    source: Annotated[
        str | Annotated[int, Meta(ge=0)],
        Meta(description="A webcam's number, a file, folder or URL, `demo`, or `none`."),
    ] = "0"
    again: Annotated[
        float,
        Meta(ge=0, description="Minutes after which the webcam is looked through again; 0: only when asked."),
    ] = 5.0


class Reading(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """[reading]"""

    seconds: Annotated[
        float, Meta(ge=0.5, le=30, description="How long the frames must agree before they make a reading.")
    ] = 3.0
    agreement: Annotated[
        float, Meta(ge=0.3, le=1, description="The share of frames that must show the same emotion.")
    ] = 0.6
    confidence: Annotated[
        float,
        Meta(ge=0.2, le=1, description="How probable an emotion must be for a reading to be sure of it."),
    ] = 0.6


class Queue(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """[queue]"""

    length: Annotated[int, Meta(ge=1, le=500, description="Tracks in a queue.")] = 15
    mode: Annotated[
        Literal["match", "lift", "calm"],
        Meta(description="match: music like your mood; lift: on to happier; calm: on to calmer."),
    ] = "match"


class Playback(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """[playback]"""

    volume: Annotated[int, Meta(ge=0, le=100, description="In per cent, at the start.")] = 80
    vlc_options: Annotated[
        tuple[str, ...], Meta(description='libVLC\'s own, for instance "--aout=pulse".')
    ] = ()


Feeling = (
    Literal["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
    | tuple[Annotated[float, Meta(ge=-1, le=1)], Annotated[float, Meta(ge=-1, le=1)]]
)
"""An emotion, or valence and arousal."""


class Moods(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """[moods]"""

    genres: Annotated[
        dict[str, Feeling],
        Meta(description='Your own word on a genre: {"Fado" = "happy", "Drone" = [0.2, -0.4]}; it wins.'),
    ] = {}
    artists: Annotated[dict[str, Feeling], Meta(description="Likewise on an artist.")] = {}
    folders: Annotated[
        dict[str, Feeling], Meta(description='On all in a folder: {"~/Music/Sleep" = [0.1, -0.8]}.')
    ] = {}
    words: Annotated[dict[str, Feeling], Meta(description="On a word that stands in mood tags.")] = {}


class Settings(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """All settings, by table."""

    library: Library = Library()
    camera: Camera = Camera()
    reading: Reading = Reading()
    queue: Queue = Queue()
    playback: Playback = Playback()
    moods: Moods = Moods()


def load(file: Path | None = None) -> Settings:
    """The settings in `file`, by default the user's; SettingsError says what is wrong in it, and where."""
    file = file or paths.config_file()
    try:
        return msgspec.toml.decode(file.read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise SettingsError(
            f"the settings {file} cannot be read: {error.strerror}", "check its permissions"
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            f"the settings {file} have an error: {_in_words(str(error))}", "mend or delete that line"
        ) from error


_KINDS = {
    "`str`": 'a text in "quotes"',
    "`int`": "a whole number",
    "`float`": "a number",
    "`bool`": "true or false",
    "`array`": "a list",
    "`object`": "a table",
}


def _in_words(error: str) -> str:
    """What msgspec says, without its own names for things."""
    for kind, words in _KINDS.items():
        error = error.replace(kind, words)
    return error.replace("`$.", "`")


def music_folders(settings: Settings, named: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Where the music is: as named, else as in the settings, else the user's music folder."""
    folders = named or settings.library.folders or (paths.music_folder(),)
    # Not Path's own: resolve() follows links, and expanduser() raises for a user that does not exist.
    plain = (os.path.expanduser(folder) for folder in folders)  # noqa: PTH111
    return tuple(Path(os.path.abspath(folder)) for folder in plain)  # noqa: PTH100


def as_toml() -> str:
    """All settings with their defaults and meanings, as a config.toml to start from."""
    lines = []
    for table in msgspec.structs.fields(Settings):
        lines.append(f"[{table.name}]")
        for setting in msgspec.structs.fields(table.type):
            info = msgspec.inspect.type_info(setting.type)
            schema = info.extra_json_schema if isinstance(info, msgspec.inspect.Metadata) else None
            meaning = schema["description"] if schema else ""
            lines.append(f"# {meaning}")
            has_default = setting.default is not msgspec.NODEFAULT
            default = setting.default if has_default else setting.default_factory()
            lines.append(f"{setting.name} = {msgspec.json.encode(default).decode()}")
        lines.append("")
    return "\n".join(lines)
