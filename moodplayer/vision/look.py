"""One frame to a look: the faces in it, and what the network reads in each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from moodplayer.domain import Detection, Face, Frame, Look, Method, Why
from moodplayer.vision import regions
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
        self._mirrored = False

    def look(self, frame: Frame) -> Look:
        """All faces of a frame, the largest first."""
        return Look(frame, tuple(self._read(frame.image, found) for found in self._finder.find(frame.image)))

    def follow(self, frame: Frame) -> Look:
        """One person's face, from frame to frame: that of the last frame, else the largest.

        It is read as it is and mirrored in turn: of two frames' mean the network knows more than of one
        face seen twice, and it costs nothing.
        """
        found = self._finder.follow(frame.image)
        if found is None:
            return Look(frame, ())
        face = self._read(frame.image, found, mirrored=self._mirrored)
        self._mirrored = not self._mirrored
        return Look(frame, (face,))

    def _read(self, image: Image, detection: Detection, *, mirrored: bool = False) -> Face:
        place = place_of(detection)
        shown = crop_of(image, place)
        crop = np.ascontiguousarray(shown[:, ::-1]) if mirrored else shown
        why, explanation = self.why, None
        if why is not None and why.method in self._explainer.methods(any_emotion=why.not_second):
            # Each look with other perturbations: on average they are many.
            self._number += why.method is Method.LIME
            answer = self._explainer.explain(crop, why, perturbations=LIVE_PERTURBATIONS, seed=self._number)
            probabilities, explanation = answer.probabilities, answer.explanation
            if mirrored:
                heat_map = np.ascontiguousarray(explanation.heat_map[:, ::-1])
                explanation = replace(explanation, heat_map=heat_map, shares=regions.shares(heat_map))
        else:
            probabilities = self._classifier.read(crop)
        return Face(detection, place, probabilities, shown, explanation)
