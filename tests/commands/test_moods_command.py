"""`moodplayer moods`: every tag, what came of it, and nothing that a terminal would obey."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

import mutagen
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner

from moodplayer import paths
from moodplayer.cli import main

WIDE = {"COLUMNS": "160"}


def song(path: Path, **tags: str | list[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(800), 8000)
    file: Any = mutagen.File(path)
    for name, value in tags.items():
        file[name] = value
    file.save()
    return path


def said_of(*files: Path) -> str:
    done = CliRunner(env=WIDE).invoke(main, ["moods", *map(str, files)])
    assert done.exit_code == 0, done.output
    return done.stdout


def row(text: str, beginning: str) -> list[str]:
    return next(line.split() for line in text.splitlines() if line.strip().startswith(beginning))


def test_every_tag_is_shown_and_which_of_them_decided(tmp_path: Path) -> None:
    text = said_of(
        song(
            tmp_path / "song.flac",
            title="Tinned Rain",
            genre=["Disco", "Zxqv"],
            mood="Melancholy",
            mood_sad="0.8",
            bpm="128",
            initialkey="8A",
            replaygain_track_gain="-7.5 dB",
            date="1997",
        )
    )
    for said in ("Tinned Rain", "Disco; Zxqv", "sad 0.8", "128", "8A", "-7.50 dB", "1997"):
        assert said in text
    assert row(text, "mood Melancholy")[-1] == "decides"
    assert row(text, "measured sad 0.80")[-1] == "little"
    assert row(text, "the mood")[-1] == "sad"
    assert "not known as a genre: Zxqv" in text


def test_a_rule_in_the_settings_overrules_the_tags(tmp_path: Path) -> None:
    paths.config_file().parent.mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text('[moods.genres]\n"Disco" = "angry"\n')
    text = said_of(song(tmp_path / "song.flac", genre="Disco"))
    assert row(text, "your rule: genre Disco")[-1] == "decides"
    assert row(text, "Disco › Dance")[-1] == "overruled"
    assert row(text, "the mood")[-1] == "angry"


def test_folders_of_the_library_stand_in_for_missing_tags_and_no_others(tmp_path: Path) -> None:
    paths.config_file().parent.mkdir(parents=True, exist_ok=True)
    paths.config_file().write_text(f'[library]\nfolders = ["{tmp_path}"]\n')
    text = said_of(song(tmp_path / "Joni Mitchell" / "Blue" / "song.flac"), song(tmp_path / "loose.flac"))
    assert "song · Joni Mitchell" in text
    assert row(text, "album") == ["album", "Blue"]
    assert tmp_path.name not in text.split("loose", 1)[1].replace(str(tmp_path), "")


@pytest.mark.skipif("sys.platform == 'win32'", reason="Windows has no such file names")
def test_nothing_reaches_the_terminal_that_it_would_obey(tmp_path: Path) -> None:
    evil = "\x1b[2J\x9b31m\u202e[bold]x[/]\x07"
    text = said_of(song(tmp_path / "a\x1b[2J.flac", title=evil, genre=evil, mood=evil, artist=evil))
    shown = text.replace("\n", "")
    assert not any(unicodedata.category(c) == "Cc" or c == "\u202e" for c in shown)
    assert "[bold]x[/]" in shown
