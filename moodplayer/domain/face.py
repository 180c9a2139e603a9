"""From a frame to a reading: what is seen of a face, what is read in it, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from moodplayer.domain.emotion import EMOTIONS, Emotion, Mood, Probabilities, mood_of

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]
    """A frame (height, width, 3; BGR) or a crop (48, 48; grey)."""
    HeatMap = npt.NDArray[np.float32]
    """(48, 48) in [0, 1]: how much each pixel of the crop weighed."""

CROP_SIZE = 48
"""Height and width in pixels of the crop that the network reads, as FER-2013's."""


class Method(StrEnum):
    """A way to explain what is read in a face."""

    SALIENCY = "saliency"
    """Which places' light speaks for the emotion, by the network's gradient."""
    GRADCAM = "gradcam"
    """Which of a late convolution's features spoke for it, and where they are."""
    LIME = "lime"
    """Which parts speak for it, by hiding some of them again and again."""

    @property
    def label(self) -> str:
        """As it is called in its paper."""
        return {"saliency": "saliency", "gradcam": "Grad-CAM", "lime": "LIME"}[self]


class Region(StrEnum):
    """A part of the face."""

    MOUTH = "mouth"
    EYES = "eyes"
    BROWS = "brows"
    NOSE = "nose"
    CHEEKS = "cheeks"
    FOREHEAD = "forehead"


Shares = Mapping[Region, float]
"""Of a heat map's heat, in [0, 1], the largest first; what is missing to 1 lies beside all regions."""


WORTH_SAYING = 0.15
"""A region with less of the heat is not named."""


@dataclass(frozen=True, slots=True)
class Why:
    """What is asked about a face: by which method, and why not another emotion instead."""

    method: Method
    not_second: bool = False
    """Why the likeliest emotion and not the next; else why it at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """Which part of a face decided."""

    why: Why
    emotion: Emotion
    rather_than: Emotion | None
    heat_map: HeatMap = field(repr=False)
    shares: Shares
    fit: float | None = None
    """R² of LIME's local model, at most 1; None for other methods."""

    def words(self, most: int = 2) -> str:
        """The regions that weighed most, such as "mouth 46 %, eyes 31 %"; nothing where none stands out."""
        named = [(region, share) for region, share in self.shares.items() if share >= WORTH_SAYING][:most]
        return ", ".join(f"{region} {share * 100:.0f} %" for region, share in named)

    @property
    def reason(self) -> str:
        """What is explained: "sad", or "sad and not neutral"."""
        return str(self.emotion) + (f" and not {self.rather_than}" if self.rather_than else "")


@dataclass(frozen=True, slots=True)
class Box:
    """A face's place in its frame, in pixels; (x, y) is the top left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        return self.width * self.height


Point = tuple[float, float]
"""x and y in a frame's pixels."""


@dataclass(frozen=True, slots=True)
class Detection:
    """A face found in a frame; nothing is read in it yet."""

    box: Box
    points: tuple[Point, Point, Point, Point, Point]
    """The eye on the picture's left, the eye on its right, the nose, the mouth's left and right corner."""
    score: float
    """How sure the detector is that this is a face, in [0, 1]."""


@dataclass(frozen=True, slots=True)
class CropPlace:
    """The square of a frame that a crop shows: its centre and side in pixels, and its turn."""

    x: float
    y: float
    side: float
    angle: float
    """Degrees, clockwise as seen on the screen."""


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """One face in one frame: where it is, and what the network reads in it."""

    detection: Detection
    place: CropPlace
    probabilities: Probabilities
    crop: Image = field(repr=False)
    explanation: Explanation | None = field(default=None, repr=False)

    @property
    def heat_map(self) -> HeatMap | None:
        return self.explanation.heat_map if self.explanation else None

    @property
    def box(self) -> Box:
        return self.detection.box

    @property
    def emotion(self) -> Emotion:
        return EMOTIONS[max(range(len(EMOTIONS)), key=self.probabilities.__getitem__)]

    @property
    def confidence(self) -> float:
        """The probability of the top emotion."""
        return max(self.probabilities)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a frame source."""

    image: Image = field(repr=False)
    """(height, width, 3), BGR."""
    time: float
    """Seconds: of the clip where there is one, else of a monotonic clock."""
    name: str | int
    """Its file name in a folder or image, else its number, from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """One frame and the faces in it, the largest first. Not yet a reading."""

    frame: Frame
    faces: tuple[Face, ...]

    @property
    def face(self) -> Face | None:
        """The face that counts."""
        return self.faces[0] if self.faces else None


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One smoothed look at a face, or what the person said by hand (then without box and heat map)."""

    probabilities: Probabilities
    sure: bool
    """Whether the frames agreed. If not, the probabilities are still their mean."""
    time: float
    """Monotonic seconds at which it was made."""
    box: Box | None = None
    explanation: Explanation | None = field(default=None, repr=False)
    """Of the face in the last seconds, on average."""
    crop: Image | None = field(default=None, repr=False)
    """The last that was read of it."""
    by_hand: bool = False

    @property
    def heat_map(self) -> HeatMap | None:
        return self.explanation.heat_map if self.explanation else None

    @property
    def emotion(self) -> Emotion:
        return EMOTIONS[max(range(len(EMOTIONS)), key=self.probabilities.__getitem__)]

    @property
    def confidence(self) -> float:
        """The probability of the top emotion."""
        return max(self.probabilities)

    @property
    def mood(self) -> Mood:
        return mood_of(self.probabilities)
