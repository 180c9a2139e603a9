"""How well and how fast faces are found, with OpenCV's Haar cascade beside it: python bench/faces.py FOLDER

FOLDER holds what frames are composed of (`faces.npz`, `backgrounds.npz`); what training held out is used.
`--photographs` is a folder of pictures with one face each; `--sheet FILE.png` draws 60 of the frames, the
20 worst among them. The cascade needs OpenCV 4; without it its column stays empty. One thread.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np

from moodplayer.domain import Box, Detection
from moodplayer.training import scenes
from moodplayer.training.material import load_material
from moodplayer.training.scenes import Plan, Scene
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.crops import crop_of, place_of
from moodplayer.vision.explain import DEFAULT, Explainer
from moodplayer.vision.faces import FaceFinder

if TYPE_CHECKING:
    from moodplayer.domain import Image

SIZE = (640, 480)
SEED = 640_480

GROUPS = {
    "any, in any light": Plan(least=1, close_ups=0.1),
    "any, in an ordinary room": Plan(least=1, any_light=False),
    "tilted by 25° to 40°": Plan(least=1, any_light=False, tilts=(25, 40)),
    "dark: a quarter to an eighth of the light": Plan(least=1, darkness=(1 / 8, 1 / 4)),
    "sunglasses": Plan(least=1, any_light=False, disguise="sunglasses"),
    "mask": Plan(least=1, any_light=False, disguise="mask"),
    "hand": Plan(least=1, any_light=False, disguise="hand"),
    "cap": Plan(least=1, any_light=False, disguise="cap"),
    "hair": Plan(least=1, any_light=False, disguise="hair"),
    "under 15 % of the frame's height": Plan(least=1, any_light=False, heights=(0.08, 0.15)),
}

Find: TypeAlias = "Callable[[Image], list[Box]]"


@dataclass
class Tally:
    """What one finder did on some scenes."""

    faces: int = 0
    found: int = 0
    false: int = 0

    def add(self, scene: Scene, boxes: Sequence[Box]) -> float:
        """Count a scene; how much the worst-found face's box overlaps, in [0, 1]."""
        best = [max((overlap(true, box) for box in boxes), default=0.0) for true in scene.boxes]
        self.faces += len(best)
        self.found += sum(share >= 0.5 for share in best)
        self.false += sum(all(overlap(true, box) < 0.3 for true in scene.boxes) for box in boxes)
        return min(best, default=1.0)

    def __str__(self) -> str:
        return f"{self.found / self.faces:.1%} ({self.false} false)"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--photographs", type=Path)
    arguments.add_argument("--model", type=Path)
    arguments.add_argument("--frames", type=int, default=300, help="of each group")
    arguments.add_argument("--sheet", type=Path)
    arguments.add_argument("--no-haar", action="store_true")
    options = arguments.parse_args()

    cv2.setNumThreads(1)
    _, held_out = load_material(options.folder).split()
    finder = FaceFinder(options.model)
    haar = None if options.no_haar else cascade()

    print(f"{len(held_out.portraits)} portraits and {len(held_out.backgrounds)} backgrounds held out\n")
    print("| faces found (IoU 0.5) | faces | moodplayer | Haar |\n|---|---|---|---|")
    drawn: list[tuple[float, Image]] = []
    errors: list[float] = []
    for number, (name, plan) in enumerate(GROUPS.items()):
        own, other = Tally(), Tally()
        for i in range(options.frames):
            scene = scenes.compose(held_out, SIZE, plan, np.random.default_rng([SEED, number, i]))
            frame = np.asarray(cv2.cvtColor(scene.image, cv2.COLOR_GRAY2BGR), np.uint8)
            faces = finder.find(frame)
            worst = own.add(scene, [face.box for face in faces])
            errors += eye_errors(scene, faces)
            if haar is not None:
                other.add(scene, haar(frame))
            if options.sheet:
                drawn.append((worst, draw(frame, scene, faces)))
        print(f"| {name} | {own.faces} | {own} | {other if haar else ''} |", flush=True)

    rows = [("eyes' mean error, share of their distance", f"{np.mean(errors):.1%}", "")]
    rows.append(false_faces(held_out.backgrounds, finder, haar))
    if options.photographs:
        rows += photographs(options.photographs, finder, haar)
    rows += times(finder, haar)
    print("\n| | moodplayer | Haar |\n|---|---|---|")
    for name, own_figure, haar_figure in rows:
        print(f"| {name} | {own_figure} | {haar_figure} |")
    if options.sheet:
        write_sheet(options.sheet, drawn)


def cascade() -> Find | None:
    """OpenCV's Haar cascade at its defaults, as the peers use it; None where OpenCV has none."""
    if not hasattr(cv2, "CascadeClassifier"):
        return None
    file = Path(cv2.__file__).parent / "data" / "haarcascade_frontalface_default.xml"
    classifier = cv2.CascadeClassifier(str(file))

    def find(image: Image) -> list[Box]:
        found = classifier.detectMultiScale(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        return [Box(*(int(side) for side in box)) for box in found]

    return find


def overlap(true: Sequence[float] | np.ndarray, box: Box) -> float:
    """Intersection over union, in [0, 1]."""
    x, y, width, height = (float(side) for side in true)
    across = min(x + width, box.x + box.width) - max(x, box.x)
    down = min(y + height, box.y + box.height) - max(y, box.y)
    shared = max(0.0, across) * max(0.0, down)
    return shared / (width * height + box.area - shared)


def eye_errors(scene: Scene, faces: Sequence[Detection]) -> list[float]:
    """The mean distance of both eyes from where they are, by the eyes' distance, for each face found."""
    errors = []
    for true, points in zip(scene.boxes, scene.points, strict=True):
        best = max(faces, key=lambda face: overlap(true, face.box), default=None)
        if best is not None and overlap(true, best.box) >= 0.5:
            apart = np.hypot(*(points[1] - points[0]))
            errors.append(float(np.hypot(*(np.array(best.points[:2]) - points[:2]).T).mean() / apart))
    return errors


def false_faces(backgrounds: Sequence[Image], finder: FaceFinder, haar: Find | None) -> tuple[str, str, str]:
    """How many pictures without a face are said to have one."""
    own = other = 0
    for background in backgrounds:
        frame = np.asarray(cv2.cvtColor(background, cv2.COLOR_GRAY2BGR), np.uint8)
        own += bool(finder.find(frame))
        other += bool(haar and haar(frame))
    n = len(backgrounds)
    return f"pictures without a face in which one is seen, of {n}", str(own), str(other) if haar else ""


def photographs(folder: Path, finder: FaceFinder, haar: Find | None) -> list[tuple[str, str, str]]:
    """In how many photographs a face is found whose box holds the picture's middle, and in what time."""
    files = sorted(folder.iterdir())
    frames = [np.asarray(image, np.uint8) for file in files if (image := cv2.imread(str(file))) is not None]
    if not frames:
        raise SystemExit(f"there are no pictures in {folder}")
    finders: list[Find | None] = [lambda frame: [face.box for face in finder.find(frame)], haar]
    found, milliseconds = [""] * 2, [""] * 2
    for column, find in enumerate(finders):
        if find is None:
            continue
        hits, seconds = 0, []
        for frame in frames:
            start = time.perf_counter()
            boxes = find(frame)
            seconds.append(time.perf_counter() - start)
            y, x = frame.shape[0] / 2, frame.shape[1] / 2
            hits += any(b.x <= x <= b.x + b.width and b.y <= y <= b.y + b.height for b in boxes)
        found[column] = f"{hits} ({hits / len(frames):.1%})"
        milliseconds[column] = f"{1000 * statistics.mean(seconds):.2f} ms"
    return [
        (f"photographs whose face is found, of {len(frames)}", found[0], found[1]),
        ("one of them, on average", milliseconds[0], milliseconds[1]),
    ]


def times(finder: FaceFinder, haar: Find | None) -> list[tuple[str, str, str]]:
    """Milliseconds for one frame of 640x480 with a face of a third of its height, resizing included; Haar's
    are for finding alone."""
    from moodplayer.vision.demo_face import DemoFace

    frame = DemoFace().frame_at(2.5)
    small = cv2.resize(frame, (480, 360), interpolation=cv2.INTER_AREA)
    frame = np.asarray(cv2.copyMakeBorder(small, 60, 60, 80, 80, cv2.BORDER_REPLICATE), np.uint8)
    one, next_one = timed(lambda: finder.find(frame)), timed(lambda: finder.follow(frame))
    base = timed(lambda: haar(frame), 15) if haar else None
    classifier = Classifier()
    explainer = Explainer(classifier)

    def crop() -> Image:
        face = finder.follow(frame)
        assert face is not None
        return crop_of(frame, place_of(face))

    read = timed(lambda: classifier.read(crop()))
    why = timed(lambda: explainer.explain(crop(), DEFAULT))
    return [
        (name, f"{ms:.2f} ms" + (f" (1/{base / ms:.0f})" if base else ""), f"{base:.1f} ms" if base else "")
        for name, ms in (
            ("one frame of 640x480", one),
            ("one more of it, following the face", next_one),
            ("one more, to probabilities", read),
            ("one more, to probabilities and a heat map", why),
        )
    ]


def timed(action: Callable[[], object], runs: int = 200) -> float:
    """The median, in milliseconds."""
    action()
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return statistics.median(seconds) * 1000


def draw(frame: Image, scene: Scene, faces: Sequence[Detection]) -> Image:
    """The frame at half its size: true boxes in white, found ones and their points in colour."""
    picture = cv2.resize(frame, (320, 240), interpolation=cv2.INTER_AREA)
    for x, y, width, height in scene.boxes / 2:
        cv2.rectangle(picture, (int(x), int(y)), (int(x + width), int(y + height)), (255, 255, 255), 1)
    for face in faces:
        box = face.box
        corners = (box.x // 2, box.y // 2), ((box.x + box.width) // 2, (box.y + box.height) // 2)
        cv2.rectangle(picture, *corners, (80, 220, 80), 1)
        for x, y in face.points:
            cv2.circle(picture, (round(x / 2), round(y / 2)), 1, (60, 60, 255), -1)
    return np.asarray(picture, np.uint8)


def write_sheet(file: Path, drawn: list[tuple[float, Image]]) -> None:
    """The 20 frames whose faces were found worst in the first two rows, then 40 taken evenly."""
    ranked = sorted(range(len(drawn)), key=lambda i: drawn[i][0])
    chosen = ranked[:20] + sorted(ranked[20 :: max(1, (len(ranked) - 20) // 40)][:40])
    pictures = [drawn[i][1] for i in chosen]
    rows = [np.hstack(pictures[i : i + 10]) for i in range(0, len(pictures) - len(pictures) % 10, 10)]
    cv2.imwrite(str(file), np.vstack(rows))


if __name__ == "__main__":
    main()
