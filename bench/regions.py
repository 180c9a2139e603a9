"""Which parts of the face decide, for each emotion: python bench/regions.py DATASET [--picture FILE.png]

Of each emotion the first faces of a fixed order that are read as it, rightly; the mean heat map of each
method, as a picture; and each region's share of the heat, as a table. The last rows say how many times
the share is what the region's area would have by itself.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from moodplayer.domain import EMOTIONS, Emotion, Method, Region, Why
from moodplayer.training import dataset
from moodplayer.training.faithfulness import sample
from moodplayer.vision import regions, sheet
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.explain import Explainer

PERTURBATIONS = 150
"""LIME's: what it misses in one face, it finds in a hundred."""

Maps = dict[tuple[Method, Emotion], list[npt.NDArray[np.float32]]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("--model", type=Path)
    arguments.add_argument("--faces", type=int, default=100, help="of each emotion, at most")
    arguments.add_argument("--picture", type=Path)
    options = arguments.parse_args()

    data = dataset.load(options.dataset)
    classifier = Classifier(options.model)
    explainer = Explainer(classifier)
    truth = data.labels.copy()
    if data.votes is not None:
        clear, seen = data.clear_votes()
        truth = np.full(len(data), 255, np.uint8)
        truth[clear] = seen
    chosen: dict[Emotion, list[int]] = {emotion: [] for emotion in EMOTIONS}
    for number in sample(len(data), len(data)):
        if truth[number] == 255 or len(chosen[EMOTIONS[truth[number]]]) >= options.faces:
            continue
        if int(np.argmax(classifier.read(data.images[number]))) == truth[number]:
            chosen[EMOTIONS[truth[number]]].append(int(number))
        if all(len(numbers) >= options.faces for numbers in chosen.values()):
            break

    maps: Maps = {}
    for method in explainer.methods():
        for emotion, numbers in chosen.items():
            maps[method, emotion] = [
                explainer.explain(
                    data.images[number], Why(method), perturbations=PERTURBATIONS, seed=number
                ).explanation.heat_map
                for number in numbers
            ]
    print(f"Faces: {', '.join(f'{emotion} {len(numbers)}' for emotion, numbers in chosen.items())}.\n")
    for method in explainer.methods():
        table(method, maps)
    if options.picture:
        faces = {e: data.images[numbers].mean(axis=0) for e, numbers in chosen.items() if numbers}
        draw(explainer.methods(), maps, faces, options.picture)


def table(method: Method, maps: Maps) -> None:
    """Each emotion's shares, in per cent, with all of them, and how that is to the area."""
    columns = list(Region)
    print(f"| {method.label} | {' | '.join(columns)} | beside them |")
    print("|---" * (len(columns) + 2) + "|")
    shares = {
        emotion: [regions.shares(heat) for heat in maps[method, emotion] if heat.any()]
        for emotion in EMOTIONS
    }
    means = {
        emotion: {region: float(np.mean([s[region] for s in each])) for region in columns}
        for emotion, each in shares.items()
        if each
    }
    every = {region: float(np.mean([m[region] for m in means.values()])) for region in columns}
    for name, mean in [*means.items(), ("**all, each alike**", every)]:
        cells = " | ".join(f"{mean[region] * 100:.0f} %" for region in columns)
        print(f"| {name} | {cells} | {(1 - sum(mean.values())) * 100:.0f} % |")
    areas = regions.areas()
    cells = " | ".join(f"{every[region] / areas[region]:.2f}" for region in columns)
    beside = (1 - sum(every.values())) / (1 - sum(areas.values()))
    print(f"| times its area | {cells} | {beside:.2f} |\n")


def draw(
    methods: tuple[Method, ...],
    maps: Maps,
    faces: Mapping[Emotion, npt.NDArray[np.floating]],
    file: Path,
) -> None:
    """A row for each method, a column for each emotion: the mean heat map over the mean face."""
    figure = Figure(figsize=(1.5 * len(faces), 1.62 * len(methods)), layout="constrained", dpi=130)
    axes = figure.subplots(len(methods), len(faces), squeeze=False)
    for number, (row, method) in enumerate(zip(axes, methods, strict=True)):
        for one, (emotion, face) in zip(row, faces.items(), strict=True):
            heat = np.mean(maps[method, emotion], axis=0)
            size = (288, 288)
            grey = cv2.resize(face.astype(np.uint8), size, interpolation=cv2.INTER_CUBIC)
            large = cv2.resize((heat / heat.max()).astype(np.float32), size, interpolation=cv2.INTER_CUBIC)
            picture = sheet.laid_over(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), large)
            one.imshow(picture[..., ::-1])
            one.set(xticks=[], yticks=[])
            if number == 0:
                one.set_title(str(emotion), size=9)
        row[0].set_ylabel(method.label, size=9)
    figure.savefig(file)


if __name__ == "__main__":
    main()
