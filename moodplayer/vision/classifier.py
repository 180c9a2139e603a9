"""Crop to probabilities and saliency, by the network in LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from moodplayer import paths
from moodplayer.domain import CROP_SIZE, EMOTIONS, Probabilities
from moodplayer.errors import ModelError
from moodplayer.vision.litert import HINT, Network

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Image

EXPLAIN = "explain.tflite"
"""The name of the file beside the deciding one that gives heat maps: the same weights, and their gradient."""


class Card(msgspec.Struct):
    """What `emotion.json` says of the network beside it."""

    architecture: str
    labels: tuple[str, ...]
    """In the order of the network's outputs."""
    input: str
    """Shape, type and range of a crop, in words."""
    parameters: int
    sha256: str
    """Of the .tflite file."""
    figures: dict[str, float] = {}
    """What it got on the faces held out of its training."""
    temperatures: dict[str, float] = {}
    """By output, what its logits are divided by in the graph, so that confidence is accuracy."""


class Classifier:
    """Reads a crop. Not for use by two threads at once.

    The network in `file` decides; the one in EXPLAIN beside it, where there is
    one, says the same and why. Raises ModelError if a file is missing,
    damaged, or not one of ours.
    """

    def __init__(self, file: Path | None = None, *, threads: int = 1) -> None:
        self.file = file or paths.model_file()
        self.card = read_card(self.file)
        size = (CROP_SIZE, CROP_SIZE)
        seven = (len(EMOTIONS),)
        self._decides = Network(self.file, size, {"probabilities": (1, *seven)}, threads=threads)
        self._explains: Network | None = None
        beside = self.file.with_name(EXPLAIN)
        if "saliency" in self._decides.outputs:
            self._explains = self._decides
        elif beside.exists():
            outputs = {"probabilities": (1, *seven), "saliency": (1, *size, 1)}
            self._explains = Network(beside, size, outputs, threads=threads)

    def read(self, crop: Image) -> Probabilities:
        """What is decided about a grey crop, uint8 (48, 48): what most people would see in it."""
        return _seven(self._decides(crop)["probabilities"])

    def read_both(self, crop: Image) -> tuple[Probabilities, Probabilities]:
        """What is decided, and what the labels of FER-2013 would say; the same, where there is one output."""
        outputs = self._decides(crop)
        decided = outputs["probabilities"]
        return _seven(decided), _seven(outputs.get("labels", decided))

    def read_and_explain(self, crop: Image) -> tuple[Probabilities, npt.NDArray[np.float32] | None]:
        """What is decided, and the gradient of the top emotion's logit by each pixel, float32 (48, 48).

        The gradient is None for a network exported without one.
        """
        if self._explains is None:
            return self.read(crop), None
        outputs = self._explains(crop)
        return _seven(outputs["probabilities"]), outputs["saliency"][..., 0]


def read_card(file: Path) -> Card:
    """The card of a model: `emotion.json` beside `emotion.tflite`."""
    card = file.with_suffix(".json")
    try:
        found = msgspec.json.decode(card.read_bytes(), type=Card)
    except OSError as error:
        raise ModelError(f"the model's card {card} cannot be read: {error.strerror}", HINT) from error
    except msgspec.DecodeError as error:
        raise ModelError(f"the model's card {card.name} is damaged: {error}", HINT) from error
    if found.labels != tuple(EMOTIONS):
        raise ModelError(f"{card.name} names other emotions: {', '.join(found.labels)}", HINT)
    return found


def _seven(probabilities: npt.NDArray[np.float32]) -> Probabilities:
    return tuple(float(p) for p in probabilities)
