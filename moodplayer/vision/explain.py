"""Crop to heat map: how much each pixel of the face weighed in what was read, by one of three methods."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE, EMOTIONS, Emotion, Explanation, Method, Why
from moodplayer.errors import ModelError
from moodplayer.vision import lime, regions
from moodplayer.vision.classifier import WITHOUT, Classifier

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import HeatMap, Image, Probabilities

    Floats = npt.NDArray[np.float32]

DEFAULT = Why(Method.SALIENCY)
"""What is shown unless another is asked for."""

_SMOOTHING = 2.0
"""Standard deviation, in pixels, of the blur over a gradient: single pixels of it are noise to the eye."""

_CLIP = 99.0
"""Percentile taken as 1: a few outliers would leave the rest dark (as in Smilkov et al., 2017)."""

SMOOTH_SAMPLES = 16
"""Noisy copies, where SmoothGrad is asked for."""

_NOISE = 0.1
"""Standard deviation of SmoothGrad's noise, as a share of the crop's range: 10 to 20 % in its paper."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What was read in a crop, and why."""

    probabilities: Probabilities
    explanation: Explanation
    lime: lime.Fit | None = None


class Explainer:
    """The one door to all methods. Not for use by two threads at once."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier

    def methods(self, *, any_emotion: bool = False) -> tuple[Method, ...]:
        """Those that this network's files allow; all of them for a network exported by this version.

        `any_emotion`: about any emotion, not only the one that is read.
        """
        can = {
            Method.SALIENCY: self._classifier.gives_grad_cam
            or (self._classifier.gives_saliency and not any_emotion),
            Method.GRADCAM: self._classifier.gives_grad_cam,
            Method.LIME: True,
        }
        return tuple(method for method in Method if can[method])

    def explain(
        self,
        crop: Image,
        why: Why,
        *,
        emotion: Emotion | None = None,
        rather_than: Emotion | None = None,
        samples: int = 1,
        perturbations: int = lime.PERTURBATIONS,
        seed: int = 0,
    ) -> Answer:
        """What is read in a grey crop, uint8 (48, 48), and why, as `why` asks.

        Explained is `emotion`, by default the one that is read; rather than
        `rather_than`, by default none or, if `why` says so, the next likeliest.
        `samples` above 1 make SmoothGrad of saliency. `perturbations` and
        `seed` are LIME's. Raises ModelError where the network cannot say.
        """
        if why.method not in self.methods(any_emotion=emotion is not None or why.not_second):
            raise ModelError(f"{self._classifier.file.name} has no {why.method.label} for this", WITHOUT)
        asked: Floats | None = None
        probabilities: Probabilities | None = None
        if emotion is not None or why.not_second or why.method is Method.LIME:
            probabilities = self._classifier.read(crop)
            emotion, second = _asked_about(probabilities, emotion)
            rather_than = rather_than or (second if why.not_second else None)
            asked = weights_of(emotion, rather_than)
        fit: lime.Fit | None = None
        match why.method:
            case Method.SALIENCY if samples > 1:
                probabilities, gradient = self._smooth_grad(crop, asked, samples, seed)
                heat_map = saliency(gradient, crop)
            case Method.SALIENCY:
                probabilities, gradient = self._classifier.saliency(crop, asked)
                heat_map = saliency(gradient, crop)
            case Method.GRADCAM:
                probabilities, cam = self._classifier.grad_cam(crop, asked)
                heat_map = grad_cam(cam)
            case Method.LIME:
                assert asked is not None
                each = asked

                def answer(version: Image) -> float:
                    return float(each @ np.array(self._classifier.read(version)))

                fit = lime.fit(crop, answer, n=perturbations, seed=seed)
                heat_map = fit.heat_map()
        assert probabilities is not None
        emotion, _ = _asked_about(probabilities, emotion)
        found = Explanation(
            why, emotion, rather_than, heat_map, regions.shares(heat_map), fit.r2 if fit else None
        )
        return Answer(probabilities, found, fit)

    def _smooth_grad(
        self, crop: Image, asked: Floats | None, samples: int, seed: int
    ) -> tuple[Probabilities, Floats]:
        """What is decided, and the mean gradient of noisy copies (SmoothGrad: Smilkov et al., 2017)."""
        probabilities = self._classifier.read(crop)
        if asked is None and self._classifier.gives_grad_cam:
            # Of what is read in the crop, whatever is read in its noisy copies.
            asked = weights_of(_asked_about(probabilities, None)[0])
        rng = np.random.default_rng(seed)
        sigma = _NOISE * float(np.ptp(crop))
        total = np.zeros(crop.shape, np.float32)
        for _ in range(samples):
            noisy = np.clip(np.rint(crop + rng.normal(0, sigma, crop.shape)), 0, 255).astype(np.uint8)
            total += self._classifier.saliency(noisy, asked)[1]
        return probabilities, np.asarray(total / samples, np.float32)


def weights_of(emotion: Emotion, rather_than: Emotion | None = None) -> Floats:
    """The question why `emotion`, and why not `rather_than`, as the network takes it: float32 (7,)."""
    weights = np.zeros(len(EMOTIONS), np.float32)
    weights[EMOTIONS.index(emotion)] = 1
    if rather_than is not None:
        weights[EMOTIONS.index(rather_than)] -= 1
    return weights


def saliency(gradient: Floats, crop: Image) -> HeatMap:
    """How much each place's light speaks for the emotion, as a heat map in [0, 1].

    The gradient times how far a pixel is from the crop's mean (Shrikumar et
    al., 2016), summed over a small neighbourhood: to first order, what the
    emotion would lose if that place were grey. What speaks against is 0.
    The gradient's size alone (`plain_saliency`) was found no truer than a blob
    in the middle; see docs/explanations.md.
    """
    speaks = gradient * (crop - np.float32(crop.mean()))
    near = cv2.GaussianBlur(speaks.astype(np.float32), (0, 0), _SMOOTHING)
    return _clipped(np.maximum(near, 0))


def plain_saliency(gradient: Floats) -> HeatMap:
    """The size of the input gradient (Simonyan et al., 2013), smoothed, as a heat map in [0, 1]."""
    return _clipped(cv2.GaussianBlur(np.abs(gradient), (0, 0), _SMOOTHING))


def grad_cam(cam: Floats) -> HeatMap:
    """Grad-CAM's sum over features, float32 (places, places), cut at 0, as a heat map in [0, 1]."""
    larger = cv2.resize(cam, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_CUBIC)
    return lime.positive(np.asarray(larger, np.float32))


def _asked_about(probabilities: Probabilities, emotion: Emotion | None) -> tuple[Emotion, Emotion]:
    """The emotion to explain, by default the likeliest, and the likeliest of the others."""
    ranked = sorted(EMOTIONS, key=lambda e: -probabilities[EMOTIONS.index(e)])
    asked = emotion or ranked[0]
    return asked, next(e for e in ranked if e is not asked)


def _clipped(size: npt.NDArray[Any]) -> HeatMap:
    high = float(np.percentile(size, _CLIP))
    if high <= 0:
        return np.zeros(size.shape, np.float32)
    return np.asarray(np.clip(size / high, 0, 1), np.float32)
