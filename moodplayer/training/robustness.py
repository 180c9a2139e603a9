"""What goes wrong with a face on its way to the network, each harm alone and the same for every model."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import cv2
import numpy as np
import numpy.typing as npt

from moodplayer.domain import CROP_SIZE
from moodplayer.training.dataset import Images
from moodplayer.training.disguises import DISGUISES, Points
from moodplayer.training.light import compressed
from moodplayer.vision.crops import POINTS

Corruption = Callable[[Images, np.random.Generator], Images]
"""Faces, uint8 (N, 48, 48), to the same faces harmed; the generator decides where and how."""

_POINTS: Points = np.array(POINTS, np.float32)
"""What a face wears is drawn by them."""

_DRAWN = 4
"""What a face wears is drawn at so many times the crop's size: at 48 pixels its lines would be too thick."""


def occlude(images: Images, rng: np.random.Generator, *, side: int = 16) -> Images:
    """A black square, anywhere inside."""
    n, height, width = images.shape
    tops = rng.integers(0, height - side + 1, n)
    lefts = rng.integers(0, width - side + 1, n)
    out = images.copy()
    for face, top, left in zip(out, tops, lefts, strict=True):
        face[top : top + side, left : left + side] = 0
    return out


def wear(images: Images, rng: np.random.Generator, *, disguise: str) -> Images:
    """Sunglasses, a mask or a hand, where an average face has its eyes or mouth."""
    out = np.empty_like(images)
    size = (CROP_SIZE * _DRAWN, CROP_SIZE * _DRAWN)
    for i, face in enumerate(images):
        large = np.asarray(cv2.resize(face, size, interpolation=cv2.INTER_CUBIC), np.uint8)
        worn = DISGUISES[disguise](large, _POINTS * _DRAWN, rng)
        cv2.resize(worn, face.shape[::-1], out[i], interpolation=cv2.INTER_AREA)
    return out


def brighten(images: Images, _: np.random.Generator, *, factor: float) -> Images:
    """More light, or less: what exceeds the range is lost."""
    return _rounded(images * np.float32(factor))


def noise(images: Images, rng: np.random.Generator, *, sigma: float = 20.0) -> Images:
    """Gaussian noise, in grey levels."""
    return _rounded(images + rng.normal(0.0, sigma, images.shape))


def blur(images: Images, _: np.random.Generator, *, sigma: float = 1.5) -> Images:
    """Out of focus: a Gaussian of `sigma` pixels."""
    side = 2 * int(np.ceil(4 * sigma)) + 1
    return _rounded(
        np.stack([cv2.GaussianBlur(face, (side, side), sigma) for face in images.astype(np.float32)])
    )


def rotate(images: Images, rng: np.random.Generator, *, degrees: float = 20.0) -> Images:
    """Turned by at most `degrees`, either way."""
    return _moved(images, angle=rng.uniform(-degrees, degrees, len(images)))


def off_centre(images: Images, rng: np.random.Generator, *, share: float = 0.12) -> Images:
    """Shifted by `share` of the side, in any direction."""
    heading = rng.uniform(0, 2 * np.pi, len(images))
    shift = share * CROP_SIZE * np.stack([np.cos(heading), np.sin(heading)], axis=1)
    return _moved(images, shift=shift)


def zoom(images: Images, _: np.random.Generator, *, factor: float) -> Images:
    """Cut too tight (above 1) or too loose (below 1)."""
    return _moved(images, scale=np.full(len(images), factor))


def jpeg(images: Images, _: np.random.Generator, *, quality: int = 15) -> Images:
    """Compressed until blocks show."""
    return np.stack([compressed(face, quality) for face in images])


CORRUPTIONS: Mapping[str, Corruption] = {
    "square 16x16": occlude,
    "sunglasses": lambda faces, rng: wear(faces, rng, disguise="sunglasses"),
    "mask": lambda faces, rng: wear(faces, rng, disguise="mask"),
    "hand": lambda faces, rng: wear(faces, rng, disguise="hand"),
    "dark x0.25": lambda faces, rng: brighten(faces, rng, factor=0.25),
    "bright x1.8": lambda faces, rng: brighten(faces, rng, factor=1.8),
    "noise 20": noise,
    "blur 1.5": blur,
    "rotation 20°": rotate,
    "off centre 12 %": off_centre,
    "too tight x1.25": lambda faces, rng: zoom(faces, rng, factor=1.25),
    "too loose x0.8": lambda faces, rng: zoom(faces, rng, factor=0.8),
    "JPEG quality 15": jpeg,
}


def _moved(
    images: Images,
    *,
    angle: npt.NDArray[np.float64] | None = None,
    scale: npt.NDArray[np.float64] | None = None,
    shift: npt.NDArray[np.float64] | None = None,
) -> Images:
    """Turned clockwise by degrees, scaled, then shifted by pixels; the edge is repeated."""
    _, height, width = images.shape
    out = np.empty_like(images)
    for i, face in enumerate(images):
        matrix = cv2.getRotationMatrix2D(
            ((width - 1) / 2, (height - 1) / 2),
            0.0 if angle is None else -float(angle[i]),
            1.0 if scale is None else float(scale[i]),
        )
        if shift is not None:
            matrix[:, 2] += shift[i]
        cv2.warpAffine(face, matrix, (width, height), out[i], borderMode=cv2.BORDER_REPLICATE)
    return out


def _rounded(images: npt.NDArray[np.floating]) -> Images:
    return np.asarray(np.clip(np.rint(images), 0, 255), np.uint8)
