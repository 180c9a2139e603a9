"""`moodplayer doctor`: what works here, and how to get what does not."""

from __future__ import annotations

import os
import platform
import queue
import shutil
import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass

from rich.table import Table

from moodplayer import __version__, config, noise, paths
from moodplayer.commands.output import console, print_json
from moodplayer.errors import MoodplayerError, PlaybackError, SettingsError
from moodplayer.wording import counted


@dataclass(frozen=True, slots=True)
class Finding:
    """One part: whether it works, what it is, and what to do if it does not."""

    part: str
    works: bool
    what: str
    hint: str = ""


def doctor(*, as_json: bool) -> None:
    """Look at each part in turn, and print a table."""
    examinations: tuple[tuple[str, Callable[[], str]], ...] = (
        (
            "moodplayer",
            lambda: f"{__version__}, Python {platform.python_version()}, {platform.platform(terse=True)}",
        ),
        ("settings", _settings),
        ("model", _model),
        ("face detector", _detector),
        ("camera", _camera),
        ("libVLC", _libvlc),
        ("sound", _sound),
        ("library", _library),
        ("terminal", _terminal),
        ("log", _log),
    )
    with noise.kept_in(paths.log_file()):
        findings = [_examine(part, look) for part, look in examinations]
    if as_json:
        print_json([asdict(finding) for finding in findings])
        return
    table = Table(box=None)
    for name in ("part", "works", "what is there"):
        table.add_column(name)
    for finding in findings:
        table.add_row(finding.part, "yes" if finding.works else "no", finding.what)
        if finding.hint:
            table.add_row("", "", f"→ {finding.hint}")
    console().print(table)


def _examine(part: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(part, True, look())
    except SettingsError as error:
        if part != "settings":
            return Finding(part, False, "not looked at, for the settings are wrong")
        return Finding(part, False, error.message, error.hint)
    except MoodplayerError as error:
        return Finding(part, False, error.message, error.hint)


def _settings() -> str:
    config.load()
    file = paths.config_file()
    return str(file) if file.exists() else f"none, all as by default ({file} is read, if it is there)"


def _model() -> str:
    from moodplayer.vision.classifier import Classifier

    card = Classifier().card
    return f"{card.architecture}, {card.parameters:,} parameters: {paths.model_file()}"


def _detector() -> str:
    from moodplayer.vision.detector import Detector

    return str(Detector().file)


def _camera() -> str:
    from moodplayer.vision.camera import cameras, open_source

    source = config.load().camera.source
    if source == "none":
        return "none, by the settings"
    with open_source(source) as frames:
        frame = next(iter(frames))
        height, width = frame.image.shape[:2]
        others = "".join(f"; {number}: {name}" for number, name in cameras().items())
        return f"{frames.label}, {width}x{height}{others}"


def _libvlc() -> str:
    from moodplayer.playback.vlc import probe

    found = probe()
    return f"{found.version}, outputs: {', '.join(found.outputs)}"


def _sound() -> str:
    """Plays the start of a sample, not loud, and sees whether any of it reaches a device."""
    from moodplayer.playback.engine import EngineEvent, Failed, Lost, Mute, Progressed
    from moodplayer.playback.vlc import VlcEngine

    sample = next(
        (f for f in sorted(paths.sample_library().rglob("*")) if f.suffix in (".mp3", ".opus")), None
    )
    if sample is None:
        raise PlaybackError("there is no sample to try it with", "install moodplayer again")
    events: queue.SimpleQueue[EngineEvent] = queue.SimpleQueue()
    engine = VlcEngine(config.load().playback.vlc_options)
    engine.start(events.put)
    engine.set_volume(10)
    engine.play(0, sample, 0.0)
    try:
        while True:
            match events.get(timeout=5):
                case Mute():
                    raise PlaybackError("no sound device", "connect one, or start PulseAudio or PipeWire")
                case Lost(error):
                    raise error
                case Failed(_, reason):
                    raise PlaybackError(f"a sample cannot be played: {reason}", "install vlc-plugin-base")
                case Progressed(_, position, _) if position > 1:
                    return "heard"
    except queue.Empty:
        raise PlaybackError("libVLC does not answer", "see the log") from None
    finally:
        engine.close()


def _library() -> str:
    from moodplayer.library.upkeep import open_index

    with open_index() as index:
        return f"{counted(len(index.tracks()), 'track')} in {paths.index_file()}"


def _log() -> str:
    file = paths.log_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.open("a").close()
    except OSError as error:
        raise MoodplayerError(f"{file} cannot be written: {error.strerror}", "see to its folder") from error
    return str(file)


def _terminal() -> str:
    size = shutil.get_terminal_size()
    colours = {"truecolor": "16 million", "24bit": "16 million"}.get(os.environ.get("COLORTERM", ""))
    if os.environ.get("NO_COLOR") is not None:
        colours = "no (NO_COLOR is set)"
    name = os.environ.get("TERM", "unknown")
    where = "" if sys.stdout.isatty() else ", but this output goes elsewhere"
    return f"{name}, {size.columns}x{size.lines}, {colours or '256 or fewer'} colours{where}"
