"""Crop to probabilities and saliency, by the network in LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from moodplayer import paths
from moodplayer.domain import CROP_SIZE, EMOTIONS, Probabilities
from moodplayer.errors import ModelError
from moodplayer.vision.litert import ANY, HINT, Graph, ModelFile, Network, as_input

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Image

    Floats = npt.NDArray[np.float32]

EXPLAIN = "explain.tflite"
"""The name of the file beside the deciding one that gives heat maps: the same weights, and their gradient."""

SALIENCY, GRAD_CAM = "saliency", "grad_cam"
"""The names of its graphs."""

WITHOUT = f"export it anew with `moodplayer train`: {EXPLAIN} is what is missing beside it"


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
    """Reads a crop, and says why. Not for use by two threads at once.

    The network in `file` decides; the one in EXPLAIN beside it, where there is
    one, says the same and why. Raises ModelError if a file is missing,
    damaged, or not one of ours.

    What is asked about is float32 (7,): how much each emotion's logit counts.
    1 for sad asks why sad, and -1 for neutral besides why sad and not neutral;
    all 0, or None, asks about the top emotion.
    """

    def __init__(self, file: Path | None = None, *, threads: int = 1) -> None:
        self.file = file or paths.model_file()
        self.card = read_card(self.file)
        size = (CROP_SIZE, CROP_SIZE)
        probabilities = {"probabilities": (1, len(EMOTIONS))}
        self._decides = Network(self.file, size, probabilities, threads=threads)
        self._graphs: dict[str, Graph] = {}
        beside = self.file.with_name(EXPLAIN)
        if "saliency" not in self._decides.outputs and beside.exists():
            model = ModelFile(beside, threads=threads)
            inputs = {"crop": (1, *size, 1), "asked": (1, len(EMOTIONS))}
            self._graphs = {
                SALIENCY: Graph(model, SALIENCY, inputs, probabilities | {"saliency": (1, *size, 1)}),
                GRAD_CAM: Graph(model, GRAD_CAM, inputs, probabilities | {"grad_cam": (1, ANY, ANY)}),
            }

    @property
    def gives_saliency(self) -> bool:
        """Whether `saliency` works; of a network in one file of its own, for the top emotion only."""
        return bool(self._graphs) or "saliency" in self._decides.outputs

    @property
    def gives_grad_cam(self) -> bool:
        """Whether `grad_cam` works, and both work for any emotion."""
        return bool(self._graphs)

    def read(self, crop: Image) -> Probabilities:
        """What is decided about a grey crop, uint8 (48, 48): what most people would see in it."""
        return _seven(self._decides(crop)["probabilities"])

    def read_both(self, crop: Image) -> tuple[Probabilities, Probabilities]:
        """What is decided, and what the labels of FER-2013 would say; the same, where there is one output."""
        outputs = self._decides(crop)
        decided = outputs["probabilities"]
        return _seven(decided), _seven(outputs.get("labels", decided))

    def saliency(self, crop: Image, asked: Floats | None = None) -> tuple[Probabilities, Floats]:
        """What is decided, and the gradient of what is asked about by each pixel, float32 (48, 48).

        Raises ModelError where the network was exported without it.
        """
        if self._graphs:
            outputs = self._graphs[SALIENCY](crop=as_input(crop), asked=_asked(asked))
            return _seven(outputs["probabilities"]), outputs["saliency"][..., 0]
        outputs = self._decides(crop)
        top = np.eye(len(EMOTIONS))[int(np.argmax(outputs["probabilities"]))]
        if "saliency" not in outputs or (
            asked is not None and asked.any() and not np.array_equal(asked, top)
        ):
            raise ModelError(f"{self.file.name} cannot say that of itself", WITHOUT)
        return _seven(outputs["probabilities"]), outputs["saliency"][..., 0]

    def grad_cam(self, crop: Image, asked: Floats | None = None) -> tuple[Probabilities, Floats]:
        """What is decided, and Grad-CAM's sum, float32 (places, places), such as (12, 12), not yet cut at 0.

        Raises ModelError where the network was exported without it.
        """
        if not self._graphs:
            raise ModelError(f"{self.file.name} cannot say that of itself", WITHOUT)
        outputs = self._graphs[GRAD_CAM](crop=as_input(crop), asked=_asked(asked))
        return _seven(outputs["probabilities"]), outputs["grad_cam"]


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


def _asked(weights: Floats | None) -> Floats:
    return np.zeros((1, len(EMOTIONS)), np.float32) if weights is None else weights.astype(np.float32)[None]
