"""What a bad camera in a bad light does to a grey frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from moodplayer.domain import Image

Light = npt.NDArray[np.float32]


def lit(image: Image, rng: np.random.Generator, detail: float) -> Image:
    """The frame in some light, by some camera: any of the below, or none.

    `detail` is the size in pixels of the smallest thing that must still be
    seen, such as a face: what blurs is less than a fifth of it.
    """
    frame = image.astype(np.float32)
    if rng.random() < 0.4:
        frame = _from_one_side(frame, rng)
    if rng.random() < 0.5:
        frame = 255 * np.power(frame / 255, np.float32(np.exp(rng.normal(0, 0.4))))
    kind = rng.random()
    if kind < 0.25:
        frame = dark(frame, (0.07, 0.6), rng).astype(np.float32)
    elif kind < 0.4:
        frame = frame * np.float32(rng.uniform(1.1, 1.7)) + np.float32(rng.uniform(0, 40))
    else:
        frame = (frame - 128) * np.float32(rng.uniform(0.4, 1.2)) + 128 + np.float32(rng.uniform(-30, 30))
    blurred = rng.random()
    if blurred < 0.25:
        frame = _moved(frame, rng, detail * rng.uniform(0.05, 0.2))
    elif blurred < 0.5:
        sigma = max(0.3, detail * rng.uniform(0, 0.05))
        frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), sigma), np.float32)
    if rng.random() < 0.5:
        frame = _noisy(frame, rng.uniform(0, 0.2) * float(frame.std()), rng)
    done = np.clip(frame, 0, 255).astype(np.uint8)
    return compressed(done, int(rng.integers(30, 90))) if rng.random() < 0.2 else done


def plain(image: Image, rng: np.random.Generator) -> Image:
    """The frame as an ordinary camera in an ordinary room gives it: a little contrast, a little noise."""
    frame = image.astype(np.float32)
    frame = (frame - 128) * np.float32(rng.uniform(0.7, 1.1)) + 128 + np.float32(rng.uniform(-20, 20))
    return np.clip(_noisy(frame, rng.uniform(0, 4), rng), 0, 255).astype(np.uint8)


def dark(image: Image | Light, gain: tuple[float, float], rng: np.random.Generator) -> Image:
    """The frame with its light multiplied by some factor in `gain`, and with the noise of a dark room."""
    frame = image.astype(np.float32) * np.float32(np.exp(rng.uniform(*np.log(gain))))
    # A small frame is a camera's made smaller, each pixel the mean of many, or a part of it as it is.
    smaller = np.exp(rng.uniform(min(0.0, np.log(image.shape[1] / 640)), 0))
    sigma = rng.uniform(2, 6) * smaller
    return np.clip(_noisy(frame, sigma, rng), 0, 255).astype(np.uint8)


def _from_one_side(frame: Light, rng: np.random.Generator) -> Light:
    """Brighter on one side, as by a window."""
    height, width = frame.shape
    heading = rng.uniform(0, 2 * np.pi)
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] * np.float32(np.cos(heading))
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] * np.float32(np.sin(heading))
    return np.asarray(frame * np.exp((x + y) * np.float32(rng.uniform(0, 0.8))), np.float32)


def _moved(frame: Light, rng: np.random.Generator, pixels: float) -> Light:
    """Blurred by a movement along a line."""
    length = max(2, round(pixels))
    kernel = np.zeros((length, length), np.float32)
    heading = rng.uniform(0, np.pi)
    along = np.array([np.cos(heading), np.sin(heading)]) * (length - 1) / 2
    centre = (length - 1) / 2
    ends = np.round(np.array([centre - along, centre + along])).astype(int)
    cv2.line(kernel, (int(ends[0, 0]), int(ends[0, 1])), (int(ends[1, 0]), int(ends[1, 1])), 1.0)
    return np.asarray(cv2.filter2D(frame, -1, kernel / kernel.sum()), np.float32)


def _noisy(frame: Light, sigma: float, rng: np.random.Generator) -> Light:
    return frame + rng.standard_normal(frame.shape, np.float32) * np.float32(sigma)


def compressed(image: Image, quality: int) -> Image:
    """The image as JPEG gives it back, at a quality of 0 to 100."""
    done, jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), np.uint8) if done else image
