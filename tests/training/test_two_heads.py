"""The hybrid network: two heads, a cosine, averaged weights, bad light; and what harms a face."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import keras
import msgspec
import numpy as np
import pytest

from moodplayer.errors import DatasetError
from moodplayer.training import calibration, export, recipe, teachers, train
from moodplayer.training import dataset as datasets
from moodplayer.training.batches import Batches, augment, targets
from moodplayer.training.dataset import Dataset
from moodplayer.training.recipe import Augmentation, Cosine, Hybrid, Recipe
from moodplayer.training.robustness import CORRUPTIONS
from moodplayer.vision.classifier import Classifier


@pytest.fixture(scope="module")
def faces() -> Dataset:
    """140 pictures, each emotion's with its bright spot elsewhere; people see the next emotion in it."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(7, dtype=np.uint8), 20)
    images = rng.integers(0, 60, (len(labels), 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[8:24, 6 * label : 6 * label + 10] += 150
    votes = np.zeros((len(labels), 10), np.uint8)
    votes[np.arange(len(labels)), [datasets.FERPLUS.index((label + 1) % 7) for label in labels]] = 9
    return Dataset(images, labels, votes)


@pytest.fixture(scope="module")
def small() -> Recipe:
    """The shipped recipe, but narrow, short and gentle."""
    plan = recipe.load("hybrid", Recipe)
    network = Hybrid(stem=8, stages=(16, 16), blocks=(1, 1), width=16, depth=1, heads=2, dropout=0.1)
    return msgspec.structs.replace(
        plan,
        network=network,
        data=recipe.Data(validation=0.2, batch_size=8),
        augmentation=Augmentation(shift=0.02, contrast=0.1),
        optimisation=msgspec.structs.replace(
            plan.optimisation, optimizer="adamw", average=0.8, learning_rate=0.005
        ),
    )


@pytest.fixture(scope="module")
def whole(faces: Dataset, small: Recipe, tmp_path_factory: pytest.TempPathFactory) -> train.Run:
    """Three epochs without a stop."""
    return train.train(faces, small, tmp_path_factory.mktemp("whole"), epochs=3)


def weights_of(run: train.Run) -> list[np.ndarray]:
    return keras.models.load_model(run.last).get_weights()


def test_each_head_learns_its_own_truth_and_the_file_says_both(
    faces: Dataset, small: Recipe, tmp_path: Path
) -> None:
    run = train.train(faces, small, tmp_path, epochs=20)
    network = train.best_of(run, small)
    found = calibration.temperatures(network, faces)
    file = tmp_path / "emotion.tflite"
    export.export(network, small, file, faces.images[::7], found, {})
    classifier = Classifier(file)
    decided, labels = (
        np.array(both).argmax(axis=-1) for both in zip(*map(classifier.read_both, faces.images), strict=True)
    )
    assert (labels == faces.labels).mean() > 0.6
    assert (decided == (faces.labels + 1) % 7).mean() > 0.6
    explained, gradient = classifier.saliency(faces.images[0])
    assert explained == pytest.approx(classifier.read(faces.images[0]), abs=0.02)
    assert np.abs(gradient).max() > 0


@pytest.mark.parametrize("stop", [18, 28])
def test_resumed_is_as_if_never_stopped(
    faces: Dataset, small: Recipe, whole: train.Run, tmp_path: Path, stop: int
) -> None:
    """Killed within the second of three epochs, and between the second and the third."""

    class KilledError(Exception):
        pass

    steps = 0

    def counted(batches: Batches, index: int, real: Any = Batches.__getitem__) -> Any:
        nonlocal steps
        steps += 1
        if steps > stop:
            raise KilledError
        return real(batches, index)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "_STEPS", 4)
        patch.setattr(Batches, "__getitem__", counted)
        with pytest.raises(KilledError):
            train.train(faces, small, tmp_path, epochs=3)
    resumed = train.train(faces, small, tmp_path, epochs=3)
    assert resumed.epochs()[-1] == pytest.approx(whole.epochs()[-1], rel=0.02)
    for one, other in zip(weights_of(whole), weights_of(resumed), strict=True):
        assert np.abs(one - other).mean() <= 0.02 * np.abs(one).mean() + 1e-4


def test_the_same_seed_gives_the_same_batches(faces: Dataset, small: Recipe) -> None:
    one, two = (Batches(faces, small, epoch=3) for _ in range(2))
    other = Batches(faces, small, epoch=4)
    assert np.array_equal(one[2][0], two[2][0])
    assert not np.array_equal(one[2][0], other[2][0])


def test_rare_emotions_count_more_and_unclear_faces_less(faces: Dataset, small: Recipe) -> None:
    kept = np.flatnonzero((faces.labels != 1) | (np.arange(len(faces)) % 20 == 0))
    rare = faces.take(kept)
    assert rare.votes is not None
    rare.votes[0] = 0
    rare.votes[1, :] = 0
    rare.votes[1, 0] = 3
    truth, weight = targets(rare, small)
    disgust = int(np.flatnonzero(rare.labels == 1)[0])
    assert weight["labels"][disgust] > 1.5 * weight["labels"][0]
    assert weight["labels"].mean() == pytest.approx(1)
    assert weight["votes"][0] == 0
    assert 0 < weight["votes"][1] < weight["votes"][2]
    assert truth["labels"].sum(axis=1) == pytest.approx(1)
    assert truth["votes"][1:].sum(axis=1) == pytest.approx(1)


def test_what_teachers_say_counts_and_is_not_asked_twice(
    faces: Dataset, small: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Teacher:
        """Sees surprise everywhere, and fear where a face is mirrored."""

        asked = 0

        def __init__(self, file: Path) -> None:
            pass

        def read_both(self, crop: np.ndarray) -> tuple[tuple[float, ...], tuple[float, ...]]:
            Teacher.asked += 1
            mirrored = Teacher.asked % 2 == 0
            return (0, 0, 0, 0, 0, 1, 0), (0, 0, float(mirrored), 0, 0, float(not mirrored), 0)

    monkeypatch.setattr(teachers, "Classifier", Teacher)
    kept = tmp_path / "taught.npz"
    said = teachers.taught(faces, [Path("one"), Path("two")], kept)
    assert said["votes"][3] == pytest.approx([0, 0, 0, 0, 0, 1, 0])
    assert said["labels"][3] == pytest.approx([0, 0, 0.5, 0, 0, 0.5, 0])
    assert Teacher.asked == 4 * len(faces)
    again = teachers.taught(faces, [], kept)
    assert np.array_equal(again["labels"], said["labels"])
    half = msgspec.structs.replace(small, loss=msgspec.structs.replace(small.loss, teachers=0.5))
    truth, _ = targets(faces, half, said)
    alone, _ = targets(faces, half)
    assert truth["votes"] == pytest.approx((alone["votes"] + said["votes"]) / 2)
    with pytest.raises(DatasetError, match="another dataset"):
        teachers.taught(faces.take(np.arange(5)), [], kept)
    assert teachers.taught(faces, [], tmp_path / "none.npz") == {}


def test_after_a_restart_the_rate_is_high_again_and_the_network_its_own_teacher(
    faces: Dataset, small: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether or not it was stopped just then."""
    by = small.optimisation
    assert isinstance(by, Cosine)
    again = msgspec.structs.replace(
        small, optimisation=msgspec.structs.replace(by, restarts=(0.5,), fall=0.5, warm_up=0.1)
    )
    rate = train._rate(again.optimisation, 4, 50)
    assert callable(rate)
    rates = [float(rate(step)) for step in range(200)]
    assert max(rates[:100]) == pytest.approx(by.learning_rate, rel=0.01)
    assert max(rates[100:]) == pytest.approx(by.learning_rate / 2, rel=0.01)
    assert max(rates[0], rates[99], rates[100], rates[199]) < by.learning_rate / 50

    heard: list[np.ndarray] = []
    listen = Batches.listen

    def noted(batches: Batches, taught: dict[str, np.ndarray]) -> None:
        heard.append(taught["votes"])
        listen(batches, taught)

    monkeypatch.setattr(Batches, "listen", noted)
    whole = train.train(faces, again, tmp_path / "whole", epochs=2)
    monkeypatch.setattr(train, "_epoch", _stopped_after(1, train._epoch))
    with pytest.raises(InterruptedError):
        train.train(faces, again, tmp_path / "stopped", epochs=2)
    monkeypatch.undo()
    stopped = train.train(faces, again, tmp_path / "stopped", epochs=2)
    assert heard[0].sum(axis=1) == pytest.approx(1, abs=1e-4)
    assert np.abs(heard[0] - heard[1]).mean() < 0.01
    assert stopped.epochs()[-1] == pytest.approx(whole.epochs()[-1], rel=0.02)


def test_teachers_are_heard_from_the_last_restart_on(
    faces: Dataset, small: Recipe, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them as much as the network itself; and a run that goes on after that need not name them."""
    by = small.optimisation
    assert isinstance(by, Cosine)
    twice = msgspec.structs.replace(small, optimisation=msgspec.structs.replace(by, restarts=(0.34, 0.67)))
    heard: list[float] = []
    listen = Batches.listen

    def noted(batches: Batches, taught: dict[str, np.ndarray]) -> None:
        heard.append(float(taught["votes"][:, 5].mean()))
        listen(batches, taught)

    surprised = {head: np.eye(7, dtype=np.float32)[np.full(200, 5)] for head in ("labels", "votes")}
    monkeypatch.setattr(Batches, "listen", noted)
    monkeypatch.setattr(
        train, "asked", lambda dataset, _: {head: v[: len(dataset)] for head, v in surprised.items()}
    )
    two = [Path("one"), Path("two")]
    run = train.train(faces, twice, tmp_path, epochs=3, teachers=two)
    assert heard[0] < 0.5
    assert heard[1] > 0.66
    with np.load(tmp_path / "taught.npz") as kept:
        assert kept["votes"][:, 5].min() > 0.66
    assert len(run.epochs()) == 3


def _stopped_after(epochs: int, real: Any) -> Any:
    done = iter(range(epochs))

    def counted(*arguments: Any) -> Any:
        if next(done, None) is None:
            raise InterruptedError
        return real(*arguments)

    return counted


def test_mixed_faces_have_mixed_truth(faces: Dataset, small: Recipe) -> None:
    mixing = msgspec.structs.replace(small, augmentation=Augmentation(mixup=0.8))
    _, truth, _ = Batches(faces, mixing)[0]
    assert truth["votes"].sum(axis=1) == pytest.approx(1)
    assert ((truth["votes"] > 0.01).sum(axis=1) == 2).any()


def test_bad_light_is_bad_light() -> None:
    faces = np.full((400, 48, 48), 120, np.uint8)
    faces[:, ::2] = 140
    by = Augmentation(harm=0.3, darkness=0.8, noise=25, blur=1.5, erase=0.4)
    harmed = augment(faces, by, np.random.default_rng(0))
    changed = np.abs(harmed.astype(int) - faces).max(axis=(1, 2)) > 2
    assert 0.55 < changed.mean() < 0.95
    assert harmed.min() < 40
    assert np.array_equal(augment(faces, Augmentation(), np.random.default_rng(0)), faces)


def test_temperature_makes_confidence_accuracy() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1, (4000, 7))
    odds = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    truth = np.array([rng.choice(7, p=row) for row in odds], np.uint8)
    assert calibration.fitted(logits, truth) == pytest.approx(1, abs=0.1)
    assert calibration.fitted(logits * 3, truth) == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_harms_alike_for_every_model(name: str) -> None:
    rng = np.random.default_rng(7)
    coarse = rng.integers(20, 235, (30, 6, 6)).astype(np.uint8)
    faces = coarse.repeat(8, axis=1).repeat(8, axis=2)
    once, again = (CORRUPTIONS[name](faces, np.random.default_rng(0)) for _ in range(2))
    assert np.array_equal(once, again)
    assert once.shape == faces.shape
    assert once.dtype == np.uint8
    assert 1 < np.abs(once.astype(int) - faces).mean() < 120


def test_corruptions_are_what_they_are_called() -> None:
    faces = np.full((50, 48, 48), 100, np.uint8)
    rng = np.random.default_rng(0)
    assert (CORRUPTIONS["square 16x16"](faces, rng) == 0).sum(axis=(1, 2)).tolist() == [256] * 50
    assert set(np.unique(CORRUPTIONS["dark x0.25"](faces, rng))) == {25}
    assert CORRUPTIONS["noise 20"](faces, rng).std() == pytest.approx(20, abs=0.5)
    point = np.zeros((1, 48, 48), np.uint8)
    point[0, 24, 24] = 255
    assert CORRUPTIONS["blur 1.5"](point, rng).max() == pytest.approx(255 / (2 * np.pi * 1.5**2), abs=1)
    edge = np.zeros((40, 48, 48), np.uint8)
    edge[:, :, 24:] = 200
    moved = CORRUPTIONS["off centre 12 %"](edge, rng)
    assert 3 < np.abs((moved > 100).mean(axis=(1, 2)) * 48 - 24).max() < 6.5
