"""The networks, in Keras 3, for any backend: crops, float32 (B, 48, 48, 1) in [0, 255], to logits (B, 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.errors import DatasetError
from moodplayer.training.recipe import Recipe

LayerFactory = Callable[[], Any]


def build(
    recipe: Recipe, *, relu: LayerFactory | None = None, max_pool: LayerFactory | None = None
) -> keras.Model:
    """The untrained network of a recipe; it gives logits, whose softmax are the probabilities.

    `relu` and `max_pool` (2x2) make those layers, and may be replaced by others
    that compute the same: export does so, where a gradient must be made of other operations.
    """
    builders = {"seed_cnn": _seed_cnn}
    if recipe.architecture not in builders:
        raise DatasetError(
            f"no architecture is called {recipe.architecture}", f"there are: {', '.join(builders)}"
        )
    return builders[recipe.architecture](recipe, relu or layers.ReLU, max_pool or layers.MaxPooling2D)


def _seed_cnn(recipe: Recipe, relu: LayerFactory, max_pool: LayerFactory) -> keras.Model:
    net = recipe.network
    inputs = keras.Input((CROP_SIZE, CROP_SIZE, 1), name="crop")
    # Each face to mean 0 and variance 1: a dim room looks to the network like a bright one.
    x = layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False, dtype="float32")(inputs)
    for filters in net.filters:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization()(x)
        x = relu()(x)
        x = max_pool()(x)
        x = layers.Dropout(net.block_dropout)(x)
    x = layers.Flatten()(x)
    for units in net.dense:
        x = layers.Dense(units, use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization()(x)
        x = relu()(x)
        x = layers.Dropout(net.dense_dropout)(x)
    logits = layers.Dense(len(EMOTIONS), dtype="float32", name="logits")(x)
    return keras.Model(inputs, logits, name="seed_cnn")
