"""The graphs that explain: the same network as the one that decides, and gradients as TensorFlow has them."""

from __future__ import annotations

from pathlib import Path

import keras
import msgspec
import numpy as np
import pytest
import tensorflow as tf

from moodplayer.domain import EMOTIONS, Emotion, Method, Why
from moodplayer.errors import ModelError
from moodplayer.training import architectures, export, faithfulness, recipe, sanity
from moodplayer.training.dataset import Dataset
from moodplayer.training.recipe import Hybrid, Recipe
from moodplayer.vision.classifier import EXPLAIN, Classifier
from moodplayer.vision.explain import Explainer, weights_of

TEMPERATURES = {"labels": 1.5, "votes": 0.5}


@pytest.fixture(scope="module")
def plan() -> Recipe:
    """The shipped network, but narrow."""
    network = Hybrid(stem=8, stages=(8, 16, 16), blocks=(1, 1, 1), width=16, depth=1, heads=2, dropout=0.1)
    return msgspec.structs.replace(recipe.load("hybrid", Recipe), network=network)


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    rng = np.random.default_rng(0)
    coarse = rng.integers(20, 235, (200, 12, 12)).astype(np.uint8)
    return coarse.repeat(4, axis=1).repeat(4, axis=2)


@pytest.fixture(scope="module")
def model(
    plan: Recipe, faces: np.ndarray, tmp_path_factory: pytest.TempPathFactory
) -> tuple[keras.Model, Path]:
    """A network that learned nothing, but says different things of different faces; and its export."""
    keras.utils.set_random_seed(5)
    network = architectures.build(plan)
    rng = np.random.default_rng(5)
    network.set_weights(
        [w + rng.uniform(0, 0.3, w.shape) if w.ndim == 1 else w * 1.5 for w in network.get_weights()]
    )
    file = tmp_path_factory.mktemp("network") / "emotion.tflite"
    export.export(network, plan, file, faces[:20], TEMPERATURES, {})
    return network, file


def test_all_graphs_say_what_decides(model: tuple[keras.Model, Path], faces: np.ndarray) -> None:
    classifier = Classifier(model[1])
    for face in faces[:30]:
        decided = classifier.read(face)
        assert classifier.saliency(face)[0] == pytest.approx(decided, abs=0.01)
        assert classifier.grad_cam(face)[0] == pytest.approx(decided, abs=0.01)


@pytest.mark.parametrize(
    ("emotion", "rather_than"), [(Emotion.SAD, None), (Emotion.HAPPY, Emotion.FEAR), (None, None)]
)
def test_saliency_is_the_gradient_of_what_was_asked(
    model: tuple[keras.Model, Path],
    faces: np.ndarray,
    emotion: Emotion | None,
    rather_than: Emotion | None,
) -> None:
    network, classifier = model[0], Classifier(model[1])
    asked = None if emotion is None else weights_of(emotion, rather_than)
    # Where two emotions are alike, which of them is the top one is a matter of rounding.
    clear = [face for face in faces if np.ptp(np.sort(classifier.read(face))[-2:]) > 0.02]
    assert len(clear) > 100
    looked = np.array(clear) if asked is None else faces
    crops = tf.constant(looked[..., None], tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(crops)
        logits = network(crops, training=False)["votes"]
        target = tf.reduce_max(logits, -1) if asked is None else tf.linalg.matvec(logits, asked)
    expected = tape.gradient(target, crops).numpy()
    got = [classifier.saliency(face, asked)[1] for face in looked]
    agree = [np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in zip(got, expected, strict=True)]
    assert np.mean(agree) >= 0.99
    # In one face or another a unit that is almost off is on after rounding.
    assert min(agree) > 0.9


def test_grad_cam_is_as_in_its_paper(
    model: tuple[keras.Model, Path], plan: Recipe, faces: np.ndarray
) -> None:
    """HiResCAM's: of the last features at a quarter of the crop's side, each place by its own gradient."""
    network, classifier = model[0], Classifier(model[1])
    last = [layer.output for layer in network.layers if layer.output.shape[1:3] == (12, 12)][-1]
    with_features = keras.Model(network.inputs, [last, network.output["votes"]])
    place = EMOTIONS.index(Emotion.SURPRISE)
    crops = tf.constant(faces[:20, ..., None], tf.float32)
    with tf.GradientTape() as tape:
        features, logits = with_features(crops, training=False)
        target = logits[:, place]
    expected = (features.numpy() * tape.gradient(target, features).numpy()).sum(axis=-1)
    for face, cam in zip(faces, expected, strict=False):
        _, found = classifier.grad_cam(face, weights_of(Emotion.SURPRISE))
        assert found.shape == (12, 12)
        assert np.corrcoef(found.ravel(), cam.ravel())[0, 1] >= 0.99


def test_why_this_is_not_why_that(model: tuple[keras.Model, Path], faces: np.ndarray) -> None:
    explainer = Explainer(Classifier(model[1]))
    assert explainer.methods(any_emotion=True) == tuple(Method)
    for method in Method:
        maps = [
            explainer.explain(
                faces[0], Why(method), emotion=emotion, rather_than=other, perturbations=40
            ).explanation.heat_map
            for emotion, other in ((Emotion.SAD, None), (Emotion.HAPPY, None), (Emotion.SAD, Emotion.HAPPY))
        ]
        assert not np.allclose(maps[0], maps[1], atol=0.02)
        assert not np.allclose(maps[0], maps[2], atol=0.02)


def test_without_the_explaining_file_it_still_decides(
    model: tuple[keras.Model, Path], faces: np.ndarray, tmp_path: Path
) -> None:
    for suffix in (".tflite", ".json"):
        (tmp_path / f"emotion{suffix}").write_bytes(model[1].with_suffix(suffix).read_bytes())
    alone = Classifier(tmp_path / "emotion.tflite")
    assert alone.read(faces[0]) == Classifier(model[1]).read(faces[0])
    assert Explainer(alone).methods() == (Method.LIME,)
    with pytest.raises(ModelError) as caught:
        alone.saliency(faces[0])
    assert EXPLAIN in caught.value.hint


def test_faithfulness_measures_every_method_and_both_controls(
    model: tuple[keras.Model, Path], faces: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("moodplayer.vision.lime.PERTURBATIONS", 30)
    dataset = Dataset(faces, np.zeros(len(faces), np.uint8))
    report = faithfulness.measure(model[1], dataset, faces=6)
    assert {*map(str, Method), "smoothgrad", "plain gradient", "random", "centred blob"} == set(report)
    for one in report.values():
        assert one.n == 6
        assert 0 <= one.deletion <= 1
        assert 0 <= one.insertion <= 1
    assert report["centred blob"].shift > 0.95
    assert abs(report["random"].shift) < 0.2
    again = faithfulness.measure(model[1], dataset, faces=6)
    assert report["saliency"] == again["saliency"]
    assert "| **saliency** |" in faithfulness.markdown(faithfulness.rows(report))


def test_a_map_of_random_weights_is_another_map(
    model: tuple[keras.Model, Path], plan: Recipe, faces: np.ndarray
) -> None:
    steps = sanity.cascade(model[0], plan, TEMPERATURES, faces[:6])
    assert steps[0].layers == 0
    assert all(value == pytest.approx(1, abs=0.01) for value in steps[0].similar.values())
    assert all(abs(value) < 0.7 for value in steps[-1].similar.values())
    assert steps[-1].layers == max(step.layers for step in steps)


@pytest.mark.parametrize(("dx", "dy"), [(1, 0), (0, -1)])
def test_shifted_there_and_back_is_where_it_was(faces: np.ndarray, dx: int, dy: int) -> None:
    moved = faithfulness.shifted(faces[0], dx, dy)
    assert not np.array_equal(moved, faces[0])
    back = faithfulness.shifted(moved, -dx, -dy)
    assert np.array_equal(back[1:-1, 1:-1], faces[0][1:-1, 1:-1])


def test_the_area_is_the_area() -> None:
    assert faithfulness.area(np.array([1.0, 0.0])) == 0.5
    assert faithfulness.area(np.array([1.0, 1.0, 0.0])) == 0.75
    assert faithfulness.spread(np.array([0.3] * 50)) == pytest.approx(0)
