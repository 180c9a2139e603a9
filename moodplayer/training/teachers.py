"""What trained networks say of the faces that another is to learn (distillation: Hinton et al., 2015)."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import numpy.typing as npt
from scipy.special import softmax

from moodplayer.domain import EMOTIONS
from moodplayer.errors import DatasetError
from moodplayer.training.dataset import Dataset
from moodplayer.vision.classifier import Classifier

Taught = dict[str, npt.NDArray[np.float32]]
"""By head: float32 (N, 7), probabilities."""


def taught(dataset: Dataset, teachers: Sequence[Path], kept: Path) -> Taught:
    """What the models in `teachers` say of each face on average, as it is and mirrored.

    Kept in the file `kept`, from which a resumed run, without teachers, takes
    it. Empty without either. Raises DatasetError if `kept` is of other faces.
    """
    if teachers:
        said = asked(dataset, teachers)
        keep(said, kept)
        return said
    if not kept.exists():
        return {}
    try:
        with np.load(kept) as arrays:
            said = {head: arrays[head] for head in ("labels", "votes")}
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetError(f"{kept} cannot be read: {error}", "name the teachers again") from error
    if any(len(of_head) != len(dataset) for of_head in said.values()):
        raise DatasetError(f"{kept} is of another dataset", "name the teachers again")
    return said


def own_words(dataset: Dataset, network: keras.Model) -> Taught:
    """What a network of two heads says of each face on average, as it is and mirrored."""
    said: Taught = {}
    for faces in (dataset.images, dataset.images[:, :, ::-1]):
        logits = network.predict(faces[..., None].astype(np.float32), batch_size=256, verbose=0)
        for head, of_head in logits.items():
            said[head] = said.get(head, 0) + np.asarray(softmax(of_head, axis=1) / 2, np.float32)
    return said


def among(own: Taught, others: Taught, teachers: int) -> Taught:
    """The mean of a network's own words and those of so many teachers, whose mean is `others`."""
    share = np.float32(1 / (1 + teachers))
    return {head: share * own[head] + (1 - share) * others[head] for head in own}


def keep(said: Taught, kept: Path) -> None:
    """Write it where a resumed run finds it."""
    with kept.open("wb") as file:
        np.savez(file, labels=said["labels"], votes=said["votes"])


def asked(dataset: Dataset, teachers: Sequence[Path]) -> Taught:
    """What the models in `teachers` say of each face on average, as it is and mirrored."""
    said = {head: np.zeros((len(dataset), len(EMOTIONS)), np.float32) for head in ("labels", "votes")}
    share = 1 / (2 * len(teachers))
    for file in teachers:
        teacher = Classifier(file)
        for i, face in enumerate(dataset.images):
            for seen in (face, np.ascontiguousarray(face[:, ::-1])):
                votes, labels = teacher.read_both(seen)
                said["votes"][i] += share * np.asarray(votes, np.float32)
                said["labels"][i] += share * np.asarray(labels, np.float32)
    return said
