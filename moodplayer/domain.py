"""The words that all parts share: what a face shows, what a track expresses, and why.

Imports nothing heavy, so that every part, and `moodplayer --help`, can afford it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Image = npt.NDArray[np.uint8]
    """A frame (height, width, 3; BGR) or a crop (48, 48; grey)."""
    HeatMap = npt.NDArray[np.float32]
    """(48, 48) in [0, 1]: how much each pixel of the crop weighed."""

CROP_SIZE = 48
"""Height and width in pixels of the crop that the network reads, as FER-2013's."""


@dataclass(frozen=True, slots=True)
class Mood:
    """A point on Russell's circumplex: valence and arousal, each in [-1, 1]."""

    valence: float
    arousal: float

    def distance(self, other: Mood) -> float:
        """Euclidean distance, in [0, 2·√2]."""
        return math.hypot(self.valence - other.valence, self.arousal - other.arousal)

    def towards(self, other: Mood, share: float) -> Mood:
        """The point that lies `share` (0 to 1) of the way from here to `other`."""
        return Mood(
            self.valence + share * (other.valence - self.valence),
            self.arousal + share * (other.arousal - self.arousal),
        )


class Emotion(StrEnum):
    """What a face shows, in FER-2013's order, which is the order of every array, file and table."""

    ANGRY = "angry"
    DISGUST = "disgust"
    FEAR = "fear"
    HAPPY = "happy"
    SAD = "sad"
    SURPRISE = "surprise"
    NEUTRAL = "neutral"

    @property
    def mood(self) -> Mood:
        """Its place on the circumplex (pleasure and arousal of Russell & Mehrabian, 1977)."""
        return _MOODS[self]


EMOTIONS: tuple[Emotion, ...] = tuple(Emotion)

_MOODS: Mapping[Emotion, Mood] = {
    Emotion.ANGRY: Mood(-0.43, 0.67),
    Emotion.DISGUST: Mood(-0.60, 0.35),
    Emotion.FEAR: Mood(-0.64, 0.60),
    Emotion.HAPPY: Mood(0.81, 0.51),
    Emotion.SAD: Mood(-0.63, -0.27),
    Emotion.SURPRISE: Mood(0.40, 0.67),
    Emotion.NEUTRAL: Mood(0.0, 0.0),
}

Probabilities = tuple[float, ...]
"""Seven numbers in [0, 1] that sum to 1, in the order of EMOTIONS."""


def certain(emotion: Emotion) -> Probabilities:
    """The probabilities of somebody who says so themselves."""
    return tuple(1.0 if e is emotion else 0.0 for e in EMOTIONS)


def mood_of(probabilities: Sequence[float]) -> Mood:
    """The mean of the emotions' places, weighted by their probabilities.

    An unsure reading gives a middling mood, and nothing jumps when two
    emotions change places by a hair.
    """
    total = sum(probabilities) or 1.0
    return Mood(
        sum(p * e.mood.valence for p, e in zip(probabilities, EMOTIONS, strict=True)) / total,
        sum(p * e.mood.arousal for p, e in zip(probabilities, EMOTIONS, strict=True)) / total,
    )


def nearest_emotion(mood: Mood) -> Emotion:
    """The emotion whose place on the circumplex is nearest."""
    return min(EMOTIONS, key=lambda e: mood.distance(e.mood))


class Mode(StrEnum):
    """How an emotion becomes a target mood."""

    MATCH = "match"
    """The same mood as the face's."""
    LIFT = "lift"
    """From the face's mood towards happy, step by step over the queue."""
    CALM = "calm"
    """From the face's mood towards calm, step by step over the queue."""


class Method(StrEnum):
    """A way to explain what is read in a face."""

    SALIENCY = "saliency"
    """Which places' light speaks for the emotion, by the network's gradient."""
    GRADCAM = "gradcam"
    """Which of the last convolution's features spoke for it, and where they are."""
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


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a track has its mood: the tag and its value, in words a person reads."""

    tag: str
    """What decided: rule, mood, number, genre, title, bpm, key, or nothing."""
    text: str
    """For instance "genre Doom Metal › Metal"."""

    def __str__(self) -> str:
        return self.text


NO_EVIDENCE = Evidence("", "no tag says a mood")


@dataclass(frozen=True, slots=True)
class Tags:
    """What one audio file says of itself; text is already clean. No mood is drawn from it yet."""

    path: Path
    title: str
    artist: str = ""
    album: str = ""
    genres: tuple[str, ...] = ()
    moods: tuple[str, ...] = ()
    bpm: float | None = None
    """Beats per minute."""
    key: str = ""
    """As tagged: "Am", "F#", "8A"."""
    length: float = 0.0
    """Seconds; 0 where unknown."""
    album_artist: str = ""
    """Empty where it is not tagged: then the artist is."""
    date: str = ""
    """As tagged: "1997", "1997-05-21"."""
    number: int | None = None
    """Of the track on its disc, from 1."""
    disc: int | None = None
    """From 1."""
    gain: float | None = None
    """ReplayGain of the track in dB, against 89 dB SPL (-18 LUFS)."""
    album_gain: float | None = None
    """Likewise of the album."""
    is_compilation: bool = False
    measures: tuple[tuple[str, float], ...] = ()
    """What programs measured, by name (happy, sad, aggressive, relaxed, party, danceable: in [0, 1]; valence,
    arousal, energy: in [-1, 1]), each name once."""

    @property
    def year(self) -> int | None:
        """The year of `date`, 1000 to 2999."""
        return year_of(self.date)


def year_of(date: str) -> int | None:
    """The first year in a date as people write them, "1997-05-21" or "21.5.1997"; 1000 to 2999."""
    match = re.search(r"(?<!\d)[12]\d{3}(?!\d)", date, re.ASCII) or re.match(r"[12]\d{3}", date, re.ASCII)
    return int(match[0]) if match else None


@dataclass(frozen=True, slots=True)
class Track:
    """One audio file of the library, its mood, and why."""

    path: Path
    title: str
    artist: str = ""
    album: str = ""
    genre: str = ""
    bpm: float | None = None
    key: str = ""
    length: float = 0.0
    mood: Mood = Mood(0.0, 0.0)
    sure: float = 0.0
    """How much the evidence says, in [0, 1]; 0 where nothing did."""
    evidence: Evidence = NO_EVIDENCE
    album_artist: str = ""
    year: int | None = None
    number: int | None = None
    """Of the track on its disc, from 1."""
    disc: int | None = None
    gain: float | None = None
    """ReplayGain in dB."""
    is_compilation: bool = False


@dataclass(frozen=True, slots=True)
class Pick:
    """A track in the queue, and how well it fits there."""

    track: Track
    score: float
    """In [0, 1], 1 the best."""
    fits: bool = True
    """Whether its mood is near the target; if not, it is the nearest of what was left."""
    learned: str = ""
    """What the person did that moved it, as "you skipped this twice when sad"; mostly nothing."""

    @property
    def why(self) -> str:
        """The track's evidence, and what was learned."""
        return " · ".join(filter(None, (self.track.evidence.text, self.learned)))


class Deed(StrEnum):
    """What the person did with a track."""

    FINISH = "finish"
    """Heard it to its end, or nearly."""
    HEAR = "hear"
    """Heard some of it, which says nothing but that it need not come again soon."""
    SKIP = "skip"
    """Left it within its first seconds."""
    LIKE = "like"
    UNLIKE = "unlike"
    """Took the like back."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a track, an artist or a genre was liked, finished and skipped."""

    likes: int = 0
    finishes: int = 0
    skips: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.likes + other.likes, self.finishes + other.finishes, self.skips + other.skips)


_COUNTED = {
    Deed.LIKE: Counts(likes=1),
    Deed.UNLIKE: Counts(likes=-1),
    Deed.FINISH: Counts(finishes=1),
    Deed.SKIP: Counts(skips=1),
}


@dataclass(frozen=True, slots=True)
class History:
    """What the person did with the music so far."""

    played: Mapping[Path, float] = field(default_factory=dict)
    """When each track was heard last, in unix seconds."""
    tracks: Mapping[tuple[Path, Emotion], Counts] = field(default_factory=dict)
    artists: Mapping[tuple[str, Emotion], Counts] = field(default_factory=dict)
    """By artist in lower case (`casefold`)."""
    genres: Mapping[tuple[str, Emotion], Counts] = field(default_factory=dict)
    """By each single genre in lower case."""

    def is_liked(self, path: Path) -> bool:
        """Whether the track is liked, in whatever emotion."""
        return any(
            (path, emotion) in self.tracks and self.tracks[path, emotion].likes for emotion in EMOTIONS
        )

    def after(self, track: Track, emotion: Emotion, deed: Deed, time: float) -> History:
        """The history with one more deed at `time` (unix seconds); a track is liked once in an emotion."""
        counts = _COUNTED.get(deed, Counts())
        likes = self.tracks.get((track.path, emotion), Counts()).likes
        if (deed is Deed.LIKE and likes) or (deed is Deed.UNLIKE and not likes):
            return self
        heard = deed in (Deed.FINISH, Deed.HEAR)
        artists = (track.artist.casefold(),) if track.artist else ()
        return History(
            {**self.played, track.path: time} if heard else self.played,
            _counted(self.tracks, [(track.path, emotion)], counts),
            _counted(self.artists, [(artist, emotion) for artist in artists], counts),
            _counted(self.genres, [(genre, emotion) for genre in genres_of(track.genre)], counts),
        )


def genres_of(genre: str) -> tuple[str, ...]:
    """The single genres, in lower case, of a track's `genre`: "Doom Metal, Rock" is two."""
    return tuple(dict.fromkeys(part for text in genre.split(",") if (part := text.strip().casefold())))


_K = TypeVar("_K")


def _counted(known: Mapping[_K, Counts], keys: Sequence[_K], counts: Counts) -> Mapping[_K, Counts]:
    if counts == Counts() or not keys:
        return known
    return {**known, **{key: known.get(key, Counts()) + counts for key in keys}}


@dataclass(frozen=True, slots=True)
class ScanProgress:
    """How far a scan has come."""

    found: int
    """Audio files seen so far."""
    done: int
    """Of these, looked at."""
    finished: bool = False
    left: float | None = None
    """Seconds to the end, roughly; None while nobody can say."""


@dataclass(frozen=True, slots=True)
class ScanReport:
    """What a scan found, in files."""

    tracks: int
    added: int
    updated: int
    removed: int
    unreadable: tuple[tuple[Path, str], ...]
    """Path and reason of each file that could not be read."""
    seconds: float
    away: int = 0
    """Tracks kept though their disk or folder is out of reach."""
