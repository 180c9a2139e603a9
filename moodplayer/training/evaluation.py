"""How well a model, as shipped, reads the faces of a dataset. Imports neither keras nor tensorflow."""

from __future__ import annotations

import time
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from sklearn.metrics import balanced_accuracy_score, confusion_matrix, precision_recall_fscore_support

from moodplayer.domain import EMOTIONS
from moodplayer.training.dataset import Dataset, Images, Indices, Labels
from moodplayer.training.faithfulness import Faithful, Step
from moodplayer.training.robustness import CORRUPTIONS
from moodplayer.vision.classifier import Classifier

Floats = npt.NDArray[np.float64]

ROBUSTNESS_SEED = 0
"""Of each corruption, anew for each: the same harm for every model."""

_BINS = 15
"""Of confidence, equally wide, for the calibration error (Guo et al., 2017)."""


class ClassScores(msgspec.Struct, frozen=True):
    """One emotion's; `support` counts its faces."""

    precision: float
    recall: float
    f1: float
    support: int


class Bin(msgspec.Struct, frozen=True):
    """The faces on which the model was about as confident."""

    confidence: float
    accuracy: float
    share: float
    """Of all faces."""


class Scores(msgspec.Struct, frozen=True):
    """`confusion[i][j]` counts faces of emotion i read as j; `reliability` is by rising confidence."""

    n: int
    accuracy: float
    macro_f1: float
    balanced_accuracy: float
    ece: float
    per_class: dict[str, ClassScores]
    confusion: list[list[int]]
    reliability: list[Bin]


class Report(msgspec.Struct, frozen=True, omit_defaults=True):
    """One model's. `milliseconds` is the median for one face on one thread."""

    model: str
    parameters: int
    bytes: int
    milliseconds: float
    labels: Scores
    votes: Scores | None = None
    unseen_labels: Scores | None = None
    """On the faces that training did not hold an exact copy of."""
    unseen_votes: Scores | None = None
    robustness: dict[str, dict[str, float]] = {}
    """By corruption: accuracy against labels and, where the dataset has them, against votes."""
    faithfulness: dict[str, Faithful] = {}
    """By method, a random map and a centred blob among them."""
    sanity: list[Step] = []
    """How the maps change as layers are randomised, where the trained network is at hand."""


def evaluate(
    file: Path, dataset: Dataset, *, robustness: bool = False, seen: Dataset | None = None
) -> Report:
    """Read all faces of `dataset` by the model in `file` and compare.

    Report also on those of which `seen`, what it was trained on, holds no
    exact copy; and on all of them, harmed in many ways.
    """
    classifier = Classifier(file)
    decided, labels, seconds = _read(classifier, dataset)
    voted = None if dataset.votes is None else dataset.clear_votes()
    harms = {}
    if robustness:
        for name, corruption in CORRUPTIONS.items():
            images = corruption(dataset.images, np.random.default_rng(ROBUSTNESS_SEED))
            harmed = Dataset(images, dataset.labels)
            harms[name] = _accuracies(*_read(classifier, harmed)[:2], dataset.labels, voted)
    unseen = None if seen is None else not_among(dataset.images, seen.images)
    return Report(
        model=classifier.card.architecture,
        parameters=classifier.card.parameters,
        bytes=file.stat().st_size,
        milliseconds=round(float(np.median(seconds)) * 1000, 3),
        labels=score(dataset.labels, labels),
        votes=_against(voted, decided),
        unseen_labels=None if unseen is None else score(dataset.labels[unseen], labels[unseen]),
        unseen_votes=None if unseen is None else _against(voted, decided, unseen),
        robustness=harms,
    )


def _read(classifier: Classifier, dataset: Dataset) -> tuple[Floats, Floats, Floats]:
    """What is decided, what the labels' output says, and how long each face took, in seconds."""
    decided, labels = np.empty((2, len(dataset), len(EMOTIONS)))
    seconds = np.empty(len(dataset))
    for i, image in enumerate(dataset.images):
        start = time.perf_counter()
        decided[i], labels[i] = classifier.read_both(image)
        seconds[i] = time.perf_counter() - start
    return decided, labels, seconds


def not_among(images: Images, others: Images) -> npt.NDArray[np.bool_]:
    """Which of `images`, (N,), are not among `others`, pixel by pixel."""
    known = {image.tobytes() for image in others}
    return np.array([image.tobytes() not in known for image in images])


def _against(
    voted: tuple[Indices, Labels] | None, decided: Floats, among: npt.NDArray[np.bool_] | None = None
) -> Scores | None:
    """What is decided on the faces, `among` those where given, that people voted clearly on."""
    if voted is None:
        return None
    clear, seen = voted
    kept = np.ones(len(clear), bool) if among is None else among[clear]
    return score(seen[kept], decided[clear[kept]])


def _accuracies(
    decided: Floats, labels: Floats, truth: Labels, voted: tuple[Indices, Labels] | None
) -> dict[str, float]:
    found = {"labels": float((labels.argmax(axis=1) == truth).mean())}
    if voted is not None:
        clear, seen = voted
        found["votes"] = float((decided[clear].argmax(axis=1) == seen).mean())
    return found


def score(truth: npt.NDArray[np.uint8], probabilities: Floats) -> Scores:
    """All figures; `truth` is (N,) in the order of EMOTIONS, `probabilities` (N, 7).

    The expected calibration error, in [0, 1], is how far confidence is from accuracy (Guo et al., 2017).
    """
    bins = reliability(truth, probabilities)
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
        ece=sum(abs(b.accuracy - b.confidence) * b.share for b in bins),
        per_class={
            str(e): ClassScores(float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
            for i, e in enumerate(EMOTIONS)
        },
        confusion=confusion_matrix(truth, read, labels=classes).tolist(),
        reliability=bins,
    )


def reliability(truth: npt.NDArray[np.uint8], probabilities: Floats) -> list[Bin]:
    """The faces by confidence, in equally wide bins; those without faces are left out."""
    confidence = probabilities.max(axis=1)
    right = probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    return [
        Bin(float(confidence[here].mean()), float(right[here].mean()), float(here.mean()))
        for here in (bins == b for b in np.unique(bins))
    ]
