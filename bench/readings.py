"""Whether readings are right, steady and honest: python bench/readings.py PHOTOGRAPHS

Makes a clip of each photograph: a person who sits still, seen by a camera with noise, a little movement,
changing light and moments without a face. PHOTOGRAPHS is a folder of pictures with one face each, with
`labels.csv` (image, emotion) beside it. Each clip is long enough for two readings.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from moodplayer.domain import EMOTIONS, Frame, Reading
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.look import Looker
from moodplayer.vision.reader import Reader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from moodplayer.domain import Image

WIDTH, HEIGHT = 640, 480
PER_SECOND = 10
SECONDS = 21
"""Two readings, though both take as long as they may."""
SEED = 3


@dataclass(frozen=True)
class Clip:
    """What became of one."""

    truth: str
    single: list[str]
    """What each frame alone says."""
    smoothed: list[str]
    """What the mean of the last seconds said, frame by frame."""
    readings: list[Reading]


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("photographs", type=Path)
    arguments.add_argument("--model", type=Path, help="the network that reads")
    arguments.add_argument("--clips", type=int, help="of so many photographs")
    options = arguments.parse_args()
    cv2.setNumThreads(1)
    with (options.photographs.parent / "labels.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[: options.clips]
    classifier = Classifier(options.model)
    clips = []
    for number, row in enumerate(rows):
        picture = np.asarray(cv2.imread(str(options.photographs / row["image"])), np.uint8)
        clips.append(read(picture, row["emotion"], classifier, np.random.default_rng([SEED, number])))
    report(clips)


def read(picture: Image, truth: str, classifier: Classifier, rng: np.random.Generator) -> Clip:
    """Watch a clip of the photograph as the player watches a camera."""
    looker, reader = Looker(classifier), Reader()
    clip = Clip(truth, [], [], [])
    for number, image in enumerate(frames(picture, rng)):
        now = number / PER_SECOND
        look = looker.follow(Frame(image, now, number))
        reading = reader.add(look, now)
        if look.face is not None:
            clip.single.append(top(look.face.probabilities))
        smoothed = reader.smoothed()
        if smoothed is not None and now > 1:
            clip.smoothed.append(top(smoothed))
        if reading is not None:
            clip.readings.append(reading)
    return clip


def frames(picture: Image, rng: np.random.Generator) -> Iterator[Image]:
    """The photograph as a webcam would give it: uint8 (HEIGHT, WIDTH, 3)."""
    tall, wide = picture.shape[:2]
    scale = min(WIDTH / wide, HEIGHT / tall)
    phases = rng.uniform(0, 2 * np.pi, 5)
    blinks = {int(start) + i for start in rng.integers(10, SECONDS * PER_SECOND - 10, 4) for i in range(2)}
    for number in range(SECONDS * PER_SECOND):
        x, y, turn, size, light = np.sin(number / PER_SECOND * np.array([1.1, 0.7, 0.9, 0.5, 1.3]) + phases)
        matrix = cv2.getRotationMatrix2D((wide / 2, tall / 2), 5 * turn, scale * (0.9 + 0.08 * size))
        matrix[:, 2] += (WIDTH / 2 - wide / 2 + 20 * x, HEIGHT / 2 - tall / 2 + 10 * y)
        image = cv2.warpAffine(picture, matrix, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        if number in blinks:
            image = np.full_like(image, 60)
        frame = image * (0.85 + 0.15 * light) + rng.normal(0, 5, image.shape)
        yield np.asarray(np.clip(frame, 0, 255), np.uint8)


def report(clips: list[Clip]) -> None:
    """Print one table."""
    read_twice = [clip for clip in clips if len(clip.readings) >= 2]
    first = [(clip.truth, clip.readings[0]) for clip in clips if clip.readings]
    sure = [(truth, reading) for truth, reading in first if reading.sure]
    unsure = [(truth, reading) for truth, reading in first if not reading.sure]
    frame = [one == clip.truth for clip in clips for one in clip.single]
    rows = {
        "clips with a reading": share(len(first), len(clips)),
        "one frame alone is right": share(sum(frame), len(frame)),
        "the first reading is right": share(sum(t == r.emotion for t, r in first), len(clips)),
        "it is sure": share(len(sure), len(first)),
        "it is right where it is sure": share(sum(t == r.emotion for t, r in sure), len(sure)),
        "where it is not, one of the two that it names is right": share(
            sum(t in named(r) for t, r in unsure), len(unsure)
        ),
        "the second reading is the first": share(
            sum(c.readings[0].emotion == c.readings[1].emotion for c in read_twice), len(read_twice)
        ),
        "two sure readings that differ": share(
            sum(
                c.readings[0].sure and c.readings[1].sure and c.readings[0].emotion != c.readings[1].emotion
                for c in read_twice
            ),
            len(read_twice),
        ),
        "changes in a minute, of one frame's emotion": per_minute([clip.single for clip in clips]),
        "changes in a minute, of what is shown": per_minute([clip.smoothed for clip in clips]),
    }
    print("| clips of photographs | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


def top(probabilities: tuple[float, ...]) -> str:
    """The likeliest emotion's name."""
    return EMOTIONS[int(np.argmax(probabilities))]


def named(reading: Reading) -> list[str]:
    """The two likeliest."""
    return [EMOTIONS[i] for i in np.argsort(reading.probabilities)[-2:]]


def share(part: int, whole: int) -> str:
    return f"{part / whole:.1%} of {whole}" if whole else "none"


def per_minute(emotions: list[list[str]]) -> str:
    """How often the emotion is another than the moment before."""
    changes = sum(sum(a != b for a, b in pairwise(one)) for one in emotions)
    return f"{changes / sum(map(len, emotions)) * PER_SECOND * 60:.1f}"


if __name__ == "__main__":
    main()
