"""What a person types, and what a program reads."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import mutagen
import numpy as np
import pytest
import soundfile
from click.testing import CliRunner, Result
from skimage import data

from moodplayer import paths
from moodplayer.cli import main
from moodplayer.domain import EMOTIONS, Deed, Emotion, History
from moodplayer.library.index import Index
from moodplayer.library.playlists import read_m3u

SAMPLES = paths.sample_library()
ASTRONAUT_FACE = (175, 65, 100, 120)
"""Roughly, in scikit-image's photograph: x, y, width, height."""


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def document(*arguments: object) -> Any:
    done = run(*arguments, "--json")
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def astronaut(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("photos") / "astronaut.png"
    cv2.imwrite(str(path), data.astronaut()[..., ::-1])
    return path


def test_a_real_photograph_is_read(astronaut: Path) -> None:
    found = document("detect", astronaut)
    assert found["source"] == str(astronaut)
    face = found["faces"][0]
    x, y, width, height = face["box"]
    left, top, wide, high = ASTRONAUT_FACE
    assert left - 30 < x + width / 2 - wide / 2 < left + 30
    assert top - 30 < y + height / 2 - high / 2 < top + 30
    assert face["emotion"] == "happy"
    assert list(face["probabilities"]) == list(EMOTIONS)
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert face["confidence"] == max(face["probabilities"].values())
    text = run("detect", astronaut).output
    assert all(emotion in text for emotion in EMOTIONS)


def test_the_heat_map_lies_on_the_face_alone(astronaut: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    assert run("detect", astronaut, "--explain", "saliency", "--out", out).exit_code == 0
    before, after = cv2.imread(str(astronaut)).astype(int), cv2.imread(str(out)).astype(int)
    changed = np.abs(after - before).sum(axis=2) > 0
    rows, columns = np.flatnonzero(changed.any(axis=1)), np.flatnonzero(changed.any(axis=0))
    x, y, width, height = document("detect", astronaut)["faces"][0]["box"]
    # What the network reads is a square around the face, a little wider than its box.
    assert columns[0] <= x + 4
    assert rows[0] <= y + 4
    assert x + width - 4 <= columns[-1] <= columns[0] + 1.6 * width
    assert y + height - 4 <= rows[-1] <= rows[0] + 1.6 * height


def test_one_sheet_shows_all_methods(astronaut: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    done = run("detect", astronaut, "--explain", "all", "--out", out)
    assert done.exit_code == 0, done.output
    picture = cv2.imread(str(out))
    why = document("detect", astronaut, "--explain", "all")["faces"][0]["why"]
    assert picture.shape[1] > 250 * (1 + len(why))
    assert "LIME" in done.output
    assert " %" in done.output


def test_json_has_the_regions_of_the_face(astronaut: Path) -> None:
    face = document("detect", astronaut, "--explain", "lime", "--not", "next")["faces"][0]
    why = face["why"]["lime"]
    assert why["emotion"] == face["emotion"]
    assert why["rather_than"] != face["emotion"]
    assert set(why["regions"]) == {"mouth", "eyes", "brows", "nose", "cheeks", "forehead"}
    assert 0.3 < sum(why["regions"].values()) <= 1.001
    assert why["r2"] <= 1
    assert document("detect", astronaut, "--explain", "lime", "--not", "next")["faces"][0] == face
    assert "why" not in document("detect", astronaut)["faces"][0]


def test_why_happy_and_not_happy_is_no_question(astronaut: Path) -> None:
    assert "why" not in document("detect", astronaut, "--explain", "lime", "--not", "happy")["faces"][0]


def test_a_folder_is_a_list_by_file_name(astronaut: Path) -> None:
    cv2.imwrite(str(astronaut.with_name("nobody.png")), np.full((200, 200, 3), 128, np.uint8))
    found = document("detect", astronaut.parent)
    assert {look["frame"]: len(look["faces"]) for look in found} == {"astronaut.png": 1, "nobody.png": 0}


def test_what_is_no_picture_is_one_line_and_a_hint(tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    done = run("detect", tmp_path / "text.jpg")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert done.stderr.startswith("moodplayer: ")
    assert len(done.stderr.splitlines()) == 2


def test_scan_counts_the_sample_library() -> None:
    found = document("scan", SAMPLES)
    assert found["tracks"] == found["added"] >= 42
    assert found["unreadable"] == 0
    assert all(found["by_emotion"][emotion] >= 6 for emotion in EMOTIONS)
    again = document("scan", SAMPLES)
    assert (again["added"], again["updated"], again["removed"]) == (0, 0, 0)
    assert "tracks" in run("scan", SAMPLES).output


def test_scan_names_the_genres_that_it_does_not_know(tmp_path: Path) -> None:
    for number, genre in enumerate(("Zzyzxian Blorp", "Zzyzxian Blorp", "Doom Metal")):
        path = tmp_path / f"{number}.flac"
        soundfile.write(path, np.zeros(800), 8000)
        file = mutagen.File(path)
        file["genre"] = genre
        file.save()
    assert document("scan", tmp_path)["unknown_genres"] == {"Zzyzxian Blorp": 2}
    assert "Zzyzxian Blorp (2)" in " ".join(run("scan", tmp_path).output.split())


def test_what_was_learned_is_explained_and_forgotten() -> None:
    document("scan", SAMPLES)
    with Index(paths.index_file()) as index:
        first = document("queue", "--mood", "sad", SAMPLES)["tracks"][0]["path"]
        [track] = index.tracks([Path(first)])
        index.record(track, Emotion.SAD, Deed.SKIP, at=0)
        index.record(track, Emotion.SAD, Deed.LIKE, at=0)
        index.record(track, Emotion.HAPPY, Deed.SKIP, at=0)
    evidence = {t["path"]: t["evidence"] for t in document("queue", "--mood", "sad", SAMPLES)["tracks"]}
    assert "you like this when sad" in evidence[first]
    assert "1 liked, 0 heard out, 1 skipped" in run("forget", "--mood", "sad", SAMPLES).output
    assert "0 liked, 0 heard out, 1 skipped" in run("forget").output
    with Index(paths.index_file()) as index:
        assert index.history() == History()


def test_a_queue_holds_back_what_was_just_heard() -> None:
    first = document("queue", "--mood", "sad", SAMPLES)["tracks"][0]["path"]
    with Index(paths.index_file()) as index:
        [track] = index.tracks([Path(first)])
        index.record(track, Emotion.SAD, Deed.HEAR)
    paths_now = [t["path"] for t in document("queue", "--mood", "sad", SAMPLES)["tracks"]]
    assert first not in paths_now[:5]


def test_a_queue_says_how_many_fit(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "plain.flac", np.zeros(800), 8000)
    assert "0 of them fit" in run("queue", "--mood", "happy", tmp_path).output


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_a_queue_is_15_tracks_that_begin_with_what_fits(emotion: str) -> None:
    found = document("queue", "--mood", emotion, SAMPLES)
    assert (found["emotion"], found["mode"]) == (emotion, "match")
    paths_ = [track["path"] for track in found["tracks"]]
    assert len(set(paths_)) == 15
    keys = {"path", "title", "artist", "valence", "arousal", "evidence", "score"}
    assert all(track.keys() == keys for track in found["tracks"])
    with (SAMPLES / "intended.csv").open(encoding="utf-8", newline="") as file:
        intended = {SAMPLES / row["path"]: row["emotion"] for row in csv.DictReader(file)}
    fitting = [path for path in paths_ if intended[Path(path)] == emotion]
    assert len(fitting) >= 5
    assert document("queue", "--mood", emotion, SAMPLES) == found


def test_a_queue_is_a_playlist_too(tmp_path: Path) -> None:
    playlist = tmp_path / "sad.m3u8"
    done = run("queue", "--mood", "sad", "-n", 5, "--m3u", playlist, SAMPLES)
    assert done.exit_code == 0, done.output
    assert len(read_m3u(playlist)) == 5


def test_moods_says_why() -> None:
    files = sorted(SAMPLES.rglob("*.mp3"))[:3]
    found = document("moods", *files)
    assert [one["path"] for one in found] == [str(file) for file in files]
    assert all(
        one.keys() == {"path", "title", "artist", "valence", "arousal", "sure", "evidence"} for one in found
    )


def test_moods_names_the_file_that_it_cannot_read_and_reads_the_others(tmp_path: Path) -> None:
    (tmp_path / "broken.mp3").write_bytes(b"\0" * 50)
    soundfile.write(tmp_path / "whole.flac", np.zeros(800), 8000)
    done = run("moods", tmp_path / "broken.mp3", tmp_path / "whole.flac")
    assert done.exit_code == 1
    assert "whole" in done.stdout
    assert "broken.mp3" in done.stderr


def test_a_playlist_is_written_over_nothing_else(tmp_path: Path) -> None:
    song = tmp_path / "song.flac"
    song.write_bytes(b"music")
    done = run("queue", "--mood", "sad", "--m3u", song, SAMPLES)
    assert done.exit_code == 1
    assert ".m3u8" in done.output
    assert song.read_bytes() == b"music"


def test_a_queue_says_why_however_narrow_the_terminal_and_long_the_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "1.flac"
    soundfile.write(path, np.zeros(800), 8000)
    file = mutagen.File(path)
    file.update({"title": "とても長い題名の曲" * 12, "artist": "somebody " * 12, "genre": "Doom Metal"})
    file.save()
    monkeypatch.setenv("COLUMNS", "80")
    row = next(
        line for line in run("queue", "--mood", "sad", tmp_path).output.splitlines() if "とても" in line
    )
    assert row.split()[0] == "1"
    assert "Doom Metal › Metal" in row
    assert re.search(r"0\.\d\d$", row.rstrip())


@pytest.mark.parametrize(("name", "begins"), [("why.jpg", b"\xff\xd8\xff"), ("why.PNG", b"\x89PNG")])
def test_a_picture_is_what_its_name_says(astronaut: Path, tmp_path: Path, name: str, begins: bytes) -> None:
    assert run("detect", astronaut, "--explain", "saliency", "--out", tmp_path / name).exit_code == 0
    assert (tmp_path / name).read_bytes().startswith(begins)
    for no_picture in ("why.txt", "why"):
        done = run("detect", astronaut, "--explain", "saliency", "--out", tmp_path / no_picture)
        assert done.exit_code == 1
        assert ".png" in done.output
        assert "happy" not in done.output
        assert not (tmp_path / no_picture).exists()


def test_what_cannot_be_explained_is_not_drawn(astronaut: Path, tmp_path: Path) -> None:
    out = tmp_path / "why.png"
    done = run("detect", astronaut, "--explain", "saliency", "--not", "happy", "--out", out)
    assert done.exit_code == 1
    assert "read as happy" in done.output
    assert not out.exists()


def test_a_picture_that_is_cut_off_is_no_video(astronaut: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.jpg"
    whole = cv2.imencode(".jpg", cv2.imread(str(astronaut)))[1].tobytes()
    cut.write_bytes(whole[:300])
    done = run("detect", cut)
    assert done.exit_code == 1
    assert "damaged" in done.output


@pytest.mark.parametrize(
    "arguments",
    [("queue", "--mood", "sad", "--seed", -5), ("detect", "x.jpg", "--explain", "lime", "--smooth")],
)
def test_what_makes_no_sense_is_wrong_usage(arguments: tuple[object, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_h_is_help() -> None:
    assert run("-h").output == run("--help").output


def test_the_doctor_blames_the_settings_once(home: Path) -> None:
    paths.config_file().parent.mkdir(parents=True)
    paths.config_file().write_text("[camera]\nsource = []\n")
    found = {one["part"]: one for one in document("doctor")}
    assert not found["settings"]["works"]
    assert "settings are wrong" in found["camera"]["what"]


def test_an_empty_folder_has_no_queue(tmp_path: Path) -> None:
    done = run("queue", "--mood", "sad", tmp_path)
    assert done.exit_code == 1
    assert "no music" in done.stderr


def test_a_mistake_in_the_settings_is_named() -> None:
    paths.config_file().parent.mkdir(parents=True)
    paths.config_file().write_text("[queue]\nlength = 'many'\n")
    done = run("queue", "--mood", "sad")
    assert done.exit_code == 1
    assert "queue.length" in done.stderr


def test_wrong_usage_is_2() -> None:
    assert run("queue", "--mood", "bored").exit_code == 2
    assert run("detect").exit_code == 2
    assert run("--camera").exit_code == 2
    assert run("detect", "x.png", "--explain", "guess").exit_code == 2
    assert run("detect", "x.png", "--out", "why.png").exit_code == 2


def test_doctor_tells_what_works() -> None:
    found = {row["part"]: row for row in document("doctor")}
    assert found["model"]["works"]
    assert all(row["works"] or row["hint"] for row in found.values())
    assert {"camera", "libVLC", "sound", "library", "terminal"} <= found.keys()


def test_what_nobody_thought_of_is_one_line_and_a_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("never")

    monkeypatch.setattr("moodplayer.library.index.Index.__init__", broken)
    done = run("scan", SAMPLES)
    assert done.exit_code == 1
    assert str(paths.log_file()) in done.stderr
    assert "Traceback" not in done.output
    assert "ZeroDivisionError: never" in paths.log_file().read_text("utf-8")


def test_a_full_disk_is_one_line_and_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("moodplayer.library.rows.row", full)
    done = run("scan", SAMPLES)
    assert done.exit_code == 1
    assert "disk is full" in done.stderr
    assert len(done.stderr.splitlines()) == 2


def test_one_folder_has_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    crooked = Path("..") / tmp_path.name / Path("..").joinpath(*[".."] * 20, *SAMPLES.parts[1:])
    assert document("scan", SAMPLES)["added"] == document("scan", crooked)["tracks"]
    assert document("scan", crooked)["added"] == 0


def test_without_a_place_for_the_log_it_works(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr(paths, "log_file", lambda: tmp_path / "file" / "moodplayer.log")
    assert run("doctor").exit_code == 0


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "moodplayer", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("moodplayer, version ")


def test_without_a_terminal_the_player_says_so() -> None:
    command = [sys.executable, "-m", "moodplayer.cli", "--demo"]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    assert done.returncode == 1
    assert "terminal" in done.stderr
    assert "Traceback" not in done.stderr
