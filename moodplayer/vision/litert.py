"""A network's file, run by LiteRT."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from moodplayer.errors import ModelError

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float32]
    Shape = tuple[int, ...]

HINT = "install moodplayer again, or make the model with `moodplayer train`"


ANY = -1
"""In a shape: whatever it is. LiteRT's mark of a size that a graph leaves open."""


class ModelFile:
    """A .tflite file, its weights in memory once for all its graphs.

    Raises ModelError if it is missing or damaged.
    """

    def __init__(self, file: Path, *, threads: int = 1) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self.file = file
        try:
            content = file.read_bytes()
        except OSError as error:
            raise ModelError(f"the model {file} cannot be read: {error.strerror}", HINT) from error
        try:
            self._interpreter = Interpreter(model_content=content, num_threads=threads)
            self._interpreter.allocate_tensors()
            self.graphs = frozenset(self._interpreter.get_signature_list())
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"the model {file.name} is damaged", HINT) from error

    def runner(self, graph: str | None) -> Any:
        """LiteRT's runner of a graph by its name; of the only one, if that is None."""
        try:
            return self._interpreter.get_signature_runner(graph)
        except (ValueError, RuntimeError) as error:
            raise ModelError(f"{self.file.name} is another network than it should be", HINT) from error


class Graph:
    """One graph of a file. Not for use by two threads at once.

    Raises ModelError if the file has no such graph, or its inputs are not
    these, or it lacks an output: names and shapes, all float32.
    """

    def __init__(
        self, model: ModelFile, name: str | None, inputs: Mapping[str, Shape], outputs: Mapping[str, Shape]
    ) -> None:
        self._run = model.runner(name)
        takes, gives = self._run.get_input_details(), self._run.get_output_details()
        self.outputs = frozenset(gives)
        has = {key: tuple(value["shape_signature"]) for key, value in takes.items()}
        found = {key: tuple(value["shape_signature"]) for key, value in gives.items()}
        if has.keys() != inputs.keys() or not (
            all(_fits(has[key], shape) for key, shape in inputs.items())
            and all(_fits(found.get(key), shape) for key, shape in outputs.items())
        ):
            raise ModelError(f"{model.file.name} is another network than it should be", HINT)

    def __call__(self, **inputs: Floats) -> dict[str, Floats]:
        """The outputs by name, without their first axis."""
        return {name: np.asarray(value[0], np.float32) for name, value in self._run(**inputs).items()}


class Network:
    """One .tflite file with one graph and one picture as its input. Not for use by two threads at once.

    Raises ModelError if the file is missing or damaged, or if its picture is
    not float32 (1, height, width, 1), or it lacks an output.
    """

    def __init__(
        self,
        file: Path,
        size: tuple[int, int],
        outputs: Mapping[str, Shape],
        *,
        threads: int = 1,
    ) -> None:
        """`size` is (height, width); `outputs` the names and shapes that there must be."""
        model = ModelFile(file, threads=threads)
        names = list(model.runner(None).get_input_details())
        self._input = names[0]
        self._graph = Graph(model, None, {self._input: (1, *size, 1)}, outputs)
        self.outputs = self._graph.outputs

    def __call__(self, picture: npt.NDArray[np.uint8]) -> dict[str, Floats]:
        """The outputs by name, without their first axis, for a grey picture."""
        return self._graph(**{self._input: as_input(picture)})


def as_input(picture: npt.NDArray[np.uint8]) -> Floats:
    """A grey picture, uint8 (height, width), as networks take it."""
    return picture.astype(np.float32)[None, ..., None]


def _fits(found: Shape | None, wanted: Shape) -> bool:
    return (
        found is not None
        and len(found) == len(wanted)
        and all(want == have or ANY in (want, have) for want, have in zip(wanted, found, strict=True))
    )
