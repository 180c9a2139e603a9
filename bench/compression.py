"""What rounding a network's weights costs and saves: python bench/compression.py RUN DATASET

RUN is a folder of `moodplayer train`, DATASET what it was trained on: measured is on the faces held
out of it, so that a choice by this table has not seen a test set. `--plot FILE.png` draws it.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import get_args

import tensorflow as tf
from matplotlib.figure import Figure
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from moodplayer.domain import CROP_SIZE
from moodplayer.training import calibration, dataset, evaluation, export, recipe, train


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("run", type=Path)
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("--architecture", default="hybrid")
    arguments.add_argument("--plot", type=Path)
    options = arguments.parse_args()

    plan = recipe.load(options.architecture, recipe.Recipe)
    data = dataset.load(options.dataset)
    _, held = dataset.split(data, plan.data.validation, plan.seed)
    held_out = data.take(held)
    network = train.best_of(train.Run(options.run), plan)
    temperatures = calibration.temperatures(network, held_out)
    size = f"{network.count_params():,} parameters, {multiply_adds(network):,} multiply-adds"
    print(f"{plan.architecture}: {size}\n")
    print("| weights | bytes | ms a face | labels | votes | ECE of votes |\n|---|---|---|---|---|---|")
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for weights in get_args(export.Weights):
            file = Path(folder) / weights / "emotion.tflite"
            export.export(network, plan, file, held_out.images[:50], temperatures, {}, weights=weights)
            report = evaluation.evaluate(file, held_out)
            rows.append((weights, report))
            votes = report.votes or report.labels
            print(
                f"| {weights} | {report.bytes:,} | {report.milliseconds:.2f} | {report.labels.accuracy:.3f} "
                f"| {votes.accuracy:.3f} | {votes.ece:.3f} |",
                flush=True,
            )
    if options.plot:
        draw(rows, options.plot)


def multiply_adds(network: tf.keras.Model) -> int:
    """Of one face, as TensorFlow's profiler counts them: two operations are one."""
    signature = tf.TensorSpec((1, CROP_SIZE, CROP_SIZE, 1), tf.float32)
    graph = convert_variables_to_constants_v2(tf.function(network).get_concrete_function(signature)).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options["output"] = "none"
    return int(tf.compat.v1.profiler.profile(graph, cmd="op", options=options).total_float_ops) // 2


def draw(rows: list[tuple[str, evaluation.Report]], file: Path) -> None:
    """Accuracy over bytes, by head."""
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    megabytes = [report.bytes / 1e6 for _, report in rows]
    for head, accuracies in (
        ("votes: what people see", [(report.votes or report.labels).accuracy for _, report in rows]),
        ("FER-2013's labels", [report.labels.accuracy for _, report in rows]),
    ):
        axes.plot(megabytes, accuracies, "o-", label=head)
    for (name, report), x in zip(rows, megabytes, strict=True):
        axes.annotate(f"{name}\n{report.milliseconds:.2f} ms", (x, 0.55), ha="center")
    axes.set(
        xlabel="megabytes",
        ylabel="accuracy on faces held out",
        xlim=(0, 1.12 * max(megabytes)),
        ylim=(0.5, 0.95),
    )
    axes.legend(loc="upper right")
    figure.savefig(file)


if __name__ == "__main__":
    main()
