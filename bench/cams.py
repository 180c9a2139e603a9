"""Where should Grad-CAM look, and how weigh? python bench/cams.py train.npz --run runs/hybrid

Deletion (see docs/explanations.md; low is good), of faces that the run held out of the dataset that it was
trained on, by how many places the features have, and by their weights: the mean gradient over all places, as
in Grad-CAM's paper, or each place's own, as in HiResCAM's. `below random's` is face by face, with half of a
95 % interval.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import tensorflow as tf

from moodplayer.domain import EMOTIONS
from moodplayer.training import dataset, recipe, train
from moodplayer.training.faithfulness import area, curve, importance, sample, spread
from moodplayer.training.gradients import Explained
from moodplayer.vision import explain
from moodplayer.vision.classifier import Classifier

PLACES = (6, 12, 24)


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("dataset", type=Path)
    arguments.add_argument("--run", type=Path, required=True)
    arguments.add_argument("--faces", type=int, default=300)
    options = arguments.parse_args()

    plan = recipe.load("hybrid", recipe.Recipe)
    data = dataset.load(options.dataset)
    _, held = dataset.split(data, plan.data.validation, plan.seed)
    images = data.take(held).images[sample(len(held), options.faces)]
    model = train.best_of(train.Run(options.run), plan)
    classifier = Classifier(options.run / "emotion.tflite")
    read = np.array([np.argmax(classifier.read(image)) for image in images])

    def deletions(maps: list[np.ndarray]) -> np.ndarray:
        return np.array(
            [
                area(curve(classifier.read, image, EMOTIONS[top], importance(heat, i), inserts=False))
                for i, (image, top, heat) in enumerate(zip(images, read, maps, strict=True))
            ]
        )

    rng = np.random.default_rng(0)
    chance = deletions([rng.random(image.shape, np.float32) for image in images])
    print("| places | weights | deletion | below random's |\n|---|---|---|---|")
    print(f"| random | | {chance.mean():.3f} | |")
    crops = tf.constant(images[..., None], tf.float32)
    asked = tf.constant(np.eye(len(EMOTIONS), dtype=np.float32)[read])
    for places in PLACES:
        explained = Explained(model, plan, {"labels": 1.0, "votes": 1.0}, places=places)
        _, features, gradient = explained.features(crops, asked)
        for name, weights in (
            ("mean gradient", tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)),
            ("each place's own", gradient),
        ):
            cams = tf.reduce_sum(weights * features, axis=-1).numpy()
            found = deletions([explain.grad_cam(cam) for cam in cams])
            below = chance - found
            print(
                f"| {places}x{places} | {name} | {found.mean():.3f} "
                f"| {below.mean():+.3f} ± {spread(below):.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
