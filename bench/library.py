"""How fast a library is read, read again and asked: python bench/library.py

Makes its own music, tagged, of eleven formats. Prints, all measured in one run:
a first scan beside a bare loop of `mutagen.File` over the same files, a scan
with nothing changed beside a bare walk of the folders, one changed file among
many, the memory of a large scan (of all its processes), and a queue out of
libraries of two sizes.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import mutagen
from mutagen.id3 import TALB, TBPM, TCON, TIT2, TPE1

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "library")]

from audio import SUFFIXES, make  # noqa: E402

from moodplayer.candidates import Candidates  # noqa: E402
from moodplayer.domain import Counts, Emotion, History, Mode, Mood, Track  # noqa: E402
from moodplayer.library.index import Index  # noqa: E402
from moodplayer.library.scanner import scan  # noqa: E402
from moodplayer.recommend import recommend  # noqa: E402

GENRES = ("Doom Metal", "Disco", "Ambient", "Thrash Metal", "Slowcore", "Bossa Nova", "Breakbeat", "Chanson")
ALBUM = 12
"""Files to a folder."""
VARIANTS = 16
"""Differently tagged files of each format; the library is made of copies of these."""

MEMORY = """
import sys, threading, time
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from moodplayer.library.index import Index
from moodplayer.library.scanner import scan
def held(pid):
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for task in Path(f"/proc/{pid}/task").iterdir():
            children += (task / "children").read_text().split()
    except OSError:
        return 0
    own = next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return own + sum(map(held, set(children)))
most, done = 0, threading.Event()
def look():
    global most
    while not done.wait(0.1):
        most = max(most, held("self"))
import os
watcher = threading.Thread(target=look, daemon=True)
real = held
held = lambda pid: real(os.getpid()) if pid == "self" else real(pid)
watcher.start()
start = time.perf_counter()
with Index(Path(sys.argv[1])) as index:
    report = scan([Path(sys.argv[2])], index)
done.set()
watcher.join()
print(report.tracks, time.perf_counter() - start, most / 1024)
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    what: str
    measured: str
    ratio: str
    wanted: str
    good: bool | None = None


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--files", type=int, default=5_000, help="of the first scan")
    arguments.add_argument("--large", type=int, default=100_000, help="files of the large library; 0: none")
    arguments.add_argument("--tracks", type=int, nargs="*", default=[100_000, 1_000_000], help="of a queue")
    arguments.add_argument("--runs", type=int, default=3, help="the best of so many counts")
    arguments.add_argument("--folder", type=Path, help="where to make the music; by default a temporary one")
    options = arguments.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name)
        originals = tagged(folder / "originals")
        rows += small(folder, originals, options.files, options.runs)
        if options.large:
            rows += large(folder, originals, options.large)
    rows += [queue(count, options.runs) for count in options.tracks]
    print(f"{'':46}{'measured':>22}{'ratio':>9}  wanted")
    for row in rows:
        mark = {True: "yes", False: "NO", None: ""}[row.good]
        print(f"{row.what:46}{row.measured:>22}{row.ratio:>9}  {row.wanted} {mark}")


def small(folder: Path, originals: list[Path], count: int, runs: int) -> list[Row]:
    """A first scan and one with nothing changed, beside a bare loop."""
    music = library(folder / "music", originals, count)
    files = [path for path in music.rglob("*") if path.is_file()]

    def bare() -> None:
        for path in files:
            mutagen.File(path)

    def cold() -> None:
        for file in folder.glob("index.sqlite3*"):
            file.unlink()
        again()

    def again() -> None:
        with Index(folder / "index.sqlite3") as index:
            assert scan([music], index).tracks == count

    def looked() -> None:
        for here, _, names in os.walk(music):
            for name in names:
                os.stat(f"{here}/{name}")  # noqa: PTH116

    # Turn by turn, so that a machine that is busy for a while is so for both.
    loops, colds = zip(*((timed(bare), timed(cold)) for _ in range(runs)), strict=True)
    loop, first = min(loops), min(colds)
    second = min(timed(again) for _ in range(2 * runs + 1))
    least = min(timed(looked) for _ in range(2 * runs + 1))
    return [
        Row(f"mutagen.File over {count:,} files", f"{loop:.2f} s", "1.0", ""),
        Row("first scan", f"{first:.2f} s", f"{loop / first:.2f}", ">= 1.6", loop / first >= 1.6),
        Row(
            "nothing changed",
            f"{1000 * second:.0f} ms",
            f"{first / second:.1f}",
            ">= 40",
            first / second >= 40,
        ),
        Row("a bare walk that stats them", f"{1000 * least:.0f} ms", f"{first / least:.1f}", ""),
    ]


def large(folder: Path, originals: list[Path], count: int) -> list[Row]:
    """The memory of a large first scan, and one changed file in it."""
    music = library(folder / "large", originals, count)
    index_file = folder / "large.sqlite3"
    said = subprocess.run(
        [sys.executable, "-c", MEMORY, index_file, music, ROOT], check=True, capture_output=True, text=True
    ).stdout.split()
    assert int(said[0]) == count
    changed = next(path for path in music.rglob("*.flac"))
    file = mutagen.File(changed)
    file["title"] = "another title"
    file.save()

    def again() -> None:
        with Index(index_file) as index:
            report = scan([music], index)
            assert (report.tracks, report.added + report.updated) == (count, 1)

    one = timed(again)
    memory = float(said[2])
    return [
        Row(f"first scan of {count:,} files", f"{float(said[1]):.1f} s", "", ""),
        Row("its memory, all processes", f"{memory:.0f} MB", "", "< 300 MB", memory < 300),
        Row("one of them changed", f"{one:.2f} s", "", "< 3 s", one < 3),
    ]


def queue(count: int, runs: int) -> Row:
    """A queue of 15, the slowest of the modes; with 2,000 tracks heard and 500 deeds."""
    chance = random.Random(0)
    tracks = Candidates(
        Track(
            Path(f"/music/{n // ALBUM}/{n}.flac"),
            f"title {n}",
            f"artist {n % (1 + count // 40)}",
            f"album {n // ALBUM}",
            chance.choice(GENRES),
            length=200.0,
            mood=Mood(chance.uniform(-1, 1), chance.uniform(-1, 1)),
            sure=chance.random(),
        )
        for n in range(count)
    )
    rows = [chance.randrange(count) for _ in range(2_000)]
    history = History(
        played={tracks[row].path: chance.uniform(0, 1e6) for row in rows},
        tracks={(tracks[row].path, Emotion.SAD): Counts(skips=1) for row in rows[:500]},
        artists={(tracks[row].artist, Emotion.SAD): Counts(skips=1) for row in rows[:500]},
        genres={(genre.casefold(), Emotion.SAD): Counts(finishes=5) for genre in GENRES[:4]},
    )

    def ask(mode: Mode) -> Callable[[], object]:
        return lambda: recommend(Emotion.SAD.mood, tracks, mode=mode, history=history, now=1e6, seed=1)

    slowest = max(statistics.median(timed(ask(mode)) for _ in range(2 * runs + 1)) for mode in Mode)
    limit = 20 if count <= 100_000 else 250
    measured = f"{1000 * slowest:.1f} ms"
    return Row(f"a queue of 15 out of {count:,}", measured, "", f"< {limit} ms", 1000 * slowest < limit)


def tagged(folder: Path) -> list[Path]:
    """VARIANTS of each format, with the tags that most files have."""
    folder.mkdir()
    made = []
    for suffix in SUFFIXES:
        plain = make(folder / f"plain.{suffix}")
        for number in range(VARIANTS):
            path = folder / f"{number}.{suffix}"
            shutil.copyfile(plain, path)
            tag(path, number)
            made.append(path)
        plain.unlink()
    return made


def tag(path: Path, number: int) -> None:
    """Title, artist, album, genre and tempo, as the format has them."""
    title, artist, album = f"A title of number {number}", f"The artist {number % 7}", f"Album {number % 5}"
    genre, bpm = GENRES[number % len(GENRES)], 80 + 5 * number
    file = mutagen.File(path)
    if file.tags is None:
        file.add_tags()
    kind = path.suffix
    if kind in (".mp3", ".wav", ".aiff"):
        for frame, value in ((TIT2, title), (TPE1, artist), (TALB, album), (TCON, genre), (TBPM, str(bpm))):
            file.tags.add(frame(encoding=3, text=[value]))
    elif kind == ".m4a":
        values = {"\xa9nam": title, "\xa9ART": artist, "\xa9alb": album, "\xa9gen": genre}
        file.tags.update({**{name: [value] for name, value in values.items()}, "tmpo": [bpm]})
    else:
        names = {
            ".wma": ("Title", "Author", "WM/AlbumTitle", "WM/Genre", "WM/BeatsPerMinute"),
            ".flac": ("title", "artist", "album", "genre", "bpm"),
        }
        for name, value in zip(
            names.get(kind, ("Title", "Artist", "Album", "Genre", "BPM")),
            (title, artist, album, genre, str(bpm)),
            strict=True,
        ):
            file.tags[name] = value
    file.save()


def library(folder: Path, originals: list[Path], count: int) -> Path:
    """So many files in folders of ALBUM, each a copy of one of `originals`."""
    contents = [path.read_bytes() for path in originals]
    for n in range(count):
        original = originals[n % len(originals)]
        album = folder / f"artist {n // (ALBUM * 5)}" / f"album {n // ALBUM}"
        if n % ALBUM == 0:
            album.mkdir(parents=True)
        (album / f"{n}{original.suffix}").write_bytes(contents[n % len(originals)])
    os.sync()
    return folder


def timed(call: Callable[[], object]) -> float:
    """Seconds that a call takes."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
