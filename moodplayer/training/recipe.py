"""A recipe: all that makes one training run what it is, in one readable file beside this one."""

from __future__ import annotations

from importlib import resources
from typing import Annotated

import msgspec
from msgspec import Meta

from moodplayer.errors import DatasetError

Share = Annotated[float, Meta(ge=0, lt=1)]
Positive = Annotated[int, Meta(ge=1)]


class Network(msgspec.Struct, forbid_unknown_fields=True):
    """How wide the network is, and how much of it each step leaves out."""

    filters: tuple[Positive, ...]
    block_dropout: Share
    dense: tuple[Positive, ...]
    dense_dropout: Share


class Data(msgspec.Struct, forbid_unknown_fields=True):
    """What is held out, and how the rest is varied."""

    validation: Share
    batch_size: Positive
    flip: bool
    shift: Share
    rotation: Annotated[float, Meta(ge=0, le=90)]
    zoom: Share


class Optimisation(msgspec.Struct, forbid_unknown_fields=True):
    """How fast it learns, and when it stops."""

    learning_rate: Annotated[float, Meta(gt=0)]
    epochs: Positive
    plateau_patience: Positive
    plateau_factor: Annotated[float, Meta(gt=0, lt=1)]
    stop_patience: Positive


class Recipe(msgspec.Struct, forbid_unknown_fields=True):
    """One training run."""

    architecture: str
    seed: int
    network: Network
    data: Data
    optimisation: Optimisation


def names() -> list[str]:
    """The recipes that come with moodplayer."""
    files = resources.files("moodplayer.training").joinpath("recipes").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def load(name: str) -> Recipe:
    """The recipe of that name; DatasetError if there is none or it does not hold together."""
    if name not in names():
        raise DatasetError(f"no recipe is called {name}", f"there are: {', '.join(names())}")
    text = resources.files("moodplayer.training").joinpath("recipes", f"{name}.toml").read_text("utf-8")
    try:
        return msgspec.toml.decode(text, type=Recipe)
    except msgspec.DecodeError as error:
        raise DatasetError(f"recipe {name}: {error}", "mend the file named") from error
