"""Labelled faces from disk, and the split that training holds out."""

from __future__ import annotations

import csv
import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from sklearn.model_selection import StratifiedGroupKFold

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.errors import DatasetError
from moodplayer.vision.crops import to_crop

Images = npt.NDArray[np.uint8]
Labels = npt.NDArray[np.uint8]
Indices = npt.NDArray[np.intp]

FERPLUS = (6, 3, 5, 4, 0, 1, 2)
"""FER+'s first seven columns (neutral, happiness, surprise, …) as positions in EMOTIONS."""


@dataclass(frozen=True, slots=True, eq=False)
class Dataset:
    """N faces: `images` uint8 (N, 48, 48), `labels` uint8 (N,) in the order of EMOTIONS, and where there
    are any, `votes` uint8 (N, 10): ten people's, in FER+'s order."""

    images: Images
    labels: Labels
    votes: npt.NDArray[np.uint8] | None = None

    def __len__(self) -> int:
        return len(self.images)

    def take(self, indices: Indices) -> Dataset:
        """The faces at those positions."""
        votes = None if self.votes is None else self.votes[indices]
        return Dataset(self.images[indices], self.labels[indices], votes)

    def seven_votes(self) -> npt.NDArray[np.uint8]:
        """How many of ten people saw each of the seven emotions, uint8 (N, 7), in the order of EMOTIONS."""
        if self.votes is None:
            raise DatasetError("this dataset has no votes", "use one with the key `votes`, as FER+ has them")
        seven = np.zeros((len(self), len(EMOTIONS)), np.uint8)
        seven[:, FERPLUS] = self.votes[:, : len(FERPLUS)]
        return seven

    def clear_votes(self) -> tuple[Indices, Labels]:
        """Positions of the faces on which one of the seven emotions won the vote, and those emotions.

        A face counts if one emotion has more votes than each other among the seven.
        """
        seven = self.seven_votes()
        ranked = np.sort(seven, axis=1)
        clear = np.flatnonzero(ranked[:, -1] > ranked[:, -2])
        return clear, seven[clear].argmax(axis=1).astype(np.uint8)


def load(path: Path) -> Dataset:
    """A dataset: a `.npz` of ours, Kaggle's `fer2013.csv`, or a folder with a folder for each emotion.

    Raises DatasetError where it is none of these.
    """
    if path.is_dir():
        return _from_folder(path)
    if not path.exists():
        raise DatasetError(f"there is no dataset {path}", "give a .npz, fer2013.csv or a folder of folders")
    if path.suffix == ".npz":
        return _from_npz(path)
    if path.suffix == ".csv":
        return _from_csv(path)
    raise DatasetError(f"{path.name} is not a dataset", "give a .npz, fer2013.csv or a folder of folders")


def split(dataset: Dataset, held_out: float, seed: int) -> tuple[Indices, Indices]:
    """Positions to train on and to hold out, the same for the same seed.

    Each class gives its share; exact copies of one face stay on one side, or
    the held-out score would reward remembering.
    """
    folds = StratifiedGroupKFold(round(1 / held_out), shuffle=True, random_state=seed)
    groups = [hashlib.blake2b(image.tobytes(), digest_size=8).hexdigest() for image in dataset.images]
    train, held = next(folds.split(dataset.images, dataset.labels, groups))
    return train, held


def _from_npz(path: Path) -> Dataset:
    try:
        with np.load(path) as arrays:
            dataset = Dataset(arrays["images"], arrays["labels"], arrays.get("votes"))
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise DatasetError(
            f"{path.name} cannot be read: {error}", "its keys are images and labels"
        ) from error
    n = len(dataset.labels)
    if dataset.images.shape != (n, CROP_SIZE, CROP_SIZE) or dataset.images.dtype != np.uint8:
        raise DatasetError(
            f"{path.name}: images are {dataset.images.dtype} {dataset.images.shape}",
            f"they should be uint8 ({n}, {CROP_SIZE}, {CROP_SIZE})",
        )
    if n and dataset.labels.max() >= len(EMOTIONS):
        raise DatasetError(f"{path.name} has labels above {len(EMOTIONS) - 1}", "seven emotions, from 0")
    return dataset


def _from_csv(path: Path) -> Dataset:
    images: list[Images] = []
    labels: list[int] = []
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                labels.append(int(row["emotion"]))
                pixels = np.array(row["pixels"].split(), np.uint8)
                images.append(pixels.reshape(CROP_SIZE, CROP_SIZE))
    except (OSError, KeyError, ValueError, csv.Error) as error:
        raise DatasetError(
            f"{path.name} cannot be read: {error}", "it should be Kaggle's fer2013.csv"
        ) from error
    return _stacked(path, images, labels)


def _from_folder(path: Path) -> Dataset:
    images: list[Images] = []
    labels: list[int] = []
    for label, emotion in enumerate(EMOTIONS):
        for file in sorted((path / emotion).glob("*")):
            picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
            if picture is not None:
                images.append(to_crop(np.asarray(picture, np.uint8)))
                labels.append(label)
    return _stacked(path, images, labels)


def _stacked(path: Path, images: list[Images], labels: list[int]) -> Dataset:
    if not images:
        raise DatasetError(f"{path} holds no faces", f"it should hold folders named {', '.join(EMOTIONS)}")
    return Dataset(np.stack(images), np.array(labels, np.uint8))
