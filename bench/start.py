"""How fast moodplayer is there, and how much memory it takes: python bench/start.py

Prints the median of some runs for `--help`, for a bare interpreter beside it,
and for the first screen of the player in a real (pseudo) terminal; then the
player's memory after half a minute of reading the demo face and playing.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from collections.abc import Callable
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("moodplayer"))
FIRST_SCREEN = b"how do you feel"
SAMPLES = Path(__file__).parents[1] / "sample_library"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--runs", type=int, default=9)
    arguments.add_argument("--seconds", type=float, default=30.0, help="of playing, before memory is read")
    options = arguments.parse_args()

    bare = median(options.runs, lambda: timed([sys.executable, "-c", "pass"]))
    rows = [("python -c pass", bare)]
    rows.append(("moodplayer --help", median(options.runs, lambda: timed([COMMAND, "--help"]))))
    with tempfile.TemporaryDirectory() as home:
        os.environ |= {"HOME": home, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        for name in ("CONFIG", "DATA", "STATE", "CACHE"):
            os.environ[f"XDG_{name}_HOME"] = f"{home}/{name.lower()}"
        rows.append(("first screen", median(options.runs, lambda: player(0)[0])))
        _, memory, highest = player(options.seconds)

    print(f"{'':24}{'seconds':>10}{'ratio':>10}")
    for name, seconds in rows:
        print(f"{name:24}{seconds:>10.3f}{seconds / bare:>10.1f}")
    print(f"\nmemory after {options.seconds:.0f} s: {memory:.0f} MB, at most {highest:.0f} MB")


def median(runs: int, measure: Callable[[], float]) -> float:
    """The median of so many measurements, after one that warms the disk."""
    measure()
    return statistics.median(measure() for _ in range(runs))


def timed(command: list[str]) -> float:
    """Seconds that a command takes."""
    start = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def player(seconds: float) -> tuple[float, float, float]:
    """Seconds to the first screen, and MB of memory (resident now, and at most) after `seconds` more."""
    start = time.perf_counter()
    process, screen = pty.fork()
    if process == 0:
        os.execv(COMMAND, [COMMAND, "--camera", "demo", str(SAMPLES)])
    fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 120, 0, 0))
    seen = b""
    while FIRST_SCREEN not in seen:
        seen += os.read(screen, 65536)
    first = time.perf_counter() - start
    end = time.perf_counter() + seconds
    while (left := end - time.perf_counter()) > 0:
        if select.select([screen], [], [], left)[0]:
            os.read(screen, 65536)
    status = Path(f"/proc/{process}/status").read_text()
    rows = (line.split() for line in status.splitlines() if line.startswith("Vm"))
    kilobytes = {name: int(size) for name, size, _ in rows}
    os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)
    os.close(screen)
    return first, kilobytes["VmRSS:"] / 1024, kilobytes["VmHWM:"] / 1024


if __name__ == "__main__":
    main()
