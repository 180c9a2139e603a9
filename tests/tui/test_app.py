"""The screen, with real files, the real network and the demo face; only the sound is left out."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import GENRES, compose, lines, running, shown
from rich.cells import cell_len

from moodplayer import paths
from moodplayer.domain import EMOTIONS, Emotion, Method, Mode
from moodplayer.playback.player import Transport
from moodplayer.tui import keymap
from moodplayer.tui.screens.help import HelpScreen
from moodplayer.tui.view import LOOKS
from moodplayer.tui.widgets import pixels

SIZES = [(80, 24), (120, 36), (200, 50), (60, 20), (40, 12), (30, 8)]


async def test_the_demo_face_is_read_and_makes_a_queue_that_plays(music: Path) -> None:
    async with running(music, camera="demo") as (app, _):
        await app.until(lambda: app.session.player.state.picks)
        assert app.session.reading is not None
        assert len(app.session.player.state.picks) == 15
        assert app.session.player.state.transport is Transport.PLAYING
        assert app.face.border_title == "● demo face"
        assert LOOKS[app.session.reading.emotion] in str(app.bars.border_title)
        assert any(set(line.strip()) & set("#%@*") for line in lines(app.why))
        assert "▀" in lines(app.face)[app.face.size.height // 2]
        text = shown(app)
        assert f"15 tracks · {app.session.queued_for} · match" in text
        playing = app.session.player.state.track
        assert playing is not None
        assert f"▶ {playing.title} · {playing.artist}" in text
        assert GENRES[str(app.session.reading.emotion)] in text


@pytest.mark.parametrize("number", range(1, 8))
async def test_a_number_key_chooses_an_emotion(music: Path, number: int) -> None:
    async with running(music) as (app, pilot):
        await pilot.press(str(number))
        await app.until(lambda: app.session.player.state.picks)
        emotion = EMOTIONS[number - 1]
        assert app.bars.border_title == f"you said {emotion}"
        assert app.bars.has_class(emotion)
        fitting = [
            pick for pick in app.session.player.state.picks if GENRES.get(emotion, "") in pick.track.genre
        ]
        assert len(fitting) >= 8


async def test_every_key_does_what_the_keymap_says(music: Path) -> None:
    async with running(music, emotion=Emotion.HAPPY) as (app, pilot):
        await app.until(lambda: app.session.player.state.picks)
        player = app.session.player
        first = player.state.track
        await pilot.press("space")
        assert player.state.transport is Transport.PAUSED
        await pilot.press("space")
        assert player.state.transport is Transport.PLAYING
        await pilot.press("right", "right")
        assert player.state.position >= 10
        await pilot.press("left")
        assert 5 <= player.state.position < 10
        await pilot.press("n")
        assert player.state.index == 1
        await pilot.press("N")
        assert player.state.track == first
        await pilot.press("l")
        assert first is not None
        assert app.session.library.history.is_liked(first.path)
        await pilot.press("plus")
        assert player.state.volume == 85
        await pilot.press("minus", "minus")
        assert player.state.volume == 75
        await pilot.press("down", "down", "down", "enter")
        assert player.state.index == 3
        await pilot.press("m")
        assert app.session.mode is Mode.LIFT
        assert "lift" in str(app.queue.border_title)
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        assert not isinstance(app.screen, HelpScreen)


async def test_the_camera_closes_and_opens(music: Path) -> None:
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: app.session.looking.sight)
        await pilot.press("c")
        assert app.session.looking.sight is None
        assert app.face.border_title == "camera closed"
        await pilot.press("c")
        await app.until(lambda: app.session.looking.sight)
        assert app.face.border_title == "● demo face"


@pytest.mark.parametrize("size", SIZES)
async def test_at_every_size_the_queue_the_bars_and_the_player_are_there(
    music: Path, size: tuple[int, int]
) -> None:
    async with running(music, emotion=Emotion.SAD, size=size) as (app, _):
        await app.until(lambda: app.session.player.state.picks)
        for pane in (app.bars, app.queue, app.player_line, app.status_line):
            assert pane.region.area > 0
            assert app.screen.region.contains_region(pane.region)
        bars = "\n".join(lines(app.bars))
        assert all(str(e) in bars for e in (EMOTIONS if size[1] >= 12 else [Emotion.SAD]))
        assert "100 %" in bars
        assert "sad" in lines(app.queue)[0]
        assert "▶" in lines(app.player_line)[0]
        assert all(cell_len(line) == app.queue.size.width for line in lines(app.queue))


async def test_what_matters_least_goes_first(music: Path) -> None:
    async with running(music) as (app, pilot):
        seen = {}
        for width in (120, 80, 60, 40):
            await pilot.resize_terminal(width, 24)
            seen[width] = (app.why.region.area > 0, app.face.region.area > 0)
        assert seen == {120: (True, True), 80: (True, True), 60: (False, True), 40: (False, False)}


async def test_long_wide_and_hostile_titles_stay_in_their_columns(tmp_path: Path) -> None:
    hostile = "\x1b[31m[bold red]not markup[/]\x07"
    wide = "夜明けの電車に乗って海まで行く" * 4
    compose(tmp_path / "1.flac", title=hostile, artist="\u202eright to left", genre="Disco [@click=app.quit]")
    compose(tmp_path / "2.flac", title=wide, artist="東京アンサンブル", genre="Disco")
    async with running(tmp_path, emotion=Emotion.HAPPY, size=(80, 24)) as (app, _):
        await app.until(lambda: app.session.player.state.picks)
        text = shown(app)
        assert "[bold red]not" in text
        assert "\x1b" not in text
        assert "夜明けの電車" in text
        assert all(cell_len(line) == app.queue.size.width for line in lines(app.queue))
        assert all(cell_len(line) == 80 for line in lines(app.player_line))


async def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    async with running(tmp_path) as (app, pilot):
        assert "no music found" in shown(app)
        await pilot.press("4", "space", "n", "N", "left", "enter", "e")
        assert "nothing plays" in shown(app)


async def test_a_folder_that_is_not_there_says_so(tmp_path: Path) -> None:
    async with running(tmp_path / "nowhere") as (app, _):
        assert "nowhere" in lines(app.status_line)[0]


async def test_without_that_camera_the_rest_works(music: Path) -> None:
    async with running(music, camera="97") as (app, pilot):
        await app.until(lambda: "camera 97" in lines(app.status_line)[0])
        await pilot.press("4")
        await app.until(lambda: app.session.player.state.picks)


@pytest.mark.parametrize("harm", ["missing", "damaged"])
async def test_without_the_model_the_rest_works(
    music: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, harm: str
) -> None:
    file = tmp_path / "emotion.tflite"
    if harm == "damaged":
        file.write_bytes(b"no network" * 100)
        file.with_suffix(".json").write_bytes(paths.model_file("emotion.json").read_bytes())
    monkeypatch.setattr(paths, "model_file", lambda name="emotion.tflite": tmp_path / name)
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: "model" in lines(app.status_line)[0])
        await pilot.press("4")
        await app.until(lambda: app.session.player.state.picks)


async def test_what_nobody_thought_of_ends_a_part_and_not_the_player(
    music: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr("moodplayer.vision.classifier.Classifier.__init__", broken)
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: "libGL.so.1" in lines(app.status_line)[0])
        assert app.face.border_title == "camera closed"
        await pilot.press("4")
        await app.until(lambda: app.session.player.state.picks)


async def test_a_file_that_is_deleted_while_it_waits_is_skipped(tmp_path: Path) -> None:
    for number in range(3):
        compose(tmp_path / f"{number}.flac", title=f"disco {number}", genre="Disco")
    async with running(tmp_path, emotion=Emotion.HAPPY) as (app, pilot):
        await app.until(lambda: app.session.player.state.picks)
        doomed = app.session.player.state.picks[1].track
        doomed.path.unlink()
        await pilot.press("n")
        await app.until(lambda: app.session.player.state.index == 2)
        assert f"skipped {doomed.title}: the file is gone" in lines(app.status_line)[0]


def test_the_readme_lists_the_keys_of_the_keymap() -> None:
    readme = Path(__file__).parents[2] / "README.md"
    assert keymap.as_markdown() in readme.read_text("utf-8")


def test_no_key_has_two_meanings() -> None:
    every = [
        key
        for row in (*keymap.PLAYER_KEYS, *keymap.EMOTION_KEYS, *keymap.QUEUE_KEYS)
        for key in row.keys.split(",")
    ]
    assert len(every) == len(set(every))


async def test_x_goes_through_the_methods_and_the_words_follow(music: Path) -> None:
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: app.session.reading)
        explanation = app.session.explanation
        assert explanation is not None
        assert explanation.words()
        assert explanation.words() in lines(app.bars)[-1]
        for method in (Method.GRADCAM, Method.LIME, Method.SALIENCY):
            await pilot.press("x")
            assert app.session.looking.why.method is method
            assert app.why.border_subtitle == method.label
        await app.until(
            lambda: app.session.explanation and app.session.explanation.why == app.session.looking.why
        )
        assert any(set(line.strip()) & set("#%@*") for line in lines(app.why))


async def test_keys_that_need_a_camera_are_answered_without_one(music: Path) -> None:
    for key in ("e", "c"):
        async with running(music, camera="none") as (app, pilot):
            await pilot.press(key)
            await app.until(lambda: "there is no camera" in lines(app.status_line)[0])


async def test_why_this_and_not_that(music: Path) -> None:
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: app.session.looking.sight and app.session.looking.sight.look.face)
        await pilot.press("x", "x", "X")
        await app.until(lambda: app.session.explanation and app.session.explanation.why.not_second)
        await app.until(lambda: "the next" not in str(app.why.border_subtitle))
        shown = app.session.explanation
        assert shown is not None
        assert shown.rather_than is not None
        assert shown.rather_than is not shown.emotion
        assert app.why.border_title == f"why {shown.emotion}"
        assert app.why.border_subtitle == f"not {shown.rather_than} · LIME"
        await pilot.press("X")
        await app.until(lambda: str(app.why.border_title).startswith("why ") and app.session.explanation)
        assert not app.session.looking.why.not_second


async def test_the_explanation_lies_over_the_face_if_asked(music: Path) -> None:
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: app.session.reading)
        await pilot.press("o")
        assert app.session.overlaid
        await app.until(lambda: app.face._heat_map is not None)
        face, image = app.face._face, app.face._image
        assert face is not None
        assert image is not None
        with_it = pixels.half_blocks(image, face, app.face._accent, 40, 16, app.face._heat_map)
        without = pixels.half_blocks(image, face, app.face._accent, 40, 16)
        assert [strip.text for strip in with_it] == [strip.text for strip in without]
        assert with_it != without
        await pilot.press("o")
        await app.until(lambda: app.face._heat_map is None)


async def test_a_reading_whose_camera_is_closed_is_explained_again(music: Path) -> None:
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: app.session.reading)
        await pilot.press("c")
        await pilot.press("x", "x")
        await app.until(lambda: app.session.explanation and app.session.explanation.why.method is Method.LIME)
        assert app.why.border_subtitle == "LIME"
        assert any(set(line.strip()) & set("#%@*") for line in lines(app.why))


async def test_what_was_asked_while_the_camera_was_open_is_explained_once_it_is_closed(music: Path) -> None:
    async with running(music, camera="demo") as (app, pilot):
        await app.until(lambda: app.session.reading)
        await pilot.press("x", "c")
        await app.until(lambda: app.session.reading.explanation.why.method is Method.GRADCAM)
        await app.until(lambda: app.why.border_subtitle == "Grad-CAM")
        assert app.session.looking.watch is None
