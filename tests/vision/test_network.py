"""The network as shipped: on the demo face, on FER-2013 where it is, and where its file is broken."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import numpy as np
import pytest

from moodplayer import paths
from moodplayer.domain import EMOTIONS, Emotion, Frame
from moodplayer.errors import ModelError
from moodplayer.training import dataset
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.demo_face import DemoFace
from moodplayer.vision.explain import saliency
from moodplayer.vision.look import Looker

PUBLIC_TEST = Path(__file__).parents[3] / "shared" / "data" / "fer2013" / "public_test.npz"


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


@pytest.mark.parametrize(
    ("emotion", "share"),
    [
        (Emotion.HAPPY, 0.9),
        (Emotion.SURPRISE, 0.9),
        (Emotion.NEUTRAL, 0.9),
        (Emotion.SAD, 0.5),
        (Emotion.ANGRY, 0.5),
    ],
)
def test_it_reads_the_demo_face(classifier: Classifier, emotion: Emotion, share: float) -> None:
    face, looker = DemoFace(), Looker(classifier)
    # Not while it changes: that takes the first half second of each expression.
    times = [
        t for t in np.arange(0, 30, 0.35) if face.expression_at(t) is face.expression_at(t - 0.8) is emotion
    ]
    looks = [looker.look(Frame(face.frame_at(float(t)), float(t), 0)).face for t in times]
    assert len(looks) >= 8
    assert np.mean([look is not None and look.emotion is emotion for look in looks]) >= share


def test_a_heat_map_is_in_range_and_follows_the_face(classifier: Classifier) -> None:
    rng = np.random.default_rng(0)
    crops = rng.integers(0, 255, (2, 48, 48), dtype=np.uint8)
    maps = []
    for crop in crops:
        _, gradient = classifier.saliency(crop)
        maps.append(saliency(gradient, crop))
    assert all(m.shape == (48, 48) and m.min() >= 0 and m.max() == 1 for m in maps)
    assert not np.allclose(maps[0], maps[1], atol=0.05)
    assert saliency(np.zeros((48, 48), np.float32), crops[0]).max() == 0


def test_a_dim_room_changes_little(classifier: Classifier) -> None:
    looker, face = Looker(classifier), DemoFace()
    bright = looker.look(Frame(face.frame_at(2.5), 2.5, 0)).face
    assert bright is not None
    dim = classifier.read((bright.crop * 0.4).astype(np.uint8))
    assert np.abs(np.array(dim) - bright.probabilities).max() < 0.15


def test_the_card_is_the_files(classifier: Classifier) -> None:
    assert classifier.card.sha256 == hashlib.sha256(paths.model_file().read_bytes()).hexdigest()


@pytest.mark.parametrize("harm", ["missing", "no card", "damaged", "cut", "another card"])
def test_a_broken_model_says_what_to_do(tmp_path: Path, harm: str) -> None:
    file, card = tmp_path / "emotion.tflite", tmp_path / "emotion.json"
    shutil.copy(paths.model_file(), file)
    shutil.copy(paths.model_file("emotion.json"), card)
    match harm:
        case "missing":
            file.unlink()
        case "no card":
            card.unlink()
        case "damaged":
            file.write_bytes(b"\0" * 1000)
        case "cut":
            file.write_bytes(file.read_bytes()[:100_000])
        case "another card":
            card.write_text(card.read_text().replace("happy", "bored"))
    with pytest.raises(ModelError) as caught:
        Classifier(file)
    assert caught.value.hint


@pytest.mark.skipif(
    not PUBLIC_TEST.exists(), reason="FER-2013 is not at ../shared/data: it is other people's"
)
def test_it_reads_fer2013_better_than_the_published_network(classifier: Classifier) -> None:
    data = dataset.load(PUBLIC_TEST)
    both = [classifier.read_both(image) for image in data.images]
    decided, labels = (np.array(of).argmax(axis=1) for of in zip(*both, strict=True))
    assert (labels == data.labels).mean() >= 0.67
    # What decides is what most of ten people saw.
    clear, voted = data.clear_votes()
    assert (decided[clear] == voted).mean() >= 0.83
    assert all((labels[data.labels == i] == i).mean() > 0.2 for i in range(len(EMOTIONS)))
