"""Fill docs/explanations.md anew: python bench/document_explanations.py DATASET --run RUN --trained-on TRAIN

Runs the commands that the document names, and puts their tables and pictures where it has them. RUN is
the folder that the shipped network was trained in. Takes a quarter of an hour on two cores; `--faces 50`
tries it out.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import msgspec
from skimage import data

from moodplayer.domain import Method
from moodplayer.training import faithfulness
from moodplayer.training.faithfulness import BLOB, PLAIN, RANDOM, Faithful, Step
from moodplayer.vision.demo_face import DemoFace
from moodplayer.vision.explain import DEFAULT

ROOT = Path(__file__).resolve().parent.parent
DOCUMENT = ROOT / "docs" / "explanations.md"
MOODPLAYER = [sys.executable, "-m", "moodplayer.cli"]


class Report(msgspec.Struct):
    """What `evaluate --json` says of explanations."""

    model: str
    faithfulness: dict[str, Faithful]
    sanity: list[Step] = []


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("--run", type=Path)
    arguments.add_argument(
        "--trained-on", type=Path, help="the training part, for the choice of Grad-CAM's layer"
    )
    arguments.add_argument("--faces", type=int, default=faithfulness.SAMPLE)
    options = arguments.parse_args()

    draw_sheets()
    fill("speed", output([sys.executable, "bench/explanations.py"]))
    pictures = ["--picture", "docs/heat_maps.png"]
    fill("regions", output([sys.executable, "bench/regions.py", str(options.dataset), *pictures]))
    evaluate = [*MOODPLAYER, "evaluate", str(options.dataset), "--json", "--faithfulness"]
    evaluate += ["--faces", str(options.faces), *(["--run", str(options.run)] if options.run else [])]
    (report,) = msgspec.json.decode(output(evaluate), type=list[Report])
    fill("faithfulness", faithfulness.markdown(faithfulness.rows(report.faithfulness)))
    fill("verdict", verdict(report.faithfulness))
    if options.run and options.trained_on:
        cams = ["bench/cams.py", str(options.trained_on), "--run", str(options.run)]
        fill("cams", output([sys.executable, *cams]))
    if report.sanity:
        fill("sanity", faithfulness.markdown(faithfulness.sanity_rows(report.sanity)))


def output(command: list[str]) -> str:
    """What a command prints; it ends this one if it fails."""
    print("$", *command[1:], file=sys.stderr, flush=True)
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def fill(name: str, text: str) -> None:
    """Put `text` between the document's marks of that name."""
    marks = f"<!-- {name} -->", f"<!-- end of {name} -->"
    document = DOCUMENT.read_text("utf-8")
    pattern = re.compile(f"{re.escape(marks[0])}.*?{re.escape(marks[1])}", re.DOTALL)
    filled, count = pattern.subn(lambda _: f"{marks[0]}\n\n{text.strip()}\n\n{marks[1]}", document)
    if count != 1:
        raise SystemExit(f"{DOCUMENT} has no place for {name}")
    DOCUMENT.write_text(filled, encoding="utf-8")


def draw_sheets() -> None:
    """A photograph that is free (NASA's, of Eileen Collins) and the demo face."""
    with tempfile.TemporaryDirectory() as folder:
        for name, picture in (
            ("why", data.astronaut()[..., ::-1]),
            ("why_demo", DemoFace().frame_at(2.5)),
        ):
            file = Path(folder) / f"{name}.png"
            cv2.imwrite(str(file), picture)
            output([*MOODPLAYER, "detect", str(file), "--explain", "all", "--out", f"docs/{name}.png"])


def verdict(report: Mapping[str, Faithful]) -> str:
    """In words: which method is truest, and whether the one shown by default beats both controls."""
    methods = {name: one for name, one in report.items() if name not in (RANDOM, BLOB)}
    best = min(methods, key=lambda name: methods[name].deletion)
    lines = [
        f"Of {methods[best].n} faces, `{best}` has the lowest deletion. {control(DEFAULT.method, methods)}"
    ]
    lines += [
        control(name, methods)
        for name in (PLAIN, *map(str, Method))
        if name in methods and name != DEFAULT.method
    ]
    return "\n".join(f"- {line}" for line in lines)


def control(name: str, methods: Mapping[str, Faithful]) -> str:
    """How a method stands to both controls."""
    said = []
    for other, (by, spread) in methods[name].better.items():
        if abs(by) <= spread:
            said.append(f"no different from {other} ({by:+.3f} ± {spread:.3f})")
        else:
            said.append(f"{'better' if by > 0 else 'worse'} than {other} ({by:+.3f} ± {spread:.3f})")
    shown = ", which is shown by default," if name == DEFAULT.method else ""
    return f"`{name}`{shown} is {' and '.join(said)}."


if __name__ == "__main__":
    main()
