"""`moodplayer detect`: the faces in a picture, video, folder or webcam, and what they show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
from rich.table import Table

from moodplayer import noise, paths
from moodplayer.commands.output import bar, console, print_json, shown
from moodplayer.domain import EMOTIONS, Face, Look
from moodplayer.errors import CameraError, MoodplayerError
from moodplayer.vision import explain
from moodplayer.vision.camera import open_source
from moodplayer.vision.classifier import Classifier
from moodplayer.vision.look import Looker

_FRAMES = 40
"""How many frames of a source that never ends, such as a webcam, are read."""


def detect(source: str, *, method: str | None, out: Path | None, as_json: bool) -> None:
    """Read the faces of `source` and print them; with `out`, draw what weighed in the clearest look."""
    with noise.kept_in(paths.log_file()):
        looker = Looker(Classifier())
    documents: list[dict[str, Any]] = []
    clearest: Look | None = None
    with open_source(source) as frames:
        single = frames.kind == "image"
        for frame in frames:
            look = looker.look(frame)
            documents.append(
                {"frame": frame.name, "source": shown(source), "faces": [_document(f) for f in look.faces]}
            )
            if clearest is None or _clarity(look) > _clarity(clearest):
                clearest = look
            if not as_json:
                _print(look, single=single)
            if frames.live and len(documents) >= _FRAMES:
                break
    if clearest is None:
        raise CameraError(f"{source} gave no picture", "try another source")
    if as_json:
        if single:
            del documents[0]["frame"]
        print_json(documents[0] if single else documents)
    if out is not None:
        _draw(clearest, out)
        if not as_json:
            console().print(f"heat map of {clearest.frame.name}: {out}")


def _clarity(look: Look) -> float:
    return look.face.confidence if look.face else 0.0


def _document(face: Face) -> dict[str, Any]:
    return {
        "box": [face.box.x, face.box.y, face.box.width, face.box.height],
        "points": [[round(x, 1), round(y, 1)] for x, y in face.detection.points],
        "score": round(face.detection.score, 4),
        "emotion": face.emotion,
        "confidence": round(face.confidence, 4),
        "probabilities": {e: round(p, 4) for e, p in zip(EMOTIONS, face.probabilities, strict=True)},
    }


def _print(look: Look, *, single: bool) -> None:
    if not single:
        seen = ", ".join(f"{face.emotion} {face.confidence:.0%}" for face in look.faces) or "no face"
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
            table.add_row(emotion, f"{p:.1%}", bar(p, 30), style="bold" if emotion is face.emotion else "")
        table.caption = f"{box.width}x{box.height} pixels at ({box.x}, {box.y})"
        console().print(table)


def _draw(look: Look, out: Path) -> None:
    picture = look.frame.image
    for face in look.faces:
        if face.heat_map is not None:
            picture = explain.overlay(picture, face.place, face.heat_map)
    done, png = cv2.imencode(".png", picture)
    if not done:
        raise MoodplayerError("the picture could not be made", "try a smaller one")
    try:
        out.write_bytes(png.tobytes())
    except OSError as error:
        raise MoodplayerError(f"{out} cannot be written: {error.strerror}", "choose another place") from error
