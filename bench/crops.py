"""Whether the player's crops look like a dataset's: python bench/crops.py DATASET.npz PHOTOGRAPHS

Finds the points in a dataset's ready crops and prints where its eyes and mouths lie, beside where the player
puts them in what it cuts of photographs (a folder of pictures with one face each; with `labels.csv` (image,
emotion) beside it, also how many of them are read rightly, by how much wider or narrower they are cut).
`--sheet FILE.png` draws a hundred crops of each side by side.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import CROP_SIZE, EMOTIONS, Detection, Emotion
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.crops import crop_of, frame_of, place_of
from moodplayer.vision.faces import FaceFinder

if TYPE_CHECKING:
    import numpy.typing as npt

    from moodplayer.domain import Image

SEED = 48
WIDER = (0.8, 0.9, 1.0, 1.1, 1.2)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("photographs", type=Path)
    arguments.add_argument("--model", type=Path, help="the detector")
    arguments.add_argument("--crops", type=int, default=1500, help="of the dataset's")
    arguments.add_argument("--sheet", type=Path)
    options = arguments.parse_args()

    finder = FaceFinder(options.model)
    with np.load(options.dataset) as arrays:
        images = arrays["images"]
    chosen = np.random.default_rng(SEED).choice(len(images), options.crops, replace=False)
    ready = [images[i] for i in chosen]
    theirs = [points for crop in ready if (points := points_in(crop, finder)) is not None]

    names = {}
    if (options.photographs.parent / "labels.csv").exists():
        with (options.photographs.parent / "labels.csv").open(newline="", encoding="utf-8") as file:
            names = {row["image"]: row["emotion"] for row in csv.DictReader(file)}
    found: list[tuple[Image, Detection, str]] = []
    for file in sorted(options.photographs.iterdir()):
        picture = np.asarray(cv2.imread(str(file)), np.uint8)
        if faces := finder.find(picture, most=1):
            found.append((picture, faces[0], names.get(file.name, "")))
    ours = [seen_in_crop(face) for _, face, _ in found]

    print(f"points found in {len(theirs)} of {len(ready)} ready crops; {len(ours)} photographs cut\n")
    print("| as shares of the crop's side, median (quartiles) | dataset | player |\n|---|---|---|")
    for (name, one), (_, other) in zip(measures(theirs), measures(ours), strict=True):
        print(f"| {name} | {one} | {other} |")
    if names:
        read_rightly(found)
    if options.sheet:
        cut = [crop_of(picture, place_of(face)) for picture, face, _ in found]
        halves = [
            np.vstack([np.hstack(half[i : i + 10]) for i in range(0, 100, 10)]) for half in (ready, cut)
        ]
        both = np.hstack([halves[0], np.full((480, 16), 255, np.uint8), halves[1]])
        cv2.imwrite(str(options.sheet), cv2.resize(both, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC))


def points_in(crop: Image, finder: FaceFinder) -> npt.NDArray[np.float64] | None:
    """The five points of a ready crop, (5, 2), as shares of its side; None where no face is found."""
    border = CROP_SIZE // 4
    framed = cv2.copyMakeBorder(crop, border, border, border, border, cv2.BORDER_REPLICATE)
    large = cv2.resize(framed, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)
    faces = finder.find(np.asarray(large, np.uint8), most=1)
    return (np.array(faces[0].points) / 3 - border) / CROP_SIZE if faces else None


def seen_in_crop(face: Detection) -> npt.NDArray[np.float64]:
    """A face's points in its crop, as shares of the side."""
    inverse = cv2.invertAffineTransform(frame_of(place_of(face)))
    return (np.array(face.points) @ inverse[:, :2].T + inverse[:, 2] + 0.5) / CROP_SIZE


def measures(faces: list[npt.NDArray[np.float64]]) -> list[tuple[str, str]]:
    """Name and spread of what makes crops alike."""
    points = np.array(faces)
    eyes, mouth = points[:, :2].mean(axis=1), points[:, 3:].mean(axis=1)
    across, down = points[:, 1] - points[:, 0], mouth - eyes
    rows = {
        "distance of the eyes": np.hypot(*across.T),
        "from the eyes to the mouth": np.hypot(*down.T),
        "between the eyes, from the left": eyes[:, 0],
        "between the eyes, from the top": eyes[:, 1],
        "mouth, from the top": mouth[:, 1],
        "larger of distance / EYES_APART, eyes to mouth / EYES_TO_MOUTH": side(across, down),
        "turn of the eyes, degrees": np.degrees(np.arctan2(across[:, 1], across[:, 0])),
    }
    text = {}
    for name, values in rows.items():
        low, middle, high = np.percentile(values, [25, 50, 75])
        text[name] = f"{middle:.3f} ({low:.3f} to {high:.3f})"
    return list(text.items())


def side(across: npt.NDArray[np.float64], down: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The side that the player would cut, as a share of the crop's."""
    from moodplayer.vision.crops import EYES_APART, EYES_TO_MOUTH

    return np.maximum(np.hypot(*across.T) / EYES_APART, np.hypot(*down.T) / EYES_TO_MOUTH)


def read_rightly(found: list[tuple[Image, Detection, str]]) -> None:
    """Print the share of photographs whose label the network reads, by how they are cut; alone, and on
    average with the mirror image, as the player reads a face that it follows."""
    classifier = Classifier()
    truth = np.array([EMOTIONS.index(Emotion(name)) for _, _, name in found])
    print("\n| side of the crop | emotion read as labelled | with the mirror image |\n|---|---|---|")
    for factor in WIDER:
        alone, mirrored = [], []
        for picture, face, _ in found:
            place = place_of(face)
            crop = crop_of(picture, replace(place, side=place.side * factor))
            alone.append(classifier.read(crop))
            mirrored.append(classifier.read(np.ascontiguousarray(crop[:, ::-1])))
        right = [(np.argmax(read, axis=1) == truth).mean() for read in (alone, np.add(alone, mirrored))]
        print(f"| x {factor} | {right[0]:.3f} of {len(found)} | {right[1]:.3f} |")


if __name__ == "__main__":
    main()
