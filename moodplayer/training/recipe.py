"""A recipe: all that makes one training run what it is, in one readable file beside this one."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from moodplayer.domain import CROP_SIZE
from moodplayer.errors import DatasetError

R = TypeVar("R", bound=msgspec.Struct)
Share = Annotated[float, Meta(ge=0, lt=1)]
Positive = Annotated[int, Meta(ge=1)]
Size = Annotated[float, Meta(ge=0)]
Rate = Annotated[float, Meta(gt=0)]


class SeedCnn(msgspec.Struct, forbid_unknown_fields=True, tag_field="architecture", tag="seed_cnn"):
    """The published network: how wide it is, and how much of it each step leaves out."""

    filters: tuple[Positive, ...]
    block_dropout: Share
    dense: tuple[Positive, ...]
    dense_dropout: Share


class Hybrid(msgspec.Struct, forbid_unknown_fields=True, tag_field="architecture", tag="hybrid"):
    """Residual stages of convolutions, then transformer blocks over what is left of the picture."""

    stem: Positive
    """Channels at full size."""
    stages: tuple[Positive, ...]
    """Channels of each stage; each halves height and width."""
    blocks: tuple[Positive, ...]
    """Residual blocks in each stage."""
    width: Positive
    """Channels of the transformer's tokens."""
    depth: Annotated[int, Meta(ge=0)]
    """Transformer blocks."""
    heads: Positive
    dropout: Share


class Data(msgspec.Struct, forbid_unknown_fields=True):
    """What is held out, and how many faces a step sees."""

    validation: Share
    batch_size: Positive
    growth: tuple[tuple[Share, Positive], ...] = ()
    """Faces are smaller at first, and training is faster (Tan & Le, 2021): from this share of all epochs on,
    they have this side, in pixels. Full size throughout where there is none."""

    def side(self, epoch: int, epochs: int) -> int:
        """Of the faces of an epoch, in pixels."""
        return max((pair for pair in self.growth if pair[0] <= epoch / epochs), default=(0, CROP_SIZE))[1]


class Augmentation(msgspec.Struct, forbid_unknown_fields=True):
    """How each face is varied, anew in each epoch; each figure is the most that happens."""

    flip: bool = False
    shift: Share = 0.0
    """As a share of the crop's side."""
    rotation: Annotated[float, Meta(ge=0, le=90)] = 0.0
    """Degrees, either way."""
    zoom: Share = 0.0
    contrast: Size = 0.0
    """By this power of e, either way."""
    gamma: Size = 0.0
    """Likewise the exponent of the brightness."""
    harm: Share = 0.0
    """The share of faces to which each of the harms below happens."""
    darkness: Share = 0.0
    """How much of the light is taken away."""
    noise: Size = 0.0
    """Standard deviation, in grey levels."""
    blur: Size = 0.0
    """Standard deviation, in pixels."""
    erase: Share = 0.0
    """Side of a square that hides something, as a share of the crop's."""
    mixup: Size = 0.0
    """Of the Beta distribution by which two faces are mixed (Zhang et al., 2018)."""


class Loss(msgspec.Struct, forbid_unknown_fields=True):
    """What an error costs. Each head learns by cross-entropy: one the label, one how people voted."""

    labels: Size = 1.0
    votes: Size = 0.0
    """0 where the network has but one head."""
    smoothing: Share = 0.0
    """Of the label, spread over all seven emotions (Szegedy et al., 2016)."""
    teachers: Share = 0.0
    """How much of the truth is what teachers say, where there are any."""
    balance: Annotated[float, Meta(ge=0, le=1)] = 0.0
    """A class counts by this power of how rare it is: 0 each face the same, 1 each class the same."""


class Plateau(msgspec.Struct, forbid_unknown_fields=True, tag_field="schedule", tag="plateau"):
    """Adam, slower where it gets no better, and stopped where it stays so."""

    learning_rate: Rate
    epochs: Positive
    plateau_patience: Positive
    plateau_factor: Annotated[float, Meta(gt=0, lt=1)]
    stop_patience: Positive


class Cosine(msgspec.Struct, forbid_unknown_fields=True, tag_field="schedule", tag="cosine"):
    """A learning rate that warms up and then falls to nothing along a cosine (Loshchilov & Hutter, 2017)."""

    optimizer: Literal["sgd", "adamw"]
    """SGD with Nesterov's momentum of 0.9, or AdamW."""
    learning_rate: Rate
    weight_decay: Size
    warm_up: Share
    """Share of a cycle's steps."""
    average: Share
    """Momentum of the moving average of the weights that is kept in the end; 0 for none."""
    epochs: Positive
    restarts: tuple[Share, ...] = ()
    """Shares of all epochs after which a new cycle begins: the rate is high again, and the network as it was
    then is its own teacher (Furlanello et al., 2018); in the last, among the teachers that there are."""
    fall: Annotated[float, Meta(gt=0, le=1)] = 1.0
    """What the highest learning rate is multiplied by at each restart."""

    def cycles(self, epochs: int) -> list[range]:
        """The epochs of each cycle, of so many in all."""
        ends = [*(round(share * epochs) for share in self.restarts), epochs]
        return [range(start, end) for start, end in zip([0, *ends], ends, strict=False) if start < end]


class Recipe(msgspec.Struct, forbid_unknown_fields=True):
    """One training run."""

    seed: int
    network: SeedCnn | Hybrid
    data: Data
    augmentation: Augmentation
    loss: Loss
    optimisation: Plateau | Cosine

    @property
    def architecture(self) -> str:
        """The network's name, as on the command line."""
        return "seed_cnn" if isinstance(self.network, SeedCnn) else "hybrid"


def names() -> list[str]:
    """The recipes that come with moodplayer."""
    files = resources.files("moodplayer.training").joinpath("recipes").iterdir()
    return sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))


def load(name: str, kind: type[R]) -> R:
    """The recipe of that name; DatasetError if there is none, or it is not of that kind."""
    if name not in names():
        raise DatasetError(f"no recipe is called {name}", f"there are: {', '.join(names())}")
    text = resources.files("moodplayer.training").joinpath("recipes", f"{name}.toml").read_text("utf-8")
    try:
        return msgspec.toml.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise DatasetError(f"recipe {name}: {error}", "mend the file named") from error
