"""Train a network by its recipe; stop at any time, and go on from the last epoch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import keras
import msgspec

from moodplayer.training import architectures
from moodplayer.training.batches import Batches, one_hot
from moodplayer.training.dataset import Dataset, split
from moodplayer.training.recipe import Recipe

MONITOR = "val_loss"


class Run:
    """One training run's files, in `folder`: the last and the best weights, and the history."""

    def __init__(self, folder: Path) -> None:
        self.last = folder / "last.keras"
        self.best = folder / "best.keras"
        self.history = folder / "history.json"

    def epochs(self) -> list[dict[str, float]]:
        """The figures of each epoch done so far."""
        if not (self.history.exists() and self.last.exists()):
            return []
        return msgspec.json.decode(self.history.read_bytes(), type=list[dict[str, float]])


class Checkpoint(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """After each epoch: the best weights if it was the best, the last ones, then the history, in this order,
    so that a run killed in between repeats an epoch rather than losing one."""

    def __init__(self, run: Run, history: list[dict[str, float]]) -> None:
        super().__init__()
        self.run = run
        self.history = history

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        figures = {name: float(value) for name, value in (logs or {}).items()}
        best = min((past[MONITOR] for past in self.history), default=float("inf"))
        self.history.append(figures)
        if figures[MONITOR] < best:
            _save(self.model, self.run.best)
        _save(self.model, self.run.last)
        _write(self.run.history, msgspec.json.format(msgspec.json.encode(self.history)))


class Replay(keras.callbacks.Callback):  # type: ignore[misc]  # keras has no types
    """Shows the schedule what past epochs gave, so that it goes on as if it had never stopped."""

    def __init__(
        self, history: Sequence[dict[str, float]], schedule: Sequence[keras.callbacks.Callback]
    ) -> None:
        super().__init__()
        self.history = tuple(history)
        self.schedule = schedule

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        for epoch, past in enumerate(self.history):
            for callback in self.schedule:
                callback.on_epoch_end(epoch, dict(past))


def train(dataset: Dataset, recipe: Recipe, folder: Path, *, epochs: int | None = None) -> Run:
    """Train by `recipe` and keep checkpoints in `folder`; goes on where an earlier run there stopped.

    `epochs` replaces the recipe's number. The held-out share of `dataset`
    decides when the learning rate falls, when to stop and which weights are best.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    history = run.epochs()
    keras.utils.set_random_seed(recipe.seed + len(history))
    training, held_out = (dataset.take(part) for part in split(dataset, recipe.data.validation, recipe.seed))

    optimisation = recipe.optimisation
    if history:
        model = keras.models.load_model(run.last)
        model.optimizer.learning_rate = optimisation.learning_rate
    else:
        keras.mixed_precision.set_global_policy("mixed_bfloat16")
        model = architectures.build(recipe)
        model.compile(
            keras.optimizers.Adam(optimisation.learning_rate),
            loss=keras.losses.CategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"],
        )
    schedule = [
        keras.callbacks.ReduceLROnPlateau(
            MONITOR, factor=optimisation.plateau_factor, patience=optimisation.plateau_patience, verbose=1
        ),
        keras.callbacks.EarlyStopping(MONITOR, patience=optimisation.stop_patience, verbose=1),
    ]
    model.fit(
        Batches(training, recipe.data, recipe.seed, epoch=len(history)),
        validation_data=(held_out.images[..., None].astype("float32"), one_hot(held_out)),
        initial_epoch=len(history),
        epochs=epochs or optimisation.epochs,
        callbacks=[*schedule, Replay(history, schedule), Checkpoint(run, history)],
    )
    return run


def best_of(run: Run, recipe: Recipe) -> keras.Model:
    """The run's best network, in float32."""
    keras.mixed_precision.set_global_policy("float32")
    model = architectures.build(recipe)
    model.set_weights(keras.models.load_model(run.best, compile=False).get_weights())
    return model


def _save(model: keras.Model, path: Path) -> None:
    part = path.with_suffix(".part.keras")
    model.save(part)
    part.replace(path)


def _write(path: Path, text: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(text)
    part.replace(path)
