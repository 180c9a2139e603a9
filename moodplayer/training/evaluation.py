"""How well a model, as shipped, reads the faces of a dataset. Imports neither keras nor tensorflow."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_recall_fscore_support

from moodplayer.domain import EMOTIONS
from moodplayer.training.dataset import Dataset
from moodplayer.vision.classifier import Classifier

Floats = npt.NDArray[np.float64]

_BINS = 15
"""Of confidence, equally wide, for the calibration error (Guo et al., 2017)."""


class ClassScores(msgspec.Struct, frozen=True):
    """One emotion's; `support` counts its faces."""

    precision: float
    recall: float
    f1: float
    support: int


class Scores(msgspec.Struct, frozen=True):
    """`confusion[i][j]` counts faces of emotion i read as j."""

    n: int
    accuracy: float
    macro_f1: float
    balanced_accuracy: float
    ece: float
    per_class: dict[str, ClassScores]
    confusion: list[list[int]]


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """One model's. `milliseconds` is the median for one face on one thread, with its saliency."""

    model: str
    parameters: int
    bytes: int
    milliseconds: float
    labels: Scores
    votes: Scores | None = None


def evaluate(file: Path, dataset: Dataset) -> Report:
    """Read all faces of `dataset` by the model in `file` and compare."""
    classifier = Classifier(file)
    probabilities = np.empty((len(dataset), len(EMOTIONS)))
    seconds = np.empty(len(dataset))
    for i, image in enumerate(dataset.images):
        start = time.perf_counter()
        probabilities[i] = classifier.read(image)
        seconds[i] = time.perf_counter() - start

    votes = None
    if dataset.votes is not None:
        clear, voted = dataset.clear_votes()
        votes = score(voted, probabilities[clear])
    return Report(
        model=file.stem,
        parameters=classifier.card.parameters,
        bytes=file.stat().st_size,
        milliseconds=round(float(np.median(seconds)) * 1000, 3),
        labels=score(dataset.labels, probabilities),
        votes=votes,
    )


def score(truth: npt.NDArray[np.uint8], probabilities: Floats) -> Scores:
    """All figures; `truth` is (N,) in the order of EMOTIONS, `probabilities` (N, 7)."""
    read = probabilities.argmax(axis=1)
    classes = range(len(EMOTIONS))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, read, labels=classes, zero_division=0
    )
    return Scores(
        n=len(truth),
        accuracy=float((read == truth).mean()),
        macro_f1=float(f1.mean()),
        balanced_accuracy=float(balanced_accuracy_score(truth, read)),
        ece=calibration_error(truth, probabilities),
        per_class={
            str(e): ClassScores(float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
            for i, e in enumerate(EMOTIONS)
        },
        confusion=confusion_matrix(truth, read, labels=classes).tolist(),
    )


def calibration_error(truth: npt.NDArray[np.uint8], probabilities: Floats) -> float:
    """The expected calibration error (Guo et al., 2017), in [0, 1]: how far confidence is from accuracy."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(right[bins == b].mean() - confidence[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))
