"""Train a network by its recipe; stop at any time, and go on from the last epoch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import msgspec

from moodplayer.domain import CROP_SIZE
from moodplayer.training import architectures
from moodplayer.training.batches import Batches, resized, targets
from moodplayer.training.dataset import Dataset, split
from moodplayer.training.recipe import Cosine, Plateau, Recipe
from moodplayer.training.teachers import among, asked, keep, own_words, taught

MONITOR = "val_loss"

_DRAWS = 1_000_000
"""More than one epoch draws."""

_STEPS = 100
"""Between checkpoints within an epoch."""


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
    so that a run killed in between loses nothing."""

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


@keras.saving.register_keras_serializable("moodplayer")
class Cycles(keras.optimizers.schedules.LearningRateSchedule):  # type: ignore[misc]  # keras has no types
    """A cosine for each cycle of `(first step, steps, highest rate)`, of which `warm_up` is a share, from a
    hundredth of the highest rate on."""

    def __init__(self, cycles: Sequence[tuple[int, int, float]], warm_up: float) -> None:
        self.cycles = [tuple(cycle) for cycle in cycles]
        self.warm_up = warm_up

    def __call__(self, step: Any) -> Any:
        step = keras.ops.cast(step, "float32")
        rate = keras.ops.zeros(())
        for start, steps, highest in self.cycles:
            done = (step - start) / steps
            risen = 0.01 + 0.99 * done / self.warm_up if self.warm_up else 1.0
            fallen = 0.5 + 0.5 * keras.ops.cos(math.pi * (done - self.warm_up) / (1 - self.warm_up))
            there = highest * keras.ops.where(done < self.warm_up, risen, fallen)
            rate = keras.ops.where((done >= 0) & (done < 1), there, rate)
        return rate

    def get_config(self) -> dict[str, Any]:
        return {"cycles": self.cycles, "warm_up": self.warm_up}


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


def train(
    dataset: Dataset,
    recipe: Recipe,
    folder: Path,
    *,
    epochs: int | None = None,
    teachers: Sequence[Path] = (),
) -> Run:
    """Train by `recipe` and keep checkpoints in `folder`; goes on at the step where an earlier run there
    left one.

    `epochs` replaces the recipe's number. What the models in `teachers` say of
    a face counts beside what is true of it, as much as the recipe says; after a
    restart it is what the network itself said until then. A recipe with
    restarts hears the teachers from the last one on, each as much as itself.
    The held-out share of `dataset` decides when the learning rate falls, when
    to stop and which weights are best.
    """
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(folder)
    history = run.epochs()
    keras.utils.set_random_seed(recipe.seed + len(history))
    learned, held = split(dataset, recipe.data.validation, recipe.seed)
    training, held_out = dataset.take(learned), dataset.take(held)
    kept = folder / "taught.npz"
    epochs = epochs or recipe.optimisation.epochs
    restarts = _restarts(recipe.optimisation, epochs)
    said = taught(training, () if restarts else teachers, kept)
    batches = Batches(training, recipe, len(history), said)
    rate = _rate(recipe.optimisation, epochs, len(batches))
    if run.last.exists():
        model = keras.models.load_model(run.last)
        model.optimizer.learning_rate = rate
    else:
        keras.mixed_precision.set_global_policy(_precision())
        model = architectures.build(recipe, size=None if recipe.data.growth else CROP_SIZE)
        weights = {"labels": recipe.loss.labels, "votes": recipe.loss.votes}
        model.compile(
            _optimizer(recipe.optimisation, rate),
            loss={head: keras.losses.CategoricalCrossentropy(from_logits=True) for head in model.output},
            loss_weights={head: weights[head] for head in model.output},
            metrics={head: ["accuracy"] for head in model.output},
            # On a processor, XLA's convolutions are slower than those it replaces, and its compiling is slow.
            jit_compile=_on_gpu(),
        )
    truth, weight = targets(held_out, recipe)
    schedule = _callbacks(recipe.optimisation)
    callbacks = keras.callbacks.CallbackList(
        [*schedule, Replay(history, schedule), Checkpoint(run, history)], model=model
    )
    callbacks.on_train_begin()
    for epoch in range(len(history), epochs):
        side = recipe.data.side(epoch, epochs)
        batches.turn_to(epoch, side)
        if epoch in restarts:
            words = own_words(training, best_of(run, recipe))
            if teachers and epoch == restarts[-1]:
                words = among(words, asked(training, teachers), len(teachers))
            keep(words, kept)
            batches.listen(words)
        faces = resized(held_out.images, side)[..., None].astype("float32")
        callbacks.on_epoch_begin(epoch)
        figures = _epoch(model, batches, run)
        found = model.evaluate(
            faces, truth, sample_weight=weight, callbacks=schedule, verbose=0, return_dict=True
        )
        figures |= {f"val_{name}": value for name, value in found.items()}
        callbacks.on_epoch_end(epoch, figures)
        print(
            f"{epoch + 1}/{epochs}", *(f"{name} {value:.3f}" for name, value in figures.items()), flush=True
        )
        if model.stop_training:
            break
    callbacks.on_train_end()
    return run


def _epoch(model: keras.Model, batches: Batches, run: Run) -> dict[str, float]:
    """Learn from the batches of an epoch that are left: the mean loss and accuracies.

    What was done before is told by the optimizer's count of steps. Not by
    `fit`, which cannot begin within an epoch.
    """
    done = int(model.optimizer.iterations) - batches.epoch * len(batches)
    _seed_dropout(model, batches.recipe.seed, batches.epoch * _DRAWS + done)
    figures: list[dict[str, float]] = []
    for number in range(done, len(batches)):
        if number > done and number % _STEPS == 0:
            _save(model, run.last)
        figures.append(model.train_on_batch(*batches[number], return_dict=True))
    names = figures[0] if figures else ()
    return {name: sum(float(step[name]) for step in figures) / len(figures) for name in names}


def _seed_dropout(model: keras.Model, seed: int, draws: int) -> None:
    """As it is after so many draws from `seed`: Keras saves no generator's state."""
    for number, layer in enumerate(model.layers):
        if isinstance(layer, keras.layers.Dropout) and layer.rate:
            layer.seed_generator.state.assign([seed + number, draws])


def _on_gpu() -> bool:
    return bool(keras.distribution.list_devices("gpu"))


def _precision() -> str:
    """Half the bits where that is faster, which it is not on a processor that has to do without them."""
    processor = Path("/proc/cpuinfo")
    known = processor.read_text("utf-8", "replace") if processor.exists() else ""
    faster = _on_gpu() or "avx512_bf16" in known or "amx_bf16" in known
    return "mixed_bfloat16" if faster else "float32"


def _rate(
    by: Plateau | Cosine, epochs: int, steps: int
) -> float | keras.optimizers.schedules.LearningRateSchedule:
    if isinstance(by, Plateau):
        return by.learning_rate
    cycles = [
        (cycle.start * steps, len(cycle) * steps, by.learning_rate * by.fall**number)
        for number, cycle in enumerate(by.cycles(epochs))
    ]
    return Cycles(cycles, by.warm_up)


def _restarts(by: Plateau | Cosine, epochs: int) -> list[int]:
    return [] if isinstance(by, Plateau) else [cycle.start for cycle in by.cycles(epochs)[1:]]


def _optimizer(
    by: Plateau | Cosine, rate: float | keras.optimizers.schedules.LearningRateSchedule
) -> keras.optimizers.Optimizer:
    if isinstance(by, Plateau):
        return keras.optimizers.Adam(rate)
    common = {
        "weight_decay": by.weight_decay,
        "clipnorm": 5.0,
        "use_ema": bool(by.average),
        "ema_momentum": by.average or 0.99,
    }
    if by.optimizer == "sgd":
        return keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, **common)
    return keras.optimizers.AdamW(rate, **common)


def _callbacks(by: Plateau | Cosine) -> list[keras.callbacks.Callback]:
    if isinstance(by, Cosine):
        return [keras.callbacks.SwapEMAWeights()] if by.average else []
    return [
        keras.callbacks.ReduceLROnPlateau(
            MONITOR, factor=by.plateau_factor, patience=by.plateau_patience, verbose=1
        ),
        keras.callbacks.EarlyStopping(MONITOR, patience=by.stop_patience, verbose=1),
    ]


def best_of(run: Run, recipe: Recipe) -> keras.Model:
    """The run's best network, in float32; with the mean of its weights, where the recipe keeps one."""
    trained = keras.models.load_model(run.best)
    if trained.optimizer.use_ema:
        trained.optimizer.finalize_variable_values(trained.trainable_variables)
    keras.mixed_precision.set_global_policy("float32")
    model = architectures.build(recipe)
    model.set_weights(trained.get_weights())
    return model


def _save(model: keras.Model, path: Path) -> None:
    part = path.with_suffix(".part.keras")
    model.save(part)
    part.replace(path)


def _write(path: Path, text: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(text)
    part.replace(path)
