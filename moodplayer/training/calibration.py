"""How sure a network may say that it is."""

from __future__ import annotations

import keras
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar

from moodplayer.training.dataset import Dataset


def temperatures(model: keras.Model, held_out: Dataset) -> dict[str, float]:
    """By head, what its logits must be divided by so that its confidence is its accuracy on faces held out
    (temperature scaling: Guo et al., 2017)."""
    logits = model.predict(held_out.images[..., None].astype(np.float32), batch_size=256, verbose=0)
    found = {"labels": fitted(logits["labels"], held_out.labels)}
    if "votes" in logits:
        clear, voted = held_out.clear_votes()
        found["votes"] = fitted(logits["votes"][clear], voted)
    return found


def fitted(logits: npt.NDArray[np.floating], truth: npt.NDArray[np.uint8]) -> float:
    """The temperature, in [0.2, 5], at which `logits`, (N, C), say best what is true, (N,)."""
    rows = np.arange(len(truth))

    def surprise(log_temperature: float) -> float:
        scaled = logits.astype(float) / np.exp(log_temperature)
        scaled -= scaled.max(axis=1, keepdims=True)
        return float((np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, truth]).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(np.log(0.2), np.log(5)), method="bounded").x))
