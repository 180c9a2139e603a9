"""Training, resuming, exporting and evaluating, all of it for real, on a small network and drawn faces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import keras
import msgspec
import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner

from moodplayer.cli import main
from moodplayer.domain import EMOTIONS
from moodplayer.errors import DatasetError, ModelError
from moodplayer.training import dataset as datasets
from moodplayer.training import export, recipe, train
from moodplayer.training.dataset import Dataset
from moodplayer.training.gradients import Explained
from moodplayer.training.recipe import Plateau, Recipe, SeedCnn
from moodplayer.vision.classifier import Classifier


@pytest.fixture(scope="module")
def faces() -> Dataset:
    """210 pictures; each emotion's have their bright spot in another place."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7, dtype=np.uint8), 30)
    images = rng.integers(0, 60, (len(labels), 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[8:24, 6 * label : 6 * label + 10] += 150
    votes = np.zeros((len(labels), 10), np.uint8)
    votes[np.arange(len(labels)), np.array([datasets.FERPLUS.index(label) for label in labels])] = 9
    return Dataset(images, labels, votes)


@pytest.fixture(scope="module")
def small() -> Recipe:
    """seed_cnn, but narrow."""
    plan = recipe.load("seed_cnn", Recipe)
    network = SeedCnn(filters=(8, 8, 8, 8), block_dropout=0.1, dense=(16, 8), dense_dropout=0.1)
    data = msgspec.structs.replace(plan.data, batch_size=16)
    augmentation = msgspec.structs.replace(plan.augmentation, flip=False)
    optimisation = msgspec.structs.replace(plan.optimisation, learning_rate=0.01)
    return msgspec.structs.replace(
        plan, network=network, data=data, augmentation=augmentation, optimisation=optimisation
    )


@pytest.fixture(scope="module")
def model(
    faces: Dataset, small: Recipe, tmp_path_factory: pytest.TempPathFactory
) -> tuple[keras.Model, Path]:
    """A network trained in two goes, and its export."""
    folder = tmp_path_factory.mktemp("run")
    first = train.train(faces, small, folder, epochs=2).epochs()
    run = train.train(faces, small, folder, epochs=8)
    assert run.epochs()[:2] == first
    assert len(run.epochs()) == 8
    assert run.epochs()[-1]["loss"] < first[0]["loss"]
    best = train.best_of(run, small)
    file = folder / "emotion.tflite"
    export.export(best, small, file, faces.images[::10], {"labels": 1.0}, {"val_accuracy": 0.5})
    return best, file


def test_the_recipe_is_the_published_one() -> None:
    plan = recipe.load("seed_cnn", Recipe)
    assert isinstance(plan.network, SeedCnn)
    assert plan.network.dense == (512, 256)
    assert isinstance(plan.optimisation, Plateau)
    assert plan.optimisation.learning_rate == 0.0005
    assert plan.data.validation == 0.2


def test_the_exported_network_says_what_the_trained_one_does(
    model: tuple[keras.Model, Path], faces: Dataset
) -> None:
    trained, file = model
    classifier = Classifier(file)
    for image in faces.images[::15]:
        crop = tf.constant(image[None, ..., None], tf.float32)
        with tf.GradientTape() as tape:
            tape.watch(crop)
            logits = trained(crop, training=False)["labels"]
            top = tf.reduce_max(logits)
        probabilities, gradient = classifier.saliency(image)
        assert probabilities == pytest.approx(tf.nn.softmax(logits)[0].numpy().tolist(), abs=export.TOLERANCE)
        expected = tape.gradient(top, crop).numpy()[0, ..., 0]
        assert np.corrcoef(gradient.ravel(), expected.ravel())[0, 1] > 0.99


def test_a_run_goes_on_and_exports_into_a_folder(
    faces: Dataset, small: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipe, "load", lambda name, kind: small)
    np.savez(tmp_path / "faces.npz", images=faces.images, labels=faces.labels)
    command = [
        "train",
        str(tmp_path / "faces.npz"),
        "--architecture",
        "seed_cnn",
        "--run",
        str(tmp_path / "run"),
    ]
    command += ["--out", str(tmp_path / "models")]
    (tmp_path / "models").mkdir()
    for epochs in ("1", "2"):
        done = CliRunner().invoke(main, [*command, "--epochs", epochs])
        assert done.exit_code == 0, done.output
        assert f"{epochs}/{epochs}" in done.output
        assert "of the 42 faces held out: accuracy" in done.output
    assert "1/2" not in done.output
    assert len(Classifier(tmp_path / "models" / "emotion.tflite").read(faces.images[0])) == 7


def test_a_conversion_that_loses_the_weights_is_noticed(
    model: tuple[keras.Model, Path],
    small: Recipe,
    faces: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trained, _ = model
    real = export._convert

    def lossy(explained: Explained, *how: Any) -> bytes:
        twin = explained.network
        twin.set_weights([np.zeros_like(weights) for weights in twin.get_weights()])
        return real(explained, *how)

    monkeypatch.setattr(export, "_convert", lossy)
    with pytest.raises(ModelError, match="differs"):
        export.export(trained, small, tmp_path / "emotion.tflite", faces.images[:10], {"labels": 1.0}, {})
    assert not (tmp_path / "emotion.tflite").exists()


def test_evaluate_prints_the_report(model: tuple[keras.Model, Path], faces: Dataset, tmp_path: Path) -> None:
    data = tmp_path / "faces.npz"
    assert faces.votes is not None
    np.savez(data, images=faces.images, labels=faces.labels, votes=faces.votes)
    arguments = ["evaluate", str(data), "--model", str(model[1])]
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    (report,) = json.loads(done.stdout)
    scores = report["labels"]
    assert scores == report["votes"]
    assert scores["n"] == 210
    confusion = np.array(scores["confusion"])
    assert confusion.sum(axis=1).tolist() == [30] * 7
    assert scores["accuracy"] == pytest.approx(confusion.trace() / 210)
    assert scores["accuracy"] > 2 / 7
    assert list(scores["per_class"]) == list(EMOTIONS)
    assert 0 <= scores["ece"] <= 1
    text = CliRunner().invoke(main, arguments).output
    assert all(emotion in text for emotion in EMOTIONS)


def test_a_report_has_pictures_and_leaves_out_what_was_learned_by_heart(
    model: tuple[keras.Model, Path], faces: Dataset, tmp_path: Path
) -> None:
    data, known, out = tmp_path / "faces.npz", tmp_path / "known.npz", tmp_path / "report"
    np.savez(data, images=faces.images, labels=faces.labels)
    np.savez(known, images=faces.images[:60], labels=faces.labels[:60])
    arguments = ["evaluate", str(data), "--model", str(model[1]), "--robustness", "--out", str(out)]
    done = CliRunner().invoke(main, [*arguments, "--trained-on", str(known), "--json"])
    assert done.exit_code == 0, done.output
    (report,) = json.loads(done.stdout)
    assert report["unseen_labels"]["n"] == 150
    bins = report["labels"]["reliability"]
    assert sum(one["share"] for one in bins) == pytest.approx(1)
    gap = sum(abs(one["accuracy"] - one["confidence"]) * one["share"] for one in bins)
    assert report["labels"]["ece"] == pytest.approx(gap)
    assert json.loads((out / "report.json").read_text()) == [report]
    assert f"{report['labels']['accuracy']:.3f}" in (out / "report.md").read_text()
    for name in ("seed_cnn-confusion.png", "seed_cnn-reliability.png", "robustness.png"):
        assert cv2.imread(str(out / name)) is not None


def test_the_split_is_the_same_for_the_same_seed_and_parts_no_twins(faces: Dataset) -> None:
    images = faces.images.copy()
    images[1::2] = images[::2]
    twins = Dataset(images, faces.labels)
    trained, held = datasets.split(twins, 0.2, seed=1)
    again, _ = datasets.split(twins, 0.2, seed=1)
    other, _ = datasets.split(twins, 0.2, seed=2)
    assert trained.tolist() == again.tolist() != other.tolist()
    assert not {images[i].tobytes() for i in trained} & {images[i].tobytes() for i in held}
    assert set(faces.labels[held]) == set(range(7))
    assert 0.15 < len(held) / len(images) < 0.25


def test_kaggles_csv_and_a_folder_of_folders_are_datasets(tmp_path: Path, faces: Dataset) -> None:
    import cv2

    table = tmp_path / "fer2013.csv"
    rows = [
        f"{label},{' '.join(map(str, image.ravel()))},Training"
        for image, label in zip(faces.images[:3], faces.labels, strict=False)
    ]
    table.write_text("emotion,pixels,Usage\n" + "\n".join(rows))
    assert np.array_equal(datasets.load(table).images, faces.images[:3])
    for emotion in ("happy", "sad"):
        (tmp_path / "folder" / emotion).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "folder" / emotion / "a.png"), faces.images[0])
    assert datasets.load(tmp_path / "folder").labels.tolist() == [3, 4]


@pytest.mark.parametrize("content", [b"", b"not a zip", b"emotion,pixels\n9,1 2 3\n"])
@pytest.mark.parametrize("suffix", ["npz", "csv", "txt"])
def test_what_is_no_dataset_says_what_one_is(tmp_path: Path, suffix: str, content: bytes) -> None:
    file = tmp_path / f"data.{suffix}"
    file.write_bytes(content)
    with pytest.raises(DatasetError) as caught:
        datasets.load(file)
    assert caught.value.hint
