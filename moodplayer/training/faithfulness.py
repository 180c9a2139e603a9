"""Is an explanation true? Hide what it calls important, and the network should change its mind soonest."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import cv2
import msgspec
import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from moodplayer.domain import CROP_SIZE, EMOTIONS, Emotion, Method, Why
from moodplayer.training.dataset import Dataset, Indices
from moodplayer.vision import explain
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.explain import DEFAULT, SMOOTH_SAMPLES, Explainer

if TYPE_CHECKING:
    from moodplayer.domain import HeatMap, Image, Probabilities

Floats = npt.NDArray[np.float64]
Pixel = TypeVar("Pixel", bound=np.generic)
Mapper = Callable[["Image", Emotion, int], "HeatMap"]
"""A crop, the emotion that is read in it and a seed, to a heat map."""

SAMPLE = 500
"""Faces, drawn once and for all from a dataset."""

SEED = 2018

STEPS = 24
"""In which all pixels are hidden, or shown: 96 at a time."""

SMOOTH, PLAIN, RANDOM, BLOB = "smoothgrad", "plain gradient", "random", "centred blob"

STABLE_SHARE = 0.2
"""Of the faces, stability is measured on these: each costs three explanations."""

_BLUR = 8.0
"""Standard deviation, in pixels, of what insertion starts from: a face's light, but no features."""

_NOISE = 3.0
"""Standard deviation, in grey levels: a good webcam's."""

_BLOB = 0.25
"""Standard deviation of the blob, as a share of the side."""

_DRAWS = 2000
"""Of the bootstrap."""


class Faithful(msgspec.Struct, frozen=True):
    """One method's figures, means over `n` faces; `_spread` is half of a 95 % interval, by bootstrap.

    `deletion` and `insertion` are areas under the curve of the probability of
    what was read, over the share of pixels hidden or shown, in [0, 1]: low is
    good for the first, high for the second (Petsiuk et al., 2018). `shift` and
    `noise` are rank correlations with the heat map of the face one pixel
    beside, or with a little noise. `better` is by how much deletion is below
    that of random and of the blob, face by face, with its spread.
    """

    n: int
    deletion: float
    deletion_spread: float
    insertion: float
    insertion_spread: float
    shift: float
    shift_spread: float
    noise: float
    noise_spread: float
    better: dict[str, tuple[float, float]] = {}


class Step(msgspec.Struct, frozen=True):
    """With the uppermost `layers` randomised, the last of them `upto`.

    `similar` is by method the mean rank correlation, in [-1, 1], with the maps
    of the trained network.
    """

    layers: int
    upto: str
    similar: dict[str, float]


def measure(file: Path, dataset: Dataset, *, faces: int = SAMPLE) -> dict[str, Faithful]:
    """All methods that the model in `file` has, random and a centred blob, on a fixed sample of `dataset`."""
    images = dataset.images[sample(len(dataset), faces)]
    workers = os.cpu_count() or 1
    tools: queue.SimpleQueue[_Tools] = queue.SimpleQueue()
    for _ in range(workers):
        tools.put(_Tools(file))
    stable = max(1, round(len(images) * STABLE_SHARE))

    def one(number: int) -> dict[str, Floats]:
        tool = tools.get()
        try:
            return tool.curves(images[number], number, stable=number < stable)
        finally:
            tools.put(tool)

    with ThreadPoolExecutor(workers) as pool:
        found = list(pool.map(one, range(len(images))))
    return _summed({name: np.array([face[name] for face in found]) for name in found[0]})


def sample(n: int, faces: int) -> Indices:
    """The positions of at most `faces` of `n`, the same each time, in an order that is the same, too."""
    return np.random.default_rng(SEED).permutation(n)[:faces]


class _Tools:
    """What one worker asks: LiteRT's graphs are for one thread each."""

    def __init__(self, file: Path) -> None:
        self._classifier = Classifier(file)
        self._explainer = Explainer(self._classifier)

    def curves(self, image: Image, number: int, *, stable: bool) -> dict[str, Floats]:
        """By method: areas of deletion and insertion and, where `stable`, correlations of shift and noise."""
        emotion = EMOTIONS[int(np.argmax(self._classifier.read(image)))]
        rng = np.random.default_rng((SEED, number))
        dx, dy = ((0, 1), (1, 0), (0, -1), (-1, 0))[number % 4]
        noisy = np.clip(np.rint(image + rng.normal(0, _NOISE, image.shape)), 0, 255).astype(np.uint8)
        found = {}
        for name, mapper in self.mappers().items():
            heat = mapper(image, emotion, number)
            order = importance(heat, number)
            areas = [
                area(curve(self._classifier.read, image, emotion, order, inserts=inserts))
                for inserts in (False, True)
            ]
            kept = [np.nan, np.nan]
            if stable:
                moved = mapper(shifted(image, dx, dy), emotion, number + 1)
                inside = slice(1, -1)
                back = shifted(moved, -dx, -dy)
                kept = [
                    rank_correlation(heat[inside, inside], back[inside, inside]),
                    rank_correlation(heat, mapper(noisy, emotion, number + 1)),
                ]
            found[name] = np.array([*areas, *kept])
        return found

    def mappers(self) -> Mapping[str, Mapper]:
        """By name, what is measured."""
        one_file = Method.SALIENCY not in self._explainer.methods(any_emotion=True)

        def by(method: Method, samples: int = 1) -> Mapper:
            def explained(image: Image, emotion: Emotion, seed: int) -> HeatMap:
                # A network in one file explains what it reads, and nothing else.
                asked = None if one_file and method is Method.SALIENCY else emotion
                answer = self._explainer.explain(
                    image, Why(method), emotion=asked, samples=samples, seed=seed
                )
                return answer.explanation.heat_map

            return explained

        found = {str(method): by(method) for method in self._explainer.methods()}
        if Method.SALIENCY in self._explainer.methods():
            found[SMOOTH] = by(Method.SALIENCY, SMOOTH_SAMPLES)

            def plain(image: Image, emotion: Emotion, _: int) -> HeatMap:
                asked = None if one_file else explain.weights_of(emotion)
                return explain.plain_saliency(self._classifier.saliency(image, asked)[1])

            found[PLAIN] = plain
        return found | {RANDOM: _random, BLOB: _blob}


def curve(
    read: Callable[[Image], Probabilities], image: Image, emotion: Emotion, order: Indices, *, inserts: bool
) -> Floats:
    """The emotion's probability, (STEPS + 1,), as `read` has it while pixels are hidden, or shown, in that
    order."""
    if inserts:
        start, end = cv2.GaussianBlur(image, (0, 0), _BLUR, borderType=cv2.BORDER_REPLICATE), image
    else:
        start, end = image, np.full_like(image, round(float(image.mean())))
    place = EMOTIONS.index(emotion)
    version = np.array(start, np.uint8).ravel()
    goal = np.array(end, np.uint8).ravel()
    found = []
    for step in np.array_split(order, STEPS):
        found.append(read(version.reshape(CROP_SIZE, CROP_SIZE))[place])
        version[step] = goal[step]
    found.append(read(version.reshape(CROP_SIZE, CROP_SIZE))[place])
    return np.array(found)


def importance(heat_map: HeatMap, seed: int) -> Indices:
    """A heat map's pixels, the hottest first; which of two that are alike comes first is left to chance."""
    tie = np.random.default_rng(seed).random(heat_map.size)
    return np.lexsort((tie, -heat_map.ravel()))


def area(curve: Floats) -> float:
    """Under a curve over equal steps from 0 to 1."""
    return float((curve[:-1] + curve[1:]).mean() / 2)


def shifted(picture: npt.NDArray[Pixel], dx: int, dy: int) -> npt.NDArray[Pixel]:
    """A picture moved right and down by whole pixels; its edge is repeated."""
    height, width = picture.shape
    rows = np.clip(np.arange(height) - dy, 0, height - 1)
    columns = np.clip(np.arange(width) - dx, 0, width - 1)
    return picture[rows[:, None], columns]


def rank_correlation(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """Spearman's, of two heat maps, in [-1, 1]; 0 where one of them is the same everywhere."""
    a, b = rankdata(one), rankdata(other)
    if np.ptp(a) == 0 or np.ptp(b) == 0:
        return 0.0
    return float(np.corrcoef(a, b)[0, 1])


def spread(values: Floats) -> float:
    """Half the width of a 95 % interval of the mean of (N,) values: bootstrap (Efron, 1979)."""
    draws = np.random.default_rng(SEED).integers(0, len(values), (_DRAWS, len(values)))
    low, high = np.percentile(values[draws].mean(axis=1), [2.5, 97.5])
    return float(high - low) / 2


def _summed(found: Mapping[str, Floats]) -> dict[str, Faithful]:
    report = {}
    for name, figures in found.items():
        deletion, insertion = figures[:, 0], figures[:, 1]
        shift, noise = (column[~np.isnan(column)] for column in figures[:, 2:].T)
        better = {
            other: (float((found[other][:, 0] - deletion).mean()), spread(found[other][:, 0] - deletion))
            for other in (RANDOM, BLOB)
            if name not in (RANDOM, BLOB)
        }
        report[name] = Faithful(
            len(figures),
            *_mean(deletion),
            *_mean(insertion),
            *_mean(shift),
            *_mean(noise),
            better=better,
        )
    return report


def _mean(values: Floats) -> tuple[float, float]:
    return float(values.mean()), spread(values)


def _random(_: Image, __: Emotion, seed: int) -> HeatMap:
    return np.random.default_rng((SEED, seed)).random((CROP_SIZE, CROP_SIZE), np.float32)


def _blob(_: Image, __: Emotion, ___: int) -> HeatMap:
    away = (np.arange(CROP_SIZE) - (CROP_SIZE - 1) / 2) / (_BLOB * CROP_SIZE)
    bell = np.exp(-(away**2) / 2)
    return np.asarray(np.outer(bell, bell), np.float32)


def rows(report: Mapping[str, Faithful], *, brief: bool = False) -> list[list[str]]:
    """A table, its head first: one row for each method; `brief` for a terminal."""
    head = ["method", "deletion", "insertion", "below random", "below blob", "shift", "noise"]
    if not brief:
        head[1:] = [
            "deletion (low is good)",
            "insertion (high is good)",
            "below random's",
            "below the blob's",
        ]
        head += ["one pixel beside", "a little noise"]
    found = [head]
    for name, one in report.items():
        better = [one.better.get(other) for other in (RANDOM, BLOB)]
        stable = [(one.shift, one.shift_spread), (one.noise, one.noise_spread)]
        found.append(
            [
                name,
                _plus_minus(one.deletion, one.deletion_spread),
                _plus_minus(one.insertion, one.insertion_spread),
                *("" if pair is None else _plus_minus(*pair, sign="+") for pair in better),
                *(f"{pair[0]:.2f}" if brief else _plus_minus(*pair) for pair in stable),
            ]
        )
    return found


def sanity_rows(steps: list[Step]) -> list[list[str]]:
    """Likewise: at most a dozen steps, from none to all."""
    kept = sorted({round(i) for i in np.linspace(0, len(steps) - 1, min(12, len(steps)))})
    methods = list(steps[0].similar)
    found = [["layers randomised", "down to", *methods]]
    for step in (steps[i] for i in kept):
        figures = [f"{step.similar[method]:.2f}" for method in methods]
        found.append([f"{step.layers} of {len(steps) - 1}", step.upto, *figures])
    return found


def markdown(rows: Sequence[Sequence[str]]) -> str:
    """A table, its head first, in Markdown; the method shown by default in bold."""
    head, *rest = [list(row) for row in rows]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rest:
        row[0] = f"**{row[0]}**" if row[0] == DEFAULT.method else row[0]
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines) + "\n"


def _plus_minus(mean: float, by: float, sign: str = "") -> str:
    return f"{mean:{sign}.3f}±{f'{by:.3f}'.lstrip('0')}"
