"""A face is found, followed and cut out: in a photograph, made hard in many ways, and in the demo face."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import data

from moodplayer import paths
from moodplayer.domain import Box, CropPlace, Detection
from moodplayer.errors import ModelError
from moodplayer.training.disguises import DISGUISES
from moodplayer.vision.crops import crop_of, frame_of, place_of, to_crop, to_grey
from moodplayer.vision.detector import HEIGHT, WIDTH, Detector, fitted
from moodplayer.vision.faces import NEAR, FaceFinder

LEFT_EYE, RIGHT_EYE = (204, 101), (248, 102)
"""Where an astronaut's eyes are in her photograph, in pixels."""

EMPTY = (
    "coffee",
    "chelsea",
    "rocket",
    "coins",
    "page",
    "brick",
    "grass",
    "moon",
    "camera",
    "hubble_deep_field",
)


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder()


@pytest.fixture(scope="module")
def photograph() -> np.ndarray:
    """An astronaut, 640x512, BGR, as from a webcam."""
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    return np.asarray(cv2.copyMakeBorder(picture, 0, 0, 64, 64, cv2.BORDER_REPLICATE))[:480]


@pytest.fixture(scope="module")
def eyes() -> np.ndarray:
    return np.add([LEFT_EYE, RIGHT_EYE], (64, 0))


def off(face: Detection, eyes: np.ndarray) -> float:
    """How far the eyes were found from where they are, as a share of their distance."""
    return float(np.hypot(*(np.array(face.points[:2]) - eyes).T).mean() / np.hypot(*(eyes[1] - eyes[0])))


def test_a_face_in_a_photograph(finder: FaceFinder, photograph: np.ndarray, eyes: np.ndarray) -> None:
    (face,) = finder.find(photograph)
    assert off(face, eyes) < 0.12
    assert face.score > 0.5
    box = face.box
    assert all(box.x < x < box.x + box.width and box.y < y < box.y + box.height for x, y in face.points)
    assert 90 < box.height < 180


@pytest.mark.parametrize("angle", [-40, -25, 25, 40])
def test_a_tilted_head(finder: FaceFinder, photograph: np.ndarray, eyes: np.ndarray, angle: int) -> None:
    turn = cv2.getRotationMatrix2D((288, 130), angle, 1)
    turned = cv2.warpAffine(photograph, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE)
    (face,) = finder.find(np.asarray(turned))
    assert off(face, eyes @ turn[:, :2].T + turn[:, 2]) < 0.15
    assert place_of(face).angle == pytest.approx(-angle, abs=9)


@pytest.mark.parametrize("gain", [0.1, 0.3, 1.7])
def test_a_dim_and_a_bright_room(finder: FaceFinder, photograph: np.ndarray, gain: float) -> None:
    lit = np.clip(photograph * gain, 0, 255).astype(np.uint8)
    assert len(finder.find(lit)) == 1


@pytest.mark.parametrize("name", DISGUISES)
def test_a_face_half_hidden(finder: FaceFinder, photograph: np.ndarray, name: str) -> None:
    (face,) = finder.find(photograph)
    grey = np.asarray(cv2.cvtColor(photograph, cv2.COLOR_BGR2GRAY), np.uint8)
    points = np.array(face.points, np.float32)
    hidden = [DISGUISES[name](grey, points, np.random.default_rng(seed)) for seed in range(6)]
    assert sum(len(finder.find(frame)) == 1 for frame in hidden) >= 5


@pytest.mark.parametrize("share", [0.4, 0.6, 1.0, 2.5])
def test_far_away_and_close_by(finder: FaceFinder, photograph: np.ndarray, share: float) -> None:
    """From a tenth of the frame's height to two thirds of it."""
    centre = np.array([288.0, 130.0])
    matrix = np.array([[share, 0, 320 - share * centre[0]], [0, share, 220 - share * centre[1]]])
    small = cv2.resize(photograph, None, fx=min(1, share), fy=min(1, share), interpolation=cv2.INTER_AREA)
    matrix[:, :2] /= min(1, share)
    frame = cv2.warpAffine(small, matrix, (640, 480), borderMode=cv2.BORDER_REFLECT_101)
    faces = finder.find(np.asarray(frame))
    near = [
        f for f in faces if np.hypot(f.box.x + f.box.width / 2 - 320, f.box.y + f.box.height / 2 - 220) < 40
    ]
    assert len(near) == 1


@pytest.mark.parametrize("name", EMPTY)
def test_no_face_where_there_is_none(finder: FaceFinder, name: str) -> None:
    picture = np.asarray(getattr(data, name)())
    faces = finder.find(picture if picture.ndim == 2 else picture[..., ::-1].copy())
    assert len(faces) == (1 if name == "camera" and faces else 0)


@pytest.mark.parametrize("size", [(1, 1), (3, 2000), (2000, 3), (48, 48)])
@pytest.mark.parametrize("channels", [None, 3, 4])
def test_any_shape_is_looked_at(finder: FaceFinder, size: tuple[int, int], channels: int | None) -> None:
    shape = size if channels is None else (*size, channels)
    frame = np.random.default_rng(0).integers(0, 255, shape, dtype=np.uint8)
    assert finder.find(frame) == []


def test_followed_while_it_moves(photograph: np.ndarray) -> None:
    finder = FaceFinder()
    for step in range(30):
        moved = np.roll(photograph, (4 * step, 7 * step), axis=(0, 1))
        face = finder.follow(moved)
        assert face is not None
        centre = face.box.x + face.box.width / 2, face.box.y + face.box.height / 2
        assert centre == pytest.approx((288 + 7 * step, 125 + 4 * step), abs=20)


def test_another_person_does_not_take_over(photograph: np.ndarray) -> None:
    finder = FaceFinder()
    first = finder.follow(photograph)
    assert first is not None
    close = cv2.resize(photograph[:240, 170:410], (560, 560))
    crowd = np.hstack([photograph, close[:480]])
    assert max(finder.find(crowd), key=lambda f: f.box.area).box.x > 640
    same = finder.follow(crowd)
    assert same is not None
    assert abs(same.box.x - first.box.x) < 15

    gone = np.hstack([np.zeros_like(photograph), close[:480]])
    assert finder.follow(gone) is None
    back = finder.follow(crowd)
    assert back is not None
    assert abs(back.box.x - first.box.x) < 15
    seen = [finder.follow(gone) for _ in range(15)]
    assert seen[0] is None
    assert seen[-1] is not None
    assert seen[-1].box.x > 640


def test_a_crop_is_upright_and_always_the_same(photograph: np.ndarray, eyes: np.ndarray) -> None:
    finder = FaceFinder()
    crops = []
    for angle in (0, 20, -30):
        turn = cv2.getRotationMatrix2D((288, 130), angle, 1)
        turned = np.asarray(cv2.warpAffine(photograph, turn, (640, 480), borderMode=cv2.BORDER_REPLICATE))
        (face,) = finder.find(turned)
        crops.append(crop_of(turned, place_of(face)).astype(float))
    for crop in crops[1:]:
        assert np.corrcoef(crops[0].ravel(), crop.ravel())[0, 1] > 0.85


def test_a_crop_shows_its_place() -> None:
    """A frame whose brightness is its x: the crop's is that of the place's pixels, turned."""
    frame = np.tile(np.arange(200, dtype=np.uint8), (200, 1))
    for side, angle in ((48, 0), (96, 0), (30, 0), (96, 90), (60, 180)):
        place = CropPlace(100, 90, side, angle)
        crop = crop_of(frame, place)
        matrix = frame_of(place)
        for x, y in ((5, 5), (40, 8), (20, 40)):
            expected = (matrix @ (x, y, 1))[0]
            assert crop[y, x] == pytest.approx(expected, abs=1.1)


def test_what_lies_outside_is_the_edge_repeated() -> None:
    frame = np.full((50, 50), 200, np.uint8)
    frame[:, :25] = 10
    crop = crop_of(frame, CropPlace(0, 25, 60, 0))
    assert np.all(crop[:, :24] == 10)
    assert np.all(crop_of(frame, CropPlace(-500, -500, 40, 30)) == 10)


def test_a_ready_crop_is_only_resized() -> None:
    ready = np.random.default_rng(0).integers(0, 255, (48, 48), dtype=np.uint8)
    assert np.array_equal(to_crop(ready), ready)
    assert to_crop(np.zeros((300, 300), np.uint8)).shape == (48, 48)


def test_one_network_sees_at_any_size(photograph: np.ndarray, eyes: np.ndarray) -> None:
    """A closer look is at a smaller input than the whole frame's: both place the face."""
    around = to_grey(photograph)[20:260, 180:420]
    for size in ((WIDTH, HEIGHT), NEAR):
        (face, *_) = Detector(size=size).detect(around, 0.25)
        assert off(face, eyes - (180, 20)) < 0.15


def test_a_frame_fits_the_network_whole() -> None:
    for width, height in ((640, 480), (480, 640), (1920, 1080), (20, 20)):
        frame, fit = fitted(np.zeros((height, width), np.uint8))
        assert frame.shape == (HEIGHT, WIDTH)
        for x, y in ((0, 0), (width, height)):
            assert -1 <= x * fit.scale + fit.x <= WIDTH + 1
            assert -1 <= y * fit.scale + fit.y <= HEIGHT + 1


def test_a_side_face_is_not_cut_narrower() -> None:
    points = ((40.0, 40.0), (80.0, 40.0), (60.0, 60.0), (45.0, 80.0), (75.0, 80.0))
    front = Detection(Box(30, 10, 60, 90), points, 1.0)
    turned = Detection(
        Box(30, 10, 60, 90), ((55.0, 40.0), (72.0, 40.0), (75.0, 60.0), (58.0, 80.0), (70.0, 80.0)), 1.0
    )
    assert place_of(turned).side >= 0.9 * place_of(front).side


@pytest.mark.parametrize("harm", ["missing", "damaged", "another"])
def test_a_broken_detector_says_what_to_do(tmp_path: Path, harm: str) -> None:
    file = tmp_path / "faces.tflite"
    match harm:
        case "damaged":
            file.write_bytes(b"\0" * 1000)
        case "another":
            shutil.copy(paths.model_file(), file)
    with pytest.raises(ModelError) as caught:
        Detector(file)
    assert caught.value.hint
