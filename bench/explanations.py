"""What explaining costs beside reading, on one core: python bench/explanations.py [--model FILE]

Milliseconds are the processor's own, not the clock's, of one thread: what else runs on the machine
hardly counts. Each row is the median of many runs, taken in turn with the others. The ratio is to reading
alone, by the network as it decides.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from moodplayer.domain import Frame, Method, Why
from moodplayer.vision import lime
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.demo_face import DemoFace
from moodplayer.vision.explain import SMOOTH_SAMPLES, Explainer
from moodplayer.vision.look import LIVE_PERTURBATIONS, Looker

ROUNDS = 60
TARGETS = {"saliency": 3.0, "gradcam": 1.3}
"""Times reading alone."""

LIME_TARGET = 0.25
"""Seconds."""


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--model", type=Path)
    options = arguments.parse_args()
    classifier = Classifier(options.model)
    explainer = Explainer(classifier)
    face = Looker(classifier, None).look(Frame(DemoFace().frame_at(2.5), 2.5, 0)).face
    assert face is not None
    crop = face.crop

    what: dict[str, Callable[[], object]] = {"reading alone": lambda: classifier.read(crop)}
    if Method.SALIENCY in explainer.methods():
        what["saliency"] = lambda: classifier.saliency(crop)
    if Method.GRADCAM in explainer.methods():
        what["gradcam"] = lambda: classifier.grad_cam(crop)
    seconds: dict[str, list[float]] = {name: [] for name in what}
    for _ in range(ROUNDS):
        for name, run in what.items():
            seconds[name].append(timed(run))
    best = {name: float(np.median(times)) for name, times in seconds.items()}
    alone = best["reading alone"]

    print("| what | ms | times reading alone | target |\n|---|---|---|---|")
    for name, took in best.items():
        target = f"at most {TARGETS[name]}: {met(took / alone <= TARGETS[name])}" if name in TARGETS else ""
        label = f"probabilities and {name}" if name in TARGETS else name
        print(f"| {label} | {took * 1000:.2f} | {took / alone:.2f} | {target} |", flush=True)
    if Method.SALIENCY in explainer.methods():
        why = Why(Method.SALIENCY)
        smooth = min(timed(lambda: explainer.explain(crop, why, samples=SMOOTH_SAMPLES)) for _ in range(3))
        print(f"| SmoothGrad, {SMOOTH_SAMPLES} copies | {smooth * 1000:.0f} | {smooth / alone:.0f} | |")
    for n in (LIVE_PERTURBATIONS, lime.PERTURBATIONS):
        run = partial(explainer.explain, crop, Why(Method.LIME), perturbations=n)
        took = min(timed(run) for _ in range(3))
        target = (
            f"at most 250 ms: {met(took <= LIME_TARGET)}" if n == lime.PERTURBATIONS else "live, each look"
        )
        print(f"| LIME, {n} perturbations | {took * 1000:.0f} | {took / alone:.0f} | {target} |")
    fitting = min(timed(lambda: lime.fit(crop, lambda version: float(np.mean(version)))) for _ in range(3))
    print(f"| of that, all but the network | {fitting * 1000:.0f} | {fitting / alone:.0f} | |")


def timed(run: Callable[[], object]) -> float:
    start = time.process_time()
    run()
    return time.process_time() - start


def met(fulfilled: bool) -> str:
    return "met" if fulfilled else "missed"


if __name__ == "__main__":
    main()
