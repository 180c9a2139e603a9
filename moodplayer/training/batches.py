"""Batches of faces, varied anew in each epoch and the same for the same seed."""

from __future__ import annotations

import cv2
import keras
import numpy as np
import numpy.typing as npt

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.training.dataset import Dataset, Images
from moodplayer.training.recipe import Data


class Batches(keras.utils.PyDataset):  # type: ignore[misc]  # keras has no types
    """Shuffled, augmented batches of `dataset`: float32 (B, 48, 48, 1) and one-hot (B, 7).

    Order and augmentation follow from the seed and the epoch alone, so that a
    resumed run sees what an uninterrupted one would have seen.
    """

    def __init__(self, dataset: Dataset, data: Data, seed: int, epoch: int = 0) -> None:
        super().__init__(workers=1)
        self.dataset = dataset
        self.data = data
        self.seed = seed
        self.epoch = epoch
        self._order = self._shuffled()

    def __len__(self) -> int:
        return len(self.dataset) // self.data.batch_size

    def __getitem__(self, index: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        size = self.data.batch_size
        batch = self.dataset.take(self._order[index * size : (index + 1) * size])
        rng = np.random.default_rng([self.seed, self.epoch, index])
        images = augment(batch.images, self.data, rng)
        return images[..., None].astype(np.float32), one_hot(batch)

    def on_epoch_end(self) -> None:
        """Keras calls this between epochs."""
        self.epoch += 1
        self._order = self._shuffled()

    def _shuffled(self) -> npt.NDArray[np.intp]:
        return np.random.default_rng([self.seed, self.epoch]).permutation(len(self.dataset))


def one_hot(dataset: Dataset) -> npt.NDArray[np.float32]:
    """The labels as float32 (N, 7)."""
    return np.eye(len(EMOTIONS), dtype=np.float32)[dataset.labels]


def augment(images: Images, data: Data, rng: np.random.Generator) -> Images:
    """Each face mirrored or not, shifted, turned and zoomed within the recipe's bounds; uint8 (N, 48, 48)."""
    n = len(images)
    mirror = data.flip & (rng.random(n) < 0.5)
    shift = rng.uniform(-data.shift, data.shift, (n, 2)) * CROP_SIZE
    angle = rng.uniform(-data.rotation, data.rotation, n)
    zoom = 1 + rng.uniform(-data.zoom, data.zoom, n)
    centre = ((CROP_SIZE - 1) / 2, (CROP_SIZE - 1) / 2)
    out = np.empty_like(images)
    for i, image in enumerate(images):
        matrix = cv2.getRotationMatrix2D(centre, angle[i], zoom[i])
        matrix[:, 2] += shift[i]
        source = image[:, ::-1] if mirror[i] else image
        cv2.warpAffine(source, matrix, (CROP_SIZE, CROP_SIZE), out[i], borderMode=cv2.BORDER_REPLICATE)
    return out
