"""The networks, in Keras 3, for any backend: crops, float32 (B, 48, 48, 1) in [0, 255], to logits (B, 7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, assert_never

import keras
from keras import layers

from moodplayer.domain import CROP_SIZE, EMOTIONS
from moodplayer.training.recipe import Hybrid, Recipe, SeedCnn


@dataclass(frozen=True, slots=True)
class Parts:
    """What makes the layers whose gradient export must make of other operations."""

    relu: Callable[[], Any] = layers.ReLU
    max_pool: Callable[[], Any] = layers.MaxPooling2D
    """2x2."""
    mean_pool: Callable[[], Any] = lambda: layers.AveragePooling2D(2)
    """2x2."""


def build(recipe: Recipe, parts: Parts | None = None, *, size: int | None = CROP_SIZE) -> keras.Model:
    """The untrained network of a recipe; it gives logits, whose softmax are probabilities.

    Where the recipe's loss counts votes there are two outputs: `labels`, what
    the dataset says, and `votes`, what people see. `parts` may be replaced by
    others that compute the same. `size` is the crop's side; with None a
    `hybrid` takes any, with the same weights.
    """
    parts = parts or Parts()
    inputs = keras.Input((size, size, 1), name="crop")
    # Each face to mean 0 and variance 1: a dim room looks to the network like a bright one.
    x = layers.LayerNormalization(axis=[1, 2, 3], center=False, scale=False, dtype="float32")(inputs)
    match recipe.network:
        case SeedCnn() as network:
            x = _seed_cnn(x, network, parts)
        case Hybrid() as network:
            x = _hybrid(x, network, parts)
        case _ as never:
            assert_never(never)
    heads = ["labels", "votes"] if recipe.loss.votes else ["labels"]
    logits = {head: layers.Dense(len(EMOTIONS), dtype="float32", name=head)(x) for head in heads}
    return keras.Model(inputs, logits, name=recipe.architecture)


def _seed_cnn(x: Any, network: SeedCnn, parts: Parts) -> Any:
    for filters in network.filters:
        x = layers.Conv2D(filters, 3, padding="same", use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization()(x)
        x = parts.relu()(x)
        x = parts.max_pool()(x)
        x = layers.Dropout(network.block_dropout)(x)
    x = layers.Flatten()(x)
    for units in network.dense:
        x = layers.Dense(units, use_bias=False, kernel_initializer="he_normal")(x)
        x = layers.BatchNormalization()(x)
        x = parts.relu()(x)
        x = layers.Dropout(network.dense_dropout)(x)
    return x


def _hybrid(x: Any, network: Hybrid, parts: Parts) -> Any:
    def convolution(x: Any, filters: int, kernel: int = 3, stride: int = 1) -> Any:
        x = layers.Conv2D(
            filters, kernel, stride, padding="same", use_bias=False, kernel_initializer="he_normal"
        )(x)
        return layers.BatchNormalization()(x)

    def residual(x: Any, filters: int, stride: int) -> Any:
        y = convolution(parts.relu()(convolution(x, filters, stride=stride)), filters)
        if stride > 1:
            # A mean before the 1x1 convolution, or it would see but one pixel of four (He et al., 2019).
            x = convolution(parts.mean_pool()(x), filters, kernel=1)
        return parts.relu()(layers.Add()([x, y]))

    x = parts.relu()(convolution(x, network.stem))
    for filters, blocks in zip(network.stages, network.blocks, strict=True):
        for block in range(blocks):
            x = residual(x, filters, stride=2 if block == 0 else 1)
    if network.depth:
        x = parts.relu()(convolution(x, network.width, kernel=1))
        x = layers.Reshape((-1, network.width))(x)
        for _ in range(network.depth):
            x = _transformer(x, network, parts)
        x = layers.LayerNormalization(epsilon=1e-5)(x)
        x = layers.GlobalAveragePooling1D()(x)
    else:
        x = layers.GlobalAveragePooling2D()(x)
    return layers.Dropout(network.dropout)(x)


def _transformer(x: Any, network: Hybrid, parts: Parts) -> Any:
    """A block with its normalisation first (Xiong et al., 2020). The convolutions know where a place is."""
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    y = layers.MultiHeadAttention(network.heads, network.width // network.heads)(y, y)
    x = layers.Add()([x, y])
    y = layers.LayerNormalization(epsilon=1e-5)(x)
    y = layers.Dense(network.width)(parts.relu()(layers.Dense(2 * network.width)(y)))
    return layers.Add()([x, y])
