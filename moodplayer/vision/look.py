"""One frame to a look: the faces in it, and what the network reads in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moodplayer.domain import Detection, Face, Frame, Look, Method, Why
from moodplayer.vision.crops import crop_of, place_of
from moodplayer.vision.explain import DEFAULT, Explainer
from moodplayer.vision.faces import FaceFinder

if TYPE_CHECKING:
    from moodplayer.domain import Image
    from moodplayer.vision.classifier import Classifier

LIVE_PERTURBATIONS = 50
"""LIME's, for each of many looks whose heat maps are averaged: a look is not to take a second."""


class Looker:
    """Finds and reads the faces of frames. Not for use by two threads at once.

    `why` is what is asked about each face; None asks nothing. It may be
    changed at any time, by any thread. What the network cannot say is left out.
    """

    def __init__(self, classifier: Classifier, why: Why | None = DEFAULT) -> None:
        self.why = why
        self._classifier = classifier
        self._explainer = Explainer(classifier)
        self._finder = FaceFinder()
        self._number = 0

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
        why, explanation = self.why, None
        if why is not None and why.method in self._explainer.methods(any_emotion=why.not_second):
            # Each look with other perturbations: on average they are many.
            self._number += why.method is Method.LIME
            answer = self._explainer.explain(crop, why, perturbations=LIVE_PERTURBATIONS, seed=self._number)
            probabilities, explanation = answer.probabilities, answer.explanation
        else:
            probabilities = self._classifier.read(crop)
        return Face(detection, place, probabilities, crop, explanation)
