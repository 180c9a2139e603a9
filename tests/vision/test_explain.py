"""Explanations: what LIME finds where the truth is known, what the regions are, and the shipped network's."""

from __future__ import annotations

import numpy as np
import pytest

from moodplayer.domain import CROP_SIZE, EMOTIONS, Emotion, Explanation, Frame, Method, Region, Why
from moodplayer.errors import ModelError
from moodplayer.vision import explain, lime, regions
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.crops import POINTS
from moodplayer.vision.demo_face import DemoFace
from moodplayer.vision.explain import Explainer
from moodplayer.vision.look import Looker


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


@pytest.fixture(scope="module")
def crop(classifier: Classifier) -> np.ndarray:
    face = Looker(classifier).look(Frame(DemoFace().frame_at(2.5), 2.5, 0)).face
    assert face is not None
    return face.crop


def test_lime_finds_what_the_answer_depends_on() -> None:
    rng = np.random.default_rng(0)
    crop = rng.integers(0, 255, (12, 12), dtype=np.uint8).repeat(4, axis=0).repeat(4, axis=1)
    place = (slice(8, 22), slice(26, 40))
    crop[place] = 250

    def answer(version: np.ndarray) -> float:
        return float((version[place] > 200).mean())

    found = lime.fit(crop, answer, n=400)
    heat = found.heat_map()
    assert heat.shape == (CROP_SIZE, CROP_SIZE)
    assert 0 <= heat.min() <= heat.max() == 1
    assert heat[place].mean() > 10 * np.delete(heat, np.s_[4:26], axis=0).mean()
    assert found.r2 > 0.9
    chosen = found.chosen(0.8)
    assert chosen[place].mean() > 0.6
    assert chosen.mean() < 0.3
    again = lime.fit(crop, answer, n=400)
    assert np.array_equal(found.weights, again.weights)
    assert not np.array_equal(found.weights, lime.fit(crop, answer, n=400, seed=1).weights)


def test_where_nothing_matters_lime_says_so() -> None:
    found = lime.fit(np.full((48, 48), 90, np.uint8), lambda _: 0.5, n=20)
    assert found.heat_map().max() == 0
    assert found.r2 == 0
    assert not found.chosen().any()


def test_superpixels_follow_edges_and_leave_no_pixel_out() -> None:
    crop = np.full((48, 48), 40, np.uint8)
    crop[:, 21:] = 200
    segments = lime.superpixels(crop)
    assert set(np.unique(segments)) == set(range(segments.max() + 1))
    assert 30 <= segments.max() + 1 <= 49
    assert not set(np.unique(segments[:, :19])) & set(np.unique(segments[:, 23:]))
    assert lime.boundaries(segments).any()


def test_the_regions_lie_where_the_face_has_them() -> None:
    masks = regions.masks()
    assert list(masks) and set(masks) == set(Region)
    assert np.sum(list(masks.values()), axis=0).max() == 1
    left, right, nose, *mouth = (tuple(np.round(np.array(p)[::-1]).astype(int)) for p in POINTS)
    assert masks[Region.EYES][left] and masks[Region.EYES][right]
    assert masks[Region.NOSE][nose]
    assert all(masks[Region.MOUTH][corner] for corner in mouth)
    rows = {region: np.flatnonzero(mask.any(axis=1)).mean() for region, mask in masks.items()}
    assert rows[Region.FOREHEAD] < rows[Region.BROWS] < rows[Region.EYES] < rows[Region.MOUTH]
    assert sum(regions.areas().values()) < 1


def test_shares_are_of_all_heat_and_the_most_comes_first() -> None:
    heat = np.zeros((48, 48), np.float32)
    heat[regions.masks()[Region.EYES]] = 0.2
    heat[regions.masks()[Region.MOUTH]] = 1.0
    shares = regions.shares(heat)
    assert list(shares)[:2] == [Region.MOUTH, Region.EYES]
    assert sum(shares.values()) == pytest.approx(1)
    everywhere = regions.shares(np.ones((48, 48), np.float32))
    assert everywhere == pytest.approx(regions.areas())
    assert regions.shares(np.zeros((48, 48), np.float32)) == {}


def test_the_words_name_what_weighed_and_nothing_else() -> None:
    shares = {Region.MOUTH: 0.46, Region.EYES: 0.31, Region.NOSE: 0.1}
    why = Explanation(Why(Method.LIME), Emotion.SAD, Emotion.NEUTRAL, np.zeros((48, 48)), shares)
    assert why.words() == why.words(3) == "mouth 46 %, eyes 31 %"
    assert why.words(1) == "mouth 46 %"
    assert why.reason == "sad and not neutral"


def test_a_grad_cam_shows_what_speaks_for_it_only() -> None:
    cam = np.full((6, 6), -1, np.float32)
    cam[4, 2] = 3
    heat = explain.grad_cam(cam)
    assert heat.shape == (48, 48)
    assert np.unravel_index(heat.argmax(), heat.shape) == pytest.approx((35.5, 19.5), abs=1)
    assert heat.max() == 1
    assert heat[:24].max() == 0
    assert explain.grad_cam(-np.ones((6, 6), np.float32)).max() == 0


@pytest.mark.parametrize("not_second", [False, True])
@pytest.mark.parametrize("method", Method)
def test_every_method_of_the_shipped_network_explains_what_is_read(
    classifier: Classifier, crop: np.ndarray, method: Method, not_second: bool
) -> None:
    explainer = Explainer(classifier)
    why = Why(method, not_second)
    if method not in explainer.methods(any_emotion=not_second):
        with pytest.raises(ModelError) as caught:
            explainer.explain(crop, why)
        assert "explain.tflite" in caught.value.hint
        return
    answer = explainer.explain(crop, why, perturbations=60)
    ranked = sorted(zip(answer.probabilities, EMOTIONS, strict=True), reverse=True)
    found = answer.explanation
    assert found.emotion is ranked[0][1]
    assert found.rather_than is (ranked[1][1] if not_second else None)
    assert found.heat_map.shape == (48, 48)
    assert 0 <= found.heat_map.min() <= found.heat_map.max() <= 1
    assert answer.probabilities == pytest.approx(classifier.read(crop), abs=0.01)
    assert (found.fit is not None) == (method is Method.LIME)


def test_smooth_grad_is_smoother_than_a_gradient(classifier: Classifier, crop: np.ndarray) -> None:
    explainer = Explainer(classifier)
    why = Why(Method.SALIENCY)
    noisy = np.clip(crop + np.random.default_rng(0).normal(0, 4, crop.shape), 0, 255).astype(np.uint8)

    def change(samples: int) -> float:
        one, other = (
            explainer.explain(image, why, samples=samples).explanation.heat_map for image in (crop, noisy)
        )
        return float(np.abs(one - other).mean())

    assert change(12) < change(1)


def test_an_emotion_that_is_not_read_can_be_asked_about(classifier: Classifier, crop: np.ndarray) -> None:
    explainer = Explainer(classifier)
    read = EMOTIONS[int(np.argmax(classifier.read(crop)))]
    other = Emotion.ANGRY if read is not Emotion.ANGRY else Emotion.HAPPY
    maps = [
        explainer.explain(crop, Why(Method.LIME), emotion=emotion, perturbations=60).explanation
        for emotion in (read, other)
    ]
    assert [one.emotion for one in maps] == [read, other]
    assert not np.allclose(maps[0].heat_map, maps[1].heat_map, atol=0.05)
