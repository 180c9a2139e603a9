"""`moodplayer detect`: the faces in a picture, video, folder or webcam, and what they show."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
from rich.table import Table

from moodplayer import noise, paths
from moodplayer.commands.output import bar, console, print_json, shown
from moodplayer.domain import EMOTIONS, Emotion, Explanation, Face, Look, Method, Why
from moodplayer.errors import CameraError, ModelError, MoodplayerError
from moodplayer.vision import sheet
from moodplayer.vision.camera import open_source
from moodplayer.vision.classifier import WITHOUT, Classifier
from moodplayer.vision.explain import SMOOTH_SAMPLES, Answer, Explainer
from moodplayer.vision.look import Looker

_FRAMES = 40
"""How many frames of a source that never ends, such as a webcam, are read."""

ALL, NEXT = "all", "next"

_FACES_ON_A_SHEET = 8
"""Of a crowd, the largest."""

_DRAWN_AS = (".png", ".jpg", ".jpeg", ".webp")


def detect(
    source: str,
    *,
    method: str | None,
    against: str | None,
    smooth: bool,
    out: Path | None,
    as_json: bool,
) -> None:
    """Read the faces of `source` and print them; with `out`, draw what weighed in the clearest look.

    `method` is one of Method or `all`; `against` an emotion, or `next` for the
    next likeliest, that might have been read instead.
    """
    if out is not None and (out.suffix.lower() not in _DRAWN_AS or out.is_dir()):
        raise MoodplayerError(f"{out} would be no picture", f"end its name in {', '.join(_DRAWN_AS)}")
    with noise.kept_in(paths.log_file()):
        classifier = Classifier()
    asker = _Asker(Explainer(classifier), method, against, smooth)
    looker = Looker(classifier, None)
    documents: list[dict[str, Any]] = []
    clearest: tuple[Look, list[list[Answer]]] | None = None
    with open_source(source) as frames:
        single = frames.kind == "image"
        for frame in frames:
            look = looker.look(frame)
            answers = [asker.ask(face) for face in look.faces]
            found = [_document(f, a) for f, a in zip(look.faces, answers, strict=True)]
            documents.append({"frame": frame.name, "source": shown(source), "faces": found})
            if clearest is None or _clarity(look) > _clarity(clearest[0]):
                clearest = look, answers
            if not as_json:
                _print(look, answers, single=single)
            if frames.live and len(documents) >= _FRAMES:
                break
    if clearest is None:
        raise CameraError(f"{source} gave no picture", "try another source")
    if as_json:
        if single:
            del documents[0]["frame"]
        print_json(documents[0] if single else documents)
    if out is not None:
        if not any(clearest[1]):
            raise MoodplayerError(
                f"there is nothing to explain, and {out} is not drawn", _nothing(clearest[0])
            )
        _draw(*clearest, out, whole=method == ALL)
        if not as_json:
            console().print(f"explanation of {clearest[0].frame.name}: {out}")


def _nothing(look: Look) -> str:
    if not look.faces:
        return "a face that looks at the camera, and is well lit, is found best"
    return f"the face is read as {look.faces[0].emotion}: ask why it is not another"


class _Asker:
    """Asks about each face what the command line asks."""

    def __init__(self, explainer: Explainer, method: str | None, against: str | None, smooth: bool) -> None:
        named = [] if method is None else list(Method) if method == ALL else [Method(method)]
        able = explainer.methods(any_emotion=against is not None)
        self._methods = [one for one in named if one in able]
        if named and not self._methods:
            raise ModelError("the model's files cannot say that", WITHOUT)
        self._explainer = explainer
        self._next = against == NEXT
        self._against = None if against is None or self._next else Emotion(against)
        self._samples = SMOOTH_SAMPLES if smooth else 1

    def ask(self, face: Face) -> list[Answer]:
        """What each method says; nothing where the question is why happy and not happy."""
        if self._against is face.emotion:
            return []
        return [
            self._explainer.explain(
                face.crop,
                Why(method, self._next),
                emotion=face.emotion if self._against else None,
                rather_than=self._against,
                samples=self._samples,
            )
            for method in self._methods
        ]


def _clarity(look: Look) -> float:
    return look.face.confidence if look.face else 0.0


def _document(face: Face, answers: Sequence[Answer]) -> dict[str, Any]:
    why = {str(one.why.method): _reason(one) for one in (a.explanation for a in answers)}
    document: dict[str, Any] = {
        "box": [face.box.x, face.box.y, face.box.width, face.box.height],
        "points": [[round(x, 1), round(y, 1)] for x, y in face.detection.points],
        "score": round(face.detection.score, 4),
        "emotion": face.emotion,
        "confidence": round(face.confidence, 4),
        "probabilities": {e: round(p, 4) for e, p in zip(EMOTIONS, face.probabilities, strict=True)},
    }
    return document | ({"why": why} if why else {})


def _reason(why: Explanation) -> dict[str, Any]:
    found: dict[str, Any] = {"emotion": why.emotion}
    if why.rather_than is not None:
        found["rather_than"] = why.rather_than
    found["regions"] = {region: round(share, 4) for region, share in why.shares.items()}
    if why.fit is not None:
        found["r2"] = round(why.fit, 4)
    return found


def _print(look: Look, answers: Sequence[Sequence[Answer]], *, single: bool) -> None:
    if not single:
        seen = (
            ", ".join(f"{face.emotion} {face.confidence:.0%}".replace("%", " %") for face in look.faces)
            or "no face"
        )
        console().print(f"{look.frame.name}  {seen}")
        return
    if not look.faces:
        console().print("no face found: one that looks at the camera, and is well lit, is found best")
    for number, face in enumerate(look.faces, start=1):
        box = face.box
        table = Table(
            title=f"face {number} of {len(look.faces)}: {face.emotion}", title_justify="left", box=None
        )
        table.add_column("emotion")
        table.add_column("probability", justify="right")
        table.add_column("", width=30)
        for emotion, p in zip(EMOTIONS, face.probabilities, strict=True):
            table.add_row(
                emotion,
                f"{p:.1%}".replace("%", " %"),
                bar(p, 30),
                style="bold" if emotion is face.emotion else "",
            )
        table.caption = f"{box.width}x{box.height} pixels at ({box.x}, {box.y})"
        console().print(table)
        for answer in answers[number - 1]:
            console().print(_sentence(answer.explanation))


def _sentence(why: Explanation) -> str:
    """Such as "saliency: mouth 46 %, eyes 31 %: sad"."""
    fit = "" if why.fit is None else f" (R² {why.fit:.2f})"
    return f"{why.why.method.label}: {why.words(3) or 'no one part'}: {why.reason}{fit}"


def _draw(look: Look, answers: Sequence[Sequence[Answer]], out: Path, *, whole: bool) -> None:
    """One sheet of all methods, or one method's heat map on each face of the picture."""
    picture = look.frame.image
    asked = [(face, said) for face, said in zip(look.faces, answers, strict=True) if said]
    if whole and asked:
        picture = sheet.sheet(picture, asked[:_FACES_ON_A_SHEET])
    else:
        for face, (answer, *_) in asked:
            picture = sheet.overlay(picture, face.place, answer.explanation.heat_map)
    done, drawn = cv2.imencode(out.suffix, picture)
    if not done:
        raise MoodplayerError("the picture could not be made", "try a smaller one")
    try:
        out.write_bytes(drawn.tobytes())
    except OSError as error:
        raise MoodplayerError(f"{out} cannot be written: {error.strerror}", "choose another place") from error
