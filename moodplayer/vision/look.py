"""One frame to a look: the faces in it, and what the network reads in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moodplayer.domain import Face, Frame, Look
from moodplayer.vision import explain
from moodplayer.vision.faces import FaceFinder, crop_of

if TYPE_CHECKING:
    from moodplayer.vision.classifier import Classifier


class Looker:
    """Finds and reads the faces of a frame. Not for use by two threads at once."""

    def __init__(self, classifier: Classifier) -> None:
        self._classifier = classifier
        self._finder = FaceFinder()

    def look(self, frame: Frame, *, most: int | None = None) -> Look:
        """The faces of a frame, the largest first; at most `most` of them, where given."""
        boxes = self._finder.find(frame.image)[:most]
        faces = []
        for box in boxes:
            crop = crop_of(frame.image, box)
            probabilities, gradient = self._classifier.read_and_explain(crop)
            heat_map = None if gradient is None else explain.saliency(gradient)
            faces.append(Face(box, probabilities, crop, heat_map))
        return Look(frame, tuple(faces))
