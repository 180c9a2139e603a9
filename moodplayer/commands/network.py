"""`moodplayer train` and `moodplayer evaluate`; they need the extra `train`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
from rich.table import Table

from moodplayer import noise, paths
from moodplayer.commands.output import console, print_json
from moodplayer.domain import EMOTIONS
from moodplayer.errors import DatasetError, MoodplayerError
from moodplayer.vision.classifier import read_card

# TensorFlow prints about its own start-up from C unless told so before its import.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# TensorFlow leaves oneDNN's convolutions off on some processors; its own are slower there.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

try:
    from moodplayer.training import dataset as datasets
    from moodplayer.training import evaluation
except ImportError as error:
    raise MoodplayerError(
        f"training and evaluation need {error.name}", "pip install 'moodplayer[train]'"
    ) from error


def train(
    dataset: Path,
    architecture: str,
    *,
    teachers: Sequence[Path],
    epochs: int | None,
    folder: Path | None,
    out: Path | None,
) -> None:
    """Train by the recipe named `architecture`, export the network, and print what it got."""
    from moodplayer.training import calibration, export, plots, recipe, train

    folder = folder or paths.runs_folder() / architecture
    if architecture == "faces":
        _train_detector(dataset, folder, _file(out or folder, "faces.tflite"), epochs)
        return
    plan = recipe.load(architecture, recipe.Recipe)
    data = datasets.load(dataset)
    run = train.train(data, plan, folder, epochs=epochs, teachers=teachers)

    _, held_out = datasets.split(data, plan.data.validation, plan.seed)
    plots.history(run.epochs(), folder / "history.png")
    file = _file(out or folder, "emotion.tflite")
    best = min(run.epochs(), key=lambda figures: figures[train.MONITOR])
    figures = {name: round(value, 4) for name, value in best.items() if name.startswith("val_")}
    network = train.best_of(run, plan)
    temperatures = calibration.temperatures(network, data.take(held_out))
    card = export.export(network, plan, file, data.images[held_out[:100]], temperatures, figures)
    accuracy = ", ".join(
        f"{name.removeprefix('val_').replace('_', ' ')} {value:.1%}"
        for name, value in figures.items()
        if name.endswith("accuracy")
    )
    console().print(
        f"{file}: {card.parameters:,} parameters, {file.stat().st_size:,} bytes; "
        f"of the {len(held_out):,} faces held out: {accuracy}",
        soft_wrap=True,
    )


def _file(out: Path, name: str) -> Path:
    """Where the export goes: a file that `out` names, or one of that name in the folder that it names."""
    return out if out.suffix == ".tflite" else out / name


def _train_detector(dataset: Path, folder: Path, file: Path, epochs: int | None) -> None:
    from moodplayer.training import detector, export, plots, recipe
    from moodplayer.training.material import load_material

    plan = recipe.load("faces", detector.DetectorRecipe)
    material = load_material(dataset)
    run = detector.train(material, plan, folder, epochs=epochs)
    plots.history(run.epochs(), folder / "history.png")
    network = detector.last_of(run, plan)
    export.export_detector(network, plan, file, detector.sample(material, plan))
    console().print(
        f"{file}: {network.count_params():,} parameters, {file.stat().st_size:,} bytes; "
        f"loss {run.epochs()[-1]['val_loss']:.3f} on frames of what is held out (see bench/faces.py)"
    )


def evaluate(
    dataset: Path,
    models: list[Path],
    *,
    trained_on: Path | None,
    robustness: bool,
    explained: Explained | None = None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Report on each model in turn, and write the report with its pictures to `out`."""
    data = datasets.load(dataset)
    seen = None if trained_on is None else datasets.load(trained_on)
    files = models or [paths.model_file()]
    with noise.kept_in(paths.log_file()):
        reports = [evaluation.evaluate(file, data, robustness=robustness, seen=seen) for file in files]
        if explained is not None:
            reports = [
                _with_faithfulness(report, file, data, explained)
                for report, file in zip(reports, files, strict=True)
            ]
    names = _names(reports, files)
    made = [] if out is None else _written(reports, names, out)
    if as_json:
        print_json(reports)
        return
    screen = console()
    for name, report in zip(names, reports, strict=True):
        screen.print(
            f"{name}: {report.parameters:,} parameters, {report.bytes:,} bytes, "
            f"{report.milliseconds:.2f} ms a face on one thread"
        )
        _print_scores("against the dataset's labels", report.labels)
        if report.votes is not None:
            _print_scores("against what most of ten people saw", report.votes)
        for title, scores in (("labels", report.unseen_labels), ("votes", report.unseen_votes)):
            if scores is not None:
                screen.print(f"\nwithout copies of what it was trained on, {title}: {_summary(scores)}")
    if robustness:
        _print_robustness(reports, names)
    for name, report in zip(names, reports, strict=True):
        _print_faithfulness(name, report)
    for path in made:
        screen.print(f"wrote {path}")


@dataclass(frozen=True, slots=True)
class Explained:
    """How far explanations are put to the test."""

    faces: int
    run: Path | None
    """A folder of `moodplayer train` that holds the trained network, to randomise its weights."""


def _with_faithfulness(
    report: evaluation.Report, file: Path, data: datasets.Dataset, by: Explained
) -> evaluation.Report:
    from moodplayer.training import faithfulness

    found = faithfulness.measure(file, data, faces=by.faces)
    steps: list[faithfulness.Step] = []
    if by.run is not None:
        from moodplayer.training import recipe, sanity, train

        if not train.Run(by.run).best.exists():
            raise DatasetError(f"{by.run} holds no trained network", "name a folder of `moodplayer train`")
        card = read_card(file)
        plan = recipe.load(card.architecture, recipe.Recipe)
        network = train.best_of(train.Run(by.run), plan)
        temperatures = card.temperatures or dict.fromkeys(network.output, 1.0)
        chosen = faithfulness.sample(len(data), min(by.faces, sanity.FACES))
        steps = sanity.cascade(network, plan, temperatures, data.images[chosen])
    return msgspec.structs.replace(report, faithfulness=found, sanity=steps)


def _print_faithfulness(name: str, report: evaluation.Report) -> None:
    from moodplayer.training import faithfulness

    if report.faithfulness:
        _print_rows(f"is {name}'s explanation true?", faithfulness.rows(report.faithfulness, brief=True))
    if report.sanity:
        _print_rows(
            "rank correlation with the trained network's maps", faithfulness.sanity_rows(report.sanity)
        )


def _print_rows(title: str, rows: Sequence[Sequence[str]]) -> None:
    head, *rest = rows
    table = Table(*head, box=None, title=title, title_justify="left", pad_edge=False)
    for row in rest:
        table.add_row(*row)
    console().print(table)


def _names(reports: list[evaluation.Report], files: list[Path]) -> list[str]:
    """What each model is called: its architecture, and where several have one, its folder or file, too."""
    kinds = [report.model for report in reports]
    return [
        kind if kinds.count(kind) == 1 else f"{kind}-{file.parent.name}-{file.stem}"
        for kind, file in zip(kinds, files, strict=True)
    ]


def _written(reports: list[evaluation.Report], names: list[str], folder: Path) -> list[Path]:
    from moodplayer.training import plots

    made = plots.report(reports, names, folder)
    made.append(folder / "report.json")
    made[-1].write_bytes(msgspec.json.format(msgspec.json.encode(reports)))
    return made


def _print_robustness(reports: list[evaluation.Report], names: list[str]) -> None:
    """One row for each harm; accuracy by each model, against labels and, after a slash, votes."""
    table = Table(box=None, title="accuracy when harmed: labels / votes", title_justify="left")
    table.add_column("harm")
    for name in names:
        table.add_column(name, justify="right")

    def shown(found: dict[str, float]) -> str:
        return " / ".join(f"{accuracy:.3f}" for accuracy in found.values())

    clean = [
        {"labels": r.labels.accuracy} | ({"votes": r.votes.accuracy} if r.votes else {}) for r in reports
    ]
    table.add_row("none", *map(shown, clean), style="bold")
    for harm in reports[0].robustness:
        table.add_row(harm, *(shown(report.robustness[harm]) for report in reports))
    console().print(table)


def _summary(scores: evaluation.Scores) -> str:
    return (
        f"{scores.n:,} faces, accuracy {scores.accuracy:.3f}, macro-F1 {scores.macro_f1:.3f}, "
        f"balanced accuracy {scores.balanced_accuracy:.3f}, ECE {scores.ece:.3f}"
    )


def _print_scores(title: str, scores: evaluation.Scores) -> None:
    screen = console()
    screen.print(f"\n{title}: {_summary(scores)}")
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
