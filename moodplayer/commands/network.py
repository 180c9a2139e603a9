"""`moodplayer train` and `moodplayer evaluate`; they need the extra `train`."""

from __future__ import annotations

import os
from pathlib import Path

from rich.table import Table

from moodplayer import noise, paths
from moodplayer.commands.output import console, print_json
from moodplayer.domain import EMOTIONS
from moodplayer.errors import MoodplayerError

# TensorFlow prints about its own start-up from C unless told so before its import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

try:
    from moodplayer.training import dataset as datasets
    from moodplayer.training import evaluation
except ImportError as error:
    raise MoodplayerError(
        f"training and evaluation need {error.name}", "pip install 'moodplayer[train]'"
    ) from error


def train(
    dataset: Path, architecture: str, *, epochs: int | None, folder: Path | None, out: Path | None
) -> None:
    """Train by the recipe named `architecture`, export the best weights, and print what they got."""
    from moodplayer.training import export, recipe, train

    plan = recipe.load(architecture)
    data = datasets.load(dataset)
    folder = folder or paths.runs_folder() / architecture
    run = train.train(data, plan, folder, epochs=epochs)

    _, held_out = datasets.split(data, plan.data.validation, plan.seed)
    file = out or folder / "emotion.tflite"
    best = min(run.epochs(), key=lambda figures: figures[train.MONITOR])
    figures = {name: round(best[name], 4) for name in ("val_accuracy", "val_loss")}
    card = export.export(train.best_of(run, plan), plan, file, data.images[held_out[:100]], figures)
    console().print(
        f"{file}: {card.parameters:,} parameters, {file.stat().st_size:,} bytes; "
        f"{card.figures['val_accuracy']:.1%} of the {len(held_out):,} faces held out"
    )


def evaluate(dataset: Path, models: list[Path], *, as_json: bool) -> None:
    """Report on each model in turn."""
    data = datasets.load(dataset)
    with noise.kept_in(paths.log_file()):
        reports = [evaluation.evaluate(file, data) for file in models or [paths.model_file()]]
    if as_json:
        print_json(reports)
        return
    for report in reports:
        screen = console()
        screen.print(
            f"{report.model}: {report.parameters:,} parameters, {report.bytes:,} bytes, "
            f"{report.milliseconds:.2f} ms a face on one thread"
        )
        _print_scores("against the dataset's labels", report.labels)
        if report.votes is not None:
            _print_scores("against what most of ten people saw", report.votes)


def _print_scores(title: str, scores: evaluation.Scores) -> None:
    screen = console()
    screen.print(
        f"\n{title} ({scores.n:,} faces): accuracy {scores.accuracy:.3f}, macro-F1 {scores.macro_f1:.3f}, "
        f"balanced accuracy {scores.balanced_accuracy:.3f}, ECE {scores.ece:.3f}"
    )
    table = Table(box=None)
    table.add_column("emotion")
    for name in ("precision", "recall", "f1", "support"):
        table.add_column(name, justify="right")
    for emotion in EMOTIONS:
        one = scores.per_class[emotion]
        table.add_row(
            emotion, f"{one.precision:.3f}", f"{one.recall:.3f}", f"{one.f1:.3f}", f"{one.support:,}"
        )
    screen.print(table)
    matrix = Table(box=None, title="true emotion by row, read as by column", title_justify="left")
    matrix.add_column("")
    for emotion in EMOTIONS:
        matrix.add_column(emotion, justify="right")
    for emotion, row in zip(EMOTIONS, scores.confusion, strict=True):
        matrix.add_row(emotion, *(str(n) for n in row))
    screen.print(matrix)
