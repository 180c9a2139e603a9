"""The audio files in and below a folder, as fast as the system lists them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from moodplayer.library.tags import AUDIO_SUFFIXES

_ENDINGS = tuple(AUDIO_SUFFIXES)

_LOOK_UP = 512
"""Entries of one folder after which somebody may want to stop."""

File = tuple[str, tuple[int, int]]
"""Path, and modification time in ns and size in bytes."""


class Files:
    """The audio files in and below `folder`, in lists as they are found; following links, each folder once.

    Names that begin with a dot are passed over. Ends early, and is then not
    complete, where `cancelled`. Once it has ended, `away` and `is_closed` tell
    of what it could not see.
    """

    def __init__(self, folder: Path, cancelled: Callable[[], bool] = lambda: False) -> None:
        self._folder = str(folder)
        self._cancelled = cancelled
        self.away: list[Path] = []
        """Links to nowhere, and folders that the system fails to reach: what is below them is away."""
        self.is_empty = False
        """Whether the folder itself holds nothing at all."""
        self._closed: list[str] = []

    def __iter__(self) -> Iterator[list[File]]:
        if os.path.isfile(self._folder):  # noqa: PTH113  # by text throughout: Path takes several times as long
            yield self._stamped(self._folder)
            return
        visited: set[tuple[int, int]] = set()
        waiting = [self._folder]
        # Last, so that a folder that a link leads to as well keeps its own name, whatever the order on disk.
        links: list[str] = []
        while (waiting or links) and not self._cancelled():
            here = (waiting or links).pop()
            try:
                status = os.stat(here)  # noqa: PTH116
                if (status.st_dev, status.st_ino) in visited:
                    continue
                visited.add((status.st_dev, status.st_ino))
                yield from self._listed(here, waiting, links)
            except OSError as error:
                self._missed(here, error)

    def is_closed(self, path: str) -> bool:
        """Whether `path` is in or below something that could not be looked at: then it is not gone."""
        return any(path == here or path.startswith(here.rstrip("/") + "/") for here in self._closed)

    def _listed(self, here: str, waiting: list[str], links: list[str]) -> Iterator[list[File]]:
        start = here if here.endswith("/") else here + "/"
        found: list[File] = []
        count = 0
        with os.scandir(here) as entries:
            for entry in entries:
                count += 1
                if count % _LOOK_UP == 0:
                    yield found
                    found = []
                    if self._cancelled():
                        return
                name = entry.name
                if name.startswith("."):
                    continue
                try:
                    if entry.is_dir():
                        (links if entry.is_symlink() else waiting).append(start + name)
                        continue
                    if not name.lower().endswith(_ENDINGS):
                        if entry.is_symlink():
                            os.stat(start + name)  # noqa: PTH116  # raises where it leads nowhere
                        continue
                    status = entry.stat()
                except OSError as error:
                    # A link to itself or to nowhere, say: no reason to lose its neighbours.
                    self._missed(start + name, error)
                    continue
                if stat.S_ISREG(status.st_mode):
                    # SQLite's integers end in the year 2262; a camera's or phone's wrong clock need not.
                    found.append((start + name, (status.st_mtime_ns & (2**63 - 1), status.st_size)))
        self.is_empty = self.is_empty or (here == self._folder and count == 0)
        yield found

    def _stamped(self, path: str) -> list[File]:
        try:
            status = os.stat(path)  # noqa: PTH116
        except OSError as error:
            self._missed(path, error)
            return []
        return [(path, (status.st_mtime_ns & (2**63 - 1), status.st_size))]

    def _missed(self, path: str, error: OSError) -> None:
        if isinstance(error, FileNotFoundError) and not os.path.islink(path):  # noqa: PTH114
            # It has just gone.
            return
        self._closed.append(path)
        if error.errno not in (errno.EACCES, errno.EPERM, errno.ELOOP):
            self.away.append(Path(path))


def out_of_reach(folder: Path) -> str:
    """Why a folder or file cannot be read; nothing if it can."""
    try:
        if folder.is_file():
            folder.open("rb").close()
        else:
            os.scandir(folder).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    except ValueError as error:
        # A name that no file can have, with a null byte say.
        return str(error)
    return ""
