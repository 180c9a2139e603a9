"""One source of frames: a webcam, a video, an image, a folder of images, a URL, or the drawn face."""

from __future__ import annotations

import errno
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, cast

import cv2

from moodplayer.errors import CameraError
from moodplayer.vision.source import FrameSource, Kind, printable, reason
from moodplayer.vision.stills import IMAGE_SUFFIXES, Picture, Pictures, decoded, read_image
from moodplayer.vision.streams import Clip, Live, capture_of

if TYPE_CHECKING:
    from moodplayer.domain import Image

__all__ = ["FrameSource", "Kind", "cameras", "open_source", "read_image"]

_DEVICES = Path("/dev")
_DEVICE_NAMES = Path("/sys/class/video4linux")


def open_source(source: str | int, *, paced: bool = False) -> FrameSource:
    """Open a webcam's number, a video, image or folder, a URL, or `demo`. May take seconds.

    `paced` is for watching: a video plays in its own time, with frames left
    out where the reader is slow, and begins again at its end; a picture is
    repeated ten times a second, and those of a folder change every four
    seconds, round and round. Otherwise each frame comes once, as fast as asked.

    Raises CameraError if there is no such source, it cannot be opened, or it
    is neither image nor video.
    """
    text = str(source).strip()
    if text == "demo":
        from moodplayer.vision.demo_face import DemoFace

        return DemoFace(paced=paced)
    if camera := re.fullmatch(r"(?:/dev/video)?(\d{1,3})", text):
        return _webcam(int(camera[1]))
    if isinstance(source, int):
        raise _no_camera(source)
    if re.match(r"[a-z][a-z0-9+.-]+://", text, re.IGNORECASE):
        return _url(text, paced)
    return _path(Path(os.path.expanduser(text)), paced)  # noqa: PTH111  Path's own fails without a home


def cameras() -> dict[int, str]:
    """The webcams of this machine: their numbers and names. Empty where the system does not list them."""
    found = {}
    for device in _DEVICES.glob("video*"):
        number = device.name.removeprefix("video")
        if number.isdecimal() and _device_says(int(number), "index") in ("", "0"):
            found[int(number)] = printable(_device_says(int(number), "name"))
    return dict(sorted(found.items()))


def _webcam(number: int) -> FrameSource:
    device = _DEVICES / f"video{number}"
    if sys.platform == "linux" and not device.exists():
        raise _no_camera(number)
    capture = cv2.VideoCapture(number)
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, 640)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, 480)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    # Some drivers open a camera that another program has, and then give nothing.
    ok, first = capture.read()
    if not ok:
        capture.release()
        raise _why_not(number, device)
    hint = "plug it in again, or choose another with --camera"
    return Live(Kind.WEBCAM, f"camera {number}", capture, cast("Image", first), hint)


def _no_camera(number: int) -> CameraError:
    there = cameras()
    if not there:
        return CameraError(
            f"there is no camera {number}",
            "plug one in, or choose the drawn face, `demo`",
        )
    names = ", ".join(f"{n} ({name})" if name else str(n) for n, name in there.items())
    return CameraError(f"there is no camera {number}", f"this machine has {names}")


def _why_not(number: int, device: Path) -> CameraError:
    """Why a camera that seems to be there gives nothing."""
    if sys.platform == "darwin":
        settings = "System Settings › Privacy & Security › Camera"
        return CameraError(
            f"camera {number} cannot be opened", f"allow your terminal to use it in {settings}"
        )
    if sys.platform != "linux":
        return CameraError(
            f"camera {number} cannot be opened", "is it plugged in, and no other program using it?"
        )
    try:
        os.close(os.open(device, os.O_RDWR | os.O_NONBLOCK))
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM):
            how = 'join the group "video": sudo usermod -aG video "$USER", then log in again'
            return CameraError(f"no permission to use camera {number}", how)
        if error.errno != errno.EBUSY:
            return CameraError(f"camera {number} cannot be opened", os.strerror(error.errno or 0).lower())
    others = ", ".join(str(n) for n in cameras() if n != number)
    if _device_says(number, "index") not in ("", "0"):
        return CameraError(f"camera {number} gives no pictures", f"try {others or '--camera demo'}")
    hint = "close the program that uses it" + (f", or try camera {others}" if others else "")
    return CameraError(f"camera {number} is in use", hint)


def _device_says(number: int, what: str) -> str:
    """One of V4L2's facts of a camera: its `name`, or `index`, which is 0 for the pictures' device."""
    try:
        return (_DEVICE_NAMES / f"video{number}" / what).read_text(errors="replace").strip()
    except OSError:
        return ""


def _url(url: str, paced: bool) -> FrameSource:
    # What a person has to log in with must not show up on screen.
    label = printable(re.sub(r"^[^:]*://([^/@]*@)?", "", url).split("?")[0].rstrip("/"))
    capture = capture_of(url)
    if capture is None:
        raise CameraError(f"nothing to watch at {label}", "is the address right, and can it be reached?")
    if 0 < capture.get(cv2.CAP_PROP_FRAME_COUNT) < 1e9:
        return Clip(Kind.URL, label, url, capture, paced=paced)
    _, first = capture.retrieve()
    if not capture.grab():
        capture.release()
        return Picture(label, cast("Image", first), paced=paced)
    return Live(Kind.URL, label, capture, cast("Image", first), "is it still on, and within reach?")


def _path(path: Path, paced: bool) -> FrameSource:
    name = printable(path.name or str(path))
    try:
        if path.is_dir():
            return Pictures(path, paced=paced)
        if not path.exists():
            raise CameraError(
                f"there is no file {printable(str(path))}", "a camera is chosen by its number: 0"
            )
        if not path.is_file():
            raise CameraError(
                f"{name} is neither a file nor a folder", "give it an image, a video or a folder"
            )
    except (OSError, ValueError) as error:
        raise CameraError(f"{name} cannot be opened", reason(error)) from error

    image = decoded(path) if path.suffix.lower() != ".gif" else None
    if image is not None:
        return Picture(name, image, paced=paced)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        # Some decoders of videos take the whole part of a picture that is cut off.
        raise CameraError(f"{name} is not an image, or damaged", "give it a JPEG, PNG, WebP or the like")
    address = str(path.resolve())
    capture = capture_of(address)
    if capture is None:
        raise CameraError(f"{name} is neither an image nor a video", "try a JPEG, a PNG or an MP4")
    return Clip(Kind.VIDEO, name, address, capture, paced=paced)
