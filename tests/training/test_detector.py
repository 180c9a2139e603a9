"""Composed frames say where their faces are; a detector learns from them, stops, goes on, is exported."""

from __future__ import annotations

from pathlib import Path

import cv2
import msgspec
import numpy as np
import pytest
from click.testing import CliRunner

from moodplayer.cli import main
from moodplayer.domain import Emotion
from moodplayer.errors import DatasetError
from moodplayer.training import detector, export, recipe, scenes
from moodplayer.training.detector import COLUMNS, ROWS, DetectorRecipe
from moodplayer.training.disguises import DISGUISES, Measures
from moodplayer.training.material import Material, load_material
from moodplayer.training.scenes import Plan, Scene
from moodplayer.vision.demo_face import EXPRESSIONS
from moodplayer.vision.detector import CELL, GEOMETRY, HEIGHT, WIDTH, Detector, centres_of
from moodplayer.vision.drawn.expression import Pose
from moodplayer.vision.drawn.portrait import Portrait

POINTS = np.array([[52, 52], [108, 52], [80, 82], [60, 112], [100, 112]], np.float32)
BOX = np.array([28, 8, 104, 140], np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """130 drawn portraits, and 8 pictures of nothing, packed as the real ones are."""
    rng = np.random.default_rng(0)
    portrait = Portrait()
    drawn = [
        cv2.cvtColor(portrait.draw(EXPRESSIONS[e], Pose()), cv2.COLOR_BGR2GRAY)[110:370, 190:450]
        for e in (Emotion.HAPPY, Emotion.NEUTRAL)
    ]
    faces = [cv2.resize(drawn[i % 2], (160, 160), interpolation=cv2.INTER_AREA) for i in range(1300)]
    nothing = [rng.integers(0, 255, (90, 120), dtype=np.uint8) for _ in range(8)]
    made = tmp_path_factory.mktemp("detection")
    for name, pictures in (("faces", faces[:700]), ("backgrounds", nothing)):
        files = [cv2.imencode(".jpg", picture)[1].ravel() for picture in pictures]
        arrays = {
            "jpeg": np.concatenate(files),
            "offsets": np.cumsum([0, *(len(file) for file in files)]),
        }
        if name == "faces":
            arrays["boxes"] = np.tile(BOX / 160, (len(files), 1))
            arrays["landmarks"] = np.tile(POINTS / 160, (len(files), 1, 1))
        np.savez(made / f"{name}.npz", **arrays)
    return made


@pytest.fixture(scope="module")
def material(folder: Path) -> Material:
    return load_material(folder)


@pytest.fixture(scope="module")
def small() -> DetectorRecipe:
    """The shipped recipe, but narrow and short."""
    plan = recipe.load("faces", DetectorRecipe)
    return msgspec.structs.replace(
        plan,
        network=detector.Network(stem=4, stages=(8, 8, 8, 8), head=8),
        data=detector.Data(frames=96, batch_size=8, held_out=16),
    )


def test_held_out_is_never_trained_on(material: Material) -> None:
    training, held_out = material.split()
    assert len(training.portraits) + len(held_out.portraits) == len(material.portraits)
    assert len(training.backgrounds) + len(held_out.backgrounds) == len(material.backgrounds)
    assert held_out.portraits
    assert held_out.backgrounds
    kept = {id(picture) for picture in training.portraits + training.backgrounds}
    assert not kept & {id(picture) for picture in held_out.portraits + held_out.backgrounds}


def test_the_same_seed_composes_the_same_scene(material: Material) -> None:
    one, two, other = (
        scenes.compose(material, (160, 120), Plan(least=1), np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.image, two.image)
    assert np.array_equal(one.boxes, two.boxes)
    assert not np.array_equal(one.image, other.image)


def test_faces_are_where_a_scene_says(material: Material) -> None:
    """Where the truth says that a face is, the frame differs from one composed without it."""
    for seed in range(30):
        plan = Plan(least=1, most=1, darkness=(1, 1.0001))
        scene = scenes.compose(material, (320, 240), plan, np.random.default_rng(seed))
        (box,) = scene.boxes
        (points,) = scene.points
        assert 0.08 * 240 * 0.99 <= box[3] <= 0.98 * 240 * 1.35
        inside = (points >= box[:2] - 2) & (points <= box[:2] + box[2:] + 2)
        assert inside.all()
        assert points[0, 0] < points[1, 0]


def test_a_plan_is_kept(material: Material) -> None:
    for seed in range(20):
        rng = np.random.default_rng(seed)
        tilted = scenes.compose(material, (320, 240), Plan(least=1, most=1, tilts=(25, 40)), rng)
        across = tilted.points[0, 1] - tilted.points[0, 0]
        assert 24 <= abs(np.degrees(np.arctan2(across[1], across[0]))) <= 41
        small = scenes.compose(
            material, (320, 240), Plan(least=1, most=1, heights=(0.08, 0.1), tilts=(0, 0)), rng
        )
        assert 0.079 * 240 <= small.boxes[0, 3] <= 0.101 * 240
        assert not scenes.compose(material, (320, 240), Plan(most=0), rng).boxes.size


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguise_hides_its_part_of_the_face(material: Material, name: str) -> None:
    face = material.portraits[0]
    changed = np.mean(
        [
            np.abs(DISGUISES[name](face, POINTS, np.random.default_rng(i)).astype(int) - face) > 12
            for i in range(20)
        ],
        axis=0,
    )
    places = {"sunglasses": (0.5, 0), "mask": (0, 1.1), "cap": (0, -1.0), "hair": (0, -0.9), "hand": (0, 1.2)}
    x, y = Measures(POINTS).at(places[name]).astype(int)
    assert changed[max(y, 0), x] > 0.1
    assert 0.02 < changed.mean() < 0.6


def test_targets_say_where_and_how_large() -> None:
    points = np.arange(10, dtype=np.float32).reshape(1, 5, 2) + 50
    scene = Scene(np.zeros((HEIGHT, WIDTH), np.uint8), np.array([[40, 30, 40, 50]], np.float32), points)
    truth = detector.targets(scene)
    truth[..., 1:-1] += centres_of(slice(0, ROWS), slice(0, COLUMNS))
    y, x = np.unravel_index(truth[..., 0].argmax(), (ROWS, COLUMNS))
    assert (x, y) == (60 // CELL, 55 // CELL)
    assert truth[y, x, 0] == 1
    assert truth[y, x, 1:5].tolist() == [60, 55, 40, 50]
    assert truth[y, x, 5:15].tolist() == points.ravel().tolist()
    assert truth[..., -1].sum() == pytest.approx(1)
    assert truth.shape == (ROWS, COLUMNS, 2 + GEOMETRY)


def test_it_learns_stops_and_goes_on(material: Material, small: DetectorRecipe, tmp_path: Path) -> None:
    first = detector.train(material, small, tmp_path, epochs=1).epochs()
    run = detector.train(material, small, tmp_path, epochs=4)
    history = run.epochs()
    assert history[:1] == first
    assert len(history) == 4
    assert history[-1]["val_loss"] < 0.8 * history[0]["val_loss"]

    network = detector.last_of(run, small)
    frames = detector.sample(material, small)
    export.export_detector(network, small, tmp_path / "faces.tflite", frames)
    expected = network.predict(frames[:4, ..., None].astype(np.float32), verbose=0)
    found = Detector(tmp_path / "faces.tflite")
    for frame, cells in zip(frames, expected, strict=False):
        got = found.cells(frame)
        assert got[..., 0] == pytest.approx(1 / (1 + np.exp(-cells[..., 0])), abs=0.05)


def test_what_is_no_material_says_what_it_should_be(tmp_path: Path) -> None:
    (tmp_path / "faces.npz").write_bytes(b"no zip")
    (tmp_path / "backgrounds.npz").write_bytes(b"no zip")
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(DatasetError) as caught:
            load_material(folder)
        assert "faces.npz" in (caught.value.hint or "")
        done = CliRunner().invoke(main, ["train", str(folder), "--architecture", "faces"])
        assert done.exit_code == 1
        assert "faces.npz" in done.output
