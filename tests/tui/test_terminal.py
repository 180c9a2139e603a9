"""`moodplayer --demo` in a real terminal: started, seen, and spoken to by keys."""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from moodplayer.domain import EMOTIONS

WAIT = 60


class Terminal:
    """A tmux window with a command in it. Whatever it writes wakes who waits for something on screen."""

    def __init__(self, folder: Path, command: str, columns: int = 100, rows: int = 32) -> None:
        self._tmux = ["tmux", "-S", str(folder / "tmux.socket"), "-f", "/dev/null"]
        written = folder / "written"
        os.mkfifo(written)
        self._written = os.open(written, os.O_RDONLY | os.O_NONBLOCK)
        # Kept open, or the first writer that closes it would end it.
        self._held = os.open(written, os.O_WRONLY)
        size = ["-x", str(columns), "-y", str(rows)]
        kept = f"{command}; echo left with $?; read _"
        self._run("new-session", "-d", *size, kept, ";", "pipe-pane", f"cat > {written}")

    def screen(self) -> str:
        return self._run("capture-pane", "-p")

    def press(self, *keys: str) -> None:
        self._run("send-keys", *keys)

    def resize(self, columns: int, rows: int) -> None:
        self._run("resize-window", "-x", str(columns), "-y", str(rows))

    def until(self, condition: Callable[[str], object]) -> str:
        """What is on screen as soon as the condition holds of it."""
        end = time.monotonic() + WAIT
        while not condition(screen := self.screen()):
            left = end - time.monotonic()
            assert left > 0, f"not seen in {WAIT} s:\n{screen}"
            if select.select([self._written], [], [], min(left, 1))[0]:
                os.read(self._written, 1 << 20)
        return screen

    def modes(self) -> str:
        """Whether the other screen, the cursor and the mouse are on: 1 or 0 for each."""
        return self._run("display-message", "-p", "#{alternate_on}#{cursor_flag}#{mouse_any_flag}").strip()

    def close(self) -> None:
        self._run("kill-server")
        os.close(self._held)
        os.close(self._written)

    def _run(self, *arguments: str) -> str:
        return subprocess.run([*self._tmux, *arguments], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def terminal(tmp_path: Path, home: Path) -> Iterator[Terminal]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    command = Path(sys.executable).with_name("moodplayer")
    pid = tmp_path / "pid"
    terminal = Terminal(tmp_path, f"sh -c 'echo $$ > {pid}; exec {command} --demo --camera demo'")
    yield terminal
    terminal.close()


def test_the_demo_in_a_real_terminal(terminal: Terminal, home: Path) -> None:
    screen = terminal.until(lambda text: "15 tracks" in text and "▶" in text)
    assert "● demo face" in screen
    assert "you look" in screen or "not sure" in screen
    assert all(emotion in screen for emotion in EMOTIONS)
    assert screen.count("▶") == 2
    assert "ALSA" not in screen
    assert "Traceback" not in screen

    terminal.press("4")
    terminal.until(lambda text: "you said happy" in text)
    terminal.press("space")
    terminal.until(lambda text: "⏸" in text)
    terminal.press("space", "m")
    terminal.until(lambda text: "tracks · happy · lift" in text and "⏸" not in text)
    terminal.resize(80, 24)
    screen = terminal.until(lambda text: "volume" in text and len(text.splitlines()) == 24)
    assert "15 tracks" in screen
    terminal.press("?")
    terminal.until(lambda text: "read my emotion again" in text)
    terminal.press("Escape")
    terminal.until(lambda text: "read my emotion again" not in text)
    terminal.press("q")
    left = terminal.until(lambda text: "left with" in text)
    assert "left with 0" in left
    assert "Traceback" not in left
    log = next(home.rglob("moodplayer.log")).read_text("utf-8")
    assert "Traceback" not in log


def test_a_kill_leaves_the_terminal_as_it_was(terminal: Terminal, tmp_path: Path) -> None:
    terminal.until(lambda text: "15 tracks" in text)
    assert terminal.modes() == "101"
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGTERM)
    left = terminal.until(lambda text: "left with" in text)
    assert "left with 0" in left
    assert terminal.modes() == "010"
