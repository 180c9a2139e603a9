"""One frame to a look: the faces in it, and what the network reads in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moodplayer.domain import Detection, Face, Frame, Look
from moodplayer.vision import explain
from moodplayer.vision.crops import crop_of, place_of
from moodplayer.vision.faces import FaceFinder

if TYPE_CHECKING:
    from moodplayer.domain import Image
    from moodplayer.vision.classifier import Classifier


class Looker:
    """Finds and reads the faces of frames. Not for use by two threads at once."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._finder = FaceFinder()

    def look(self, frame: Frame) -> Look:
        """All faces of a frame, the largest first."""
        return Look(frame, tuple(self._read(frame.image, found) for found in self._finder.find(frame.image)))

    def follow(self, frame: Frame) -> Look:
        """One person's face, from frame to frame: that of the last frame, else the largest."""
        found = self._finder.follow(frame.image)
        return Look(frame, () if found is None else (self._read(frame.image, found),))

    def _read(self, image: Image, detection: Detection) -> Face:
        place = place_of(detection)
        crop = crop_of(image, place)
        probabilities, gradient = self._classifier.read_and_explain(crop)
        heat_map = None if gradient is None else explain.saliency(gradient)
        return Face(detection, place, probabilities, crop, heat_map)
