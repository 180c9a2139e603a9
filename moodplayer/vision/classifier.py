"""Crop to probabilities and saliency, by the network in LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np

from moodplayer import paths
from moodplayer.domain import CROP_SIZE, EMOTIONS, Probabilities
from moodplayer.errors import ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Image

_HINT = "install moodplayer again, or make the model with `moodplayer train`"


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


class Classifier:
    """Reads a crop. Not for use by two threads at once.

    Raises ModelError if the file is missing, damaged, or not one of ours.
    """

    def __init__(self, file: Path | None = None, *, threads: int = 1) -> None:
        self.file = file or paths.model_file()
        self.card = read_card(self.file)
        self._interpreter = _interpreter(self.file, threads)
        self._input = self._interpreter.get_input_details()[0]
        outputs = self._interpreter.get_output_details()
        self._probabilities = _output(outputs, (1, len(EMOTIONS)))
        self._saliency = _output(outputs, (1, CROP_SIZE, CROP_SIZE, 1))
        if tuple(self._input["shape"]) != (1, CROP_SIZE, CROP_SIZE, 1) or self._probabilities is None:
            raise ModelError(f"{self.file.name} does not read faces of {CROP_SIZE}x{CROP_SIZE}", _HINT)

    def read(self, crop: Image) -> Probabilities:
        """The probabilities of a grey crop, uint8 (48, 48)."""
        return self.read_and_explain(crop)[0]

    def read_and_explain(self, crop: Image) -> tuple[Probabilities, npt.NDArray[np.float32] | None]:
        """The probabilities, and the gradient of the top emotion's logit by each pixel, float32 (48, 48).

        The gradient is None for a network exported without one.
        """
        self._interpreter.set_tensor(self._input["index"], crop.astype(np.float32)[None, ..., None])
        self._interpreter.invoke()
        probabilities = self._interpreter.get_tensor(self._probabilities)[0]
        gradient = None
        if self._saliency is not None:
            gradient = self._interpreter.get_tensor(self._saliency)[0, ..., 0]
        return tuple(float(p) for p in probabilities), gradient


def read_card(file: Path) -> Card:
    """The card of a model: `emotion.json` beside `emotion.tflite`."""
    card = file.with_suffix(".json")
    try:
        found = msgspec.json.decode(card.read_bytes(), type=Card)
    except OSError as error:
        raise ModelError(f"the model's card {card} cannot be read: {error.strerror}", _HINT) from error
    except msgspec.DecodeError as error:
        raise ModelError(f"the model's card {card.name} is damaged: {error}", _HINT) from error
    if found.labels != tuple(EMOTIONS):
        raise ModelError(f"{card.name} names other emotions: {', '.join(found.labels)}", _HINT)
    return found


def _interpreter(file: Path, threads: int) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelError(f"the model {file} cannot be read: {error.strerror}", _HINT) from error
    try:
        interpreter = Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        raise ModelError(f"the model {file.name} is damaged", _HINT) from error
    return interpreter


def _output(outputs: list[dict[str, Any]], shape: tuple[int, ...]) -> int | None:
    return next((int(o["index"]) for o in outputs if tuple(o["shape"]) == shape), None)
