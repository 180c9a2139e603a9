"""The words that all parts share: what a face shows, what a track expresses, and why.

Imports nothing heavy, so that every part, and `moodplayer --help`, can afford it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moodplayer.domain.emotion import (
    EMOTIONS,
    Emotion,
    Mode,
    Mood,
    Probabilities,
    certain,
    mood_of,
    nearest_emotion,
)
from moodplayer.domain.face import (
    CROP_SIZE,
    WORTH_SAYING,
    Box,
    CropPlace,
    Detection,
    Explanation,
    Face,
    Frame,
    Look,
    Method,
    Point,
    Reading,
    Region,
    Shares,
    Why,
)
from moodplayer.domain.history import (
    Counts,
    Deed,
    History,
)
from moodplayer.domain.scan import (
    ScanProgress,
    ScanReport,
)
from moodplayer.domain.track import (
    NO_EVIDENCE,
    Evidence,
    Pick,
    Tags,
    Track,
    genres_of,
    year_of,
)

if TYPE_CHECKING:
    from moodplayer.domain.face import HeatMap, Image

__all__ = [
    "CROP_SIZE",
    "EMOTIONS",
    "NO_EVIDENCE",
    "WORTH_SAYING",
    "Box",
    "Counts",
    "CropPlace",
    "Deed",
    "Detection",
    "Emotion",
    "Evidence",
    "Explanation",
    "Face",
    "Frame",
    "HeatMap",
    "History",
    "Image",
    "Look",
    "Method",
    "Mode",
    "Mood",
    "Pick",
    "Point",
    "Probabilities",
    "Reading",
    "Region",
    "ScanProgress",
    "ScanReport",
    "Shares",
    "Tags",
    "Track",
    "Why",
    "certain",
    "genres_of",
    "mood_of",
    "nearest_emotion",
    "year_of",
]
