"""What training and evaluation found, as pictures (PNG) and as a table in Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from moodplayer.domain import EMOTIONS
from moodplayer.training import faithfulness
from moodplayer.training.evaluation import Report, Scores

_INCHES = 4.2


def report(reports: Sequence[Report], names: Sequence[str], folder: Path) -> list[Path]:
    """Write `report.md` and the pictures of `reports`, whose models are called `names`; all paths written."""
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "report.md"
    table.write_text(markdown(reports, names), encoding="utf-8")
    made = [table]
    for name, one in zip(names, reports, strict=True):
        made += [_confusions(name, one, folder), _reliabilities(name, one, folder)]
    if all(one.robustness for one in reports):
        made.append(_robustness(reports, names, folder))
    return made


def history(epochs: Sequence[dict[str, float]], file: Path) -> None:
    """Draw a run's loss and accuracies over its epochs."""
    figure = Figure(figsize=(2 * _INCHES, _INCHES), layout="constrained")
    losses, accuracies = figure.subplots(1, 2)
    number = np.arange(1, len(epochs) + 1)
    for name in epochs[0] if epochs else ():
        axes = accuracies if name.endswith("accuracy") else losses if name in ("loss", "val_loss") else None
        if axes is not None:
            axes.plot(number, [epoch[name] for epoch in epochs], label=name.replace("_", " "))
    for axes, title in ((losses, "loss"), (accuracies, "accuracy")):
        axes.set(title=title, xlabel="epoch")
        if axes.lines:
            axes.legend()
    _save(figure, file)


def markdown(reports: Sequence[Report], names: Sequence[str]) -> str:
    """One column for each model."""
    rows: list[tuple[str, list[str]]] = [
        ("parameters", [f"{one.parameters:,}" for one in reports]),
        ("bytes", [f"{one.bytes:,}" for one in reports]),
        ("ms a face, one thread", [f"{one.milliseconds:.2f}" for one in reports]),
    ]
    for title, scores in (
        ("labels", [one.labels for one in reports]),
        ("votes", [one.votes for one in reports]),
        ("labels, no copy of it in training", [one.unseen_labels for one in reports]),
        ("votes, no copy of it in training", [one.unseen_votes for one in reports]),
    ):
        if any(scores):
            rows.append((f"{title}: accuracy / macro-F1 / balanced / ECE", [_figures(s) for s in scores]))
            rows += [
                (f"{title}: F1 of {emotion}", [f"{s.per_class[emotion].f1:.3f}" if s else "" for s in scores])
                for emotion in map(str, EMOTIONS)
                if not title.endswith("training")
            ]
    harms = reports[0].robustness if reports else {}
    rows += [
        (
            f"{harm}: labels / votes",
            [" / ".join(f"{a:.3f}" for a in one.robustness.get(harm, {}).values()) for one in reports],
        )
        for harm in harms
    ]
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {name} | {' | '.join(values)} |" for name, values in rows]
    for name, one in zip(names, reports, strict=True):
        if one.faithfulness:
            lines += [
                "",
                f"{name}: is its explanation true?",
                "",
                *_table(faithfulness.rows(one.faithfulness)),
            ]
        if one.sanity:
            lines += ["", f"{name} with random weights:", "", *_table(faithfulness.sanity_rows(one.sanity))]
    return "\n".join(lines) + "\n"


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    return faithfulness.markdown(rows).splitlines()


def _figures(scores: Scores | None) -> str:
    if scores is None:
        return ""
    figures = scores.accuracy, scores.macro_f1, scores.balanced_accuracy, scores.ece
    return f"{' / '.join(f'{figure:.3f}' for figure in figures)} of {scores.n:,}"


def _sides(one: Report) -> list[tuple[str, Scores]]:
    return [("labels", one.labels)] + ([("votes", one.votes)] if one.votes else [])


def _confusions(name: str, one: Report, folder: Path) -> Path:
    sides = _sides(one)
    figure = Figure(figsize=(_INCHES * len(sides), _INCHES), layout="constrained")
    for axes, (title, scores) in zip(_row(figure, len(sides)), sides, strict=True):
        counts = np.array(scores.confusion)
        shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="cividis", vmin=0, vmax=1)
        for i, j in np.ndindex(counts.shape):
            colour = "black" if shares[i, j] > 0.6 else "white"
            axes.text(j, i, f"{shares[i, j]:.2f}", ha="center", va="center", color=colour, size=7)
        axes.set_xticks(range(len(EMOTIONS)), EMOTIONS, rotation=45, ha="right")
        axes.set_yticks(range(len(EMOTIONS)), EMOTIONS)
        axes.set(title=f"{name}: {title}", xlabel="read as", ylabel="true")
    return _save(figure, folder / f"{name}-confusion.png")


def _reliabilities(name: str, one: Report, folder: Path) -> Path:
    sides = _sides(one)
    figure = Figure(figsize=(_INCHES * len(sides), _INCHES), layout="constrained")
    for axes, (title, scores) in zip(_row(figure, len(sides)), sides, strict=True):
        confidence = [b.confidence for b in scores.reliability]
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
        axes.bar(confidence, [b.share for b in scores.reliability], width=0.05, color="0.85")
        axes.plot(confidence, [b.accuracy for b in scores.reliability], marker="o")
        axes.set(
            title=f"{name}: {title}, ECE {scores.ece:.3f}",
            xlabel="confidence",
            ylabel="accuracy (bars: share of the faces)",
            xlim=(0, 1),
            ylim=(0, 1),
        )
    return _save(figure, folder / f"{name}-reliability.png")


def _robustness(reports: Sequence[Report], names: Sequence[str], folder: Path) -> Path:
    harms = list(reports[0].robustness)
    figure = Figure(figsize=(2 * _INCHES, _INCHES), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / len(reports)
    for i, (name, one) in enumerate(zip(names, reports, strict=True)):
        places = np.arange(len(harms)) + i * height
        axes.barh(places, [one.robustness[harm]["labels"] for harm in harms], height, label=name)
    axes.set_yticks(np.arange(len(harms)) + 0.4 - height / 2, harms)
    axes.invert_yaxis()
    axes.set(title="accuracy when harmed, labels", xlim=(0, 1))
    axes.legend()
    return _save(figure, folder / "robustness.png")


def _row(figure: Figure, columns: int) -> list[Axes]:
    return list(figure.subplots(1, columns, squeeze=False)[0])


def _save(figure: Figure, file: Path) -> Path:
    figure.savefig(file)
    return file
