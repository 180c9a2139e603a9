"""The user's own rules about moods."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from moodplayer import config
from moodplayer.domain import Emotion, Mood, Tags
from moodplayer.errors import SettingsError
from moodplayer.library.moods import mood_of_tags
from moodplayer.library.rules import NO_RULES, Rules, rules_of

SONG = Tags(Path("/music/Sleep/a.mp3"), "a", artist="Amália", genres=("Fado",), moods=("Sad",))


def rules(tmp_path: Path, text: str) -> Rules:
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    return rules_of(config.load(file))


@pytest.mark.parametrize(
    ("text", "mood", "why"),
    [
        ('[moods.genres]\n"fado" = "happy"\n', Emotion.HAPPY.mood, "your rule: genre Fado"),
        ('[moods.genres]\n"World" = [0.1, 0.2]\n', Mood(0.1, 0.2), "your rule: genre World"),
        ('[moods.artists]\n"AMÁLIA" = "surprise"\n', Emotion.SURPRISE.mood, "your rule: artist Amália"),
        ('[moods.folders]\n"/music/Sleep" = [0.1, -0.8]\n', Mood(0.1, -0.8), "your rule: folder Sleep"),
        ('[moods.folders]\n"/music" = [0, 1]\n', Mood(0, 1), "your rule: folder music"),
        ('[moods.words]\n"sad" = [0.5, 0.5]\n', Mood(0.5, 0.5), "your rule: mood Sad"),
    ],
)
def test_a_rule_wins_over_what_tags_say(tmp_path: Path, text: str, mood: Mood, why: str) -> None:
    found, sure, evidence = mood_of_tags(SONG, rules(tmp_path, text))
    assert (found, sure) == (mood, 1.0)
    assert (evidence.tag, evidence.text) == ("rule", why)


def test_a_rule_leaves_other_tracks_alone(tmp_path: Path) -> None:
    own = rules(tmp_path, '[moods.genres]\n"Fado" = "happy"\n[moods.artists]\n"Nobody" = "angry"\n')
    other = replace(SONG, genres=("Disco",))
    assert mood_of_tags(other, own) == mood_of_tags(other)


def test_the_more_special_rule_counts(tmp_path: Path) -> None:
    text = '[moods.genres]\n"Fado" = "happy"\n[moods.artists]\n"Amália" = "angry"\n'
    assert mood_of_tags(SONG, rules(tmp_path, text))[0] == Emotion.ANGRY.mood


def test_new_rules_ask_for_new_moods(tmp_path: Path) -> None:
    one = rules(tmp_path, '[moods.genres]\n"Fado" = "happy"\n')
    other = rules(tmp_path, '[moods.genres]\n"Fado" = "sad"\n')
    assert len({NO_RULES.version, one.version, other.version}) == 3
    assert one.version == rules(tmp_path, '[moods.genres]\n"Fado" = "happy"\n').version


@pytest.mark.parametrize("value", ['"cheerful"', "[0.1]", "[2, 0]", "1"])
def test_a_rule_that_is_no_mood_is_named(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match="moods") as caught:
        rules(tmp_path, f'[moods.genres]\n"Fado" = {value}\n')
    assert caught.value.hint
