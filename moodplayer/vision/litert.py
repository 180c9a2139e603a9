"""A network's file, run by LiteRT."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from moodplayer.errors import ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]

HINT = "install moodplayer again, or make the model with `moodplayer train`"


class Network:
    """One .tflite file with one picture as its input. Not for use by two threads at once.

    Raises ModelError if the file is missing or damaged, or if its picture is
    not float32 (1, height, width, 1), or it lacks an output.
    """

    def __init__(
        self,
        file: Path,
        size: tuple[int, int],
        outputs: dict[str, tuple[int, ...]],
        *,
        threads: int = 1,
    ) -> None:
        """`size` is (height, width); `outputs` the names and shapes that there must be."""
        from ai_edge_litert.interpreter import Interpreter

        try:
            content = file.read_bytes()
        except OSError as error:
            raise ModelError(f"the model {file} cannot be read: {error.strerror}", HINT) from error
        try:
            interpreter = Interpreter(model_content=content, num_threads=threads)
            interpreter.allocate_tensors()
            self._run = interpreter.get_signature_runner()
            inputs = self._run.get_input_details()
            given = self._run.get_output_details()
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the model {file.name} is damaged", HINT) from error
        self.outputs = frozenset(given)
        shapes = {name: tuple(given[name]["shape"]) for name in outputs if name in given}
        if [tuple(i["shape"]) for i in inputs.values()] != [(1, *size, 1)] or shapes != outputs:
            raise ModelError(f"{file.name} is another network than it should be", HINT)
        (self._input,) = inputs

    def __call__(self, picture: npt.NDArray[np.uint8]) -> dict[str, Floats]:
        """The outputs by name, without their first axis, for a grey picture."""
        results = self._run(**{self._input: picture.astype(np.float32)[None, ..., None]})
        return {name: np.asarray(value[0], np.float32) for name, value in results.items()}
