"""Settings from a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from moodplayer import config
from moodplayer.errors import SettingsError
from moodplayer.vision.reader import Reader


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    assert config.load(tmp_path / "none.toml") == config.Settings()


def test_a_setting_in_the_file_wins(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[queue]\nlength = 30\nmode = "lift"\n')
    assert config.load(file).queue == config.Queue(length=30, mode="lift")


def test_the_printed_table_is_a_file_that_loads_as_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(config.as_toml())
    assert config.load(file) == config.Settings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[queue]\nlength = 0\n", "queue.length"),
        ("[queue]\nlenght = 15\n", "lenght"),
        ('[playback]\nvolume = "loud"\n', "playback.volume"),
        ("[queue\n", "line 1"),
        ("[library]\nfolders = [3]\n", 'a text in "quotes", got a whole number - at `library.folders'),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(SettingsError, match=named) as caught:
        config.load(file)
    assert caught.value.hint


def test_a_webcam_is_a_number_with_or_without_quotes(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    for text in ("source = 1", 'source = "1"'):
        file.write_text(f"[camera]\n{text}\n")
        assert str(config.load(file).camera.source) == "1"


def test_the_player_reads_as_the_reader_was_measured() -> None:
    """`bench/readings.py` measures the reader's own defaults."""
    reader, settings = Reader(), config.Reading()
    assert settings.seconds == reader.window
    assert settings.agreement == reader.agreement
    assert settings.confidence == reader.confidence
