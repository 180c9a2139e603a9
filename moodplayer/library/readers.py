"""Several processes that read tags side by side, and what to do when one of them dies over a file."""

from __future__ import annotations

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path

import msgspec

from moodplayer.errors import LibraryError
from moodplayer.library import reader
from moodplayer.library.reader import COMMAND, READY, Reply, receive, send

_log = logging.getLogger(__name__)

PARALLEL_FROM = 150
"""Files from which on starting processes, some 0.2 s each, costs less than it saves."""

PATIENCE = 60.0
"""Seconds without a reply after which the files of a request are read again one by one, and a single one is
given up."""

_MOST = 8
_CHUNK = 32
"""Files to a request."""
_TICK = 0.05
"""Seconds between two looks at whether to go on."""

Result = tuple[str, Reply]

_decode = msgspec.msgpack.Decoder(list[Reply]).decode


def read_all(paths: Sequence[str], roots: Sequence[Path] = ()) -> Generator[Result | None, None, None]:
    """The reply for each of `paths`, of a library in `roots`, in whatever order; None now and then, while
    there is none.

    In processes where there are many files and several cores. Close the iterator
    to stop: whatever is being read then is left. A file over which a process
    dies, or takes more than PATIENCE, is answered with that as its reason.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if len(paths) < PARALLEL_FROM or cores < 2:
        for path in paths:
            yield path, reader.read(Path(path), roots)
        return
    with _Readers(paths, roots, min(cores, _MOST)) as readers:
        yield from readers.results()


class _Readers:
    def __init__(self, paths: Sequence[str], roots: Sequence[Path], count: int) -> None:
        self._chunks = deque(paths[at : at + _CHUNK] for at in range(0, len(paths), _CHUNK))
        self._left = len(paths)
        self._results: queue.SimpleQueue[list[Result]] = queue.SimpleQueue()
        self._stopped = threading.Event()
        self._workers = [_Worker(self._chunks, roots, self._results, self._stopped) for _ in range(count)]

    def __enter__(self) -> _Readers:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for worker in self._workers:
            worker.kill()
        for worker in self._workers:
            worker.join(_TICK)

    def results(self) -> Iterator[Result | None]:
        while self._left:
            try:
                results = self._results.get(timeout=_TICK)
            except queue.Empty:
                if not any(worker.is_alive() for worker in self._workers) and self._results.empty():
                    # What nobody thought of ended them: say so, rather than wait for ever.
                    raise LibraryError("the readers stopped, which they never should", "scan again") from None
                now = time.monotonic()
                for worker in self._workers:
                    if worker.busy_since is not None and now - worker.busy_since > PATIENCE:
                        worker.give_up()
                yield None
            else:
                self._left -= len(results)
                yield from results


class _Worker(threading.Thread):
    """One process at a time, and a new one where it dies; in this thread itself where none can be started."""

    def __init__(
        self,
        chunks: deque[Sequence[str]],
        roots: Sequence[Path],
        results: queue.SimpleQueue[list[Result]],
        stopped: threading.Event,
    ) -> None:
        super().__init__(name="reading tags", daemon=True)
        self.busy_since: float | None = None
        """Since when, in monotonic seconds, one file is being read."""
        self._chunks, self._roots, self._results, self._stopped = chunks, roots, results, stopped
        self._process: subprocess.Popen[bytes] | None = None
        self._given_up = self._cannot_start = False
        self._one_by_one = False
        """Whether a process died over some of the files of this request, and nobody knows over which."""

    def run(self) -> None:
        try:
            while not self._stopped.is_set():
                try:
                    waiting = deque(self._chunks.popleft())
                except IndexError:
                    return
                while waiting and not self._stopped.is_set():
                    self._read(waiting)
                self._one_by_one = False
        finally:
            if self._process is not None:
                self._end(self._process)

    def kill(self) -> None:
        """End the process, wherever it is."""
        process = self._process
        if process is not None:
            process.kill()

    def give_up(self) -> None:
        """End the process because of the file that it reads."""
        self._given_up = True
        self.kill()

    def _read(self, waiting: deque[str]) -> None:
        """Read those that wait, in one process, until they are read or it dies."""
        process = self._process or self._launched()
        if process is None or process.stdin is None or process.stdout is None:
            path = waiting.popleft()
            self._results.put([(path, reader.read(Path(path), self._roots))])
            return
        try:
            self.busy_since = time.monotonic()
            asked = 1 if self._one_by_one else len(waiting)
            send(process.stdin, msgspec.msgpack.encode([os.fsencode(waiting[at]) for at in range(asked)]))
            while asked and (message := receive(process.stdout)) is not None:
                self.busy_since = time.monotonic()
                replies = _decode(message)
                self._results.put([(waiting.popleft(), reply) for reply in replies])
                asked -= len(replies)
        except OSError:
            # It died before it had heard all: the same as after.
            _log.debug("a reader is gone", exc_info=True)
        self.busy_since = None
        if asked and not self._stopped.is_set():
            self._buried(process, waiting)

    def _buried(self, process: subprocess.Popen[bytes], waiting: deque[str]) -> None:
        code = self._end(process)
        slow, self._given_up = self._given_up, False
        if not self._one_by_one and len(waiting) > 1:
            self._one_by_one = True
            return
        path = waiting.popleft()
        why = f"reading it took longer than {PATIENCE:.0f} s" if slow else "reading it ended the reader"
        _log.warning("%s: %s (%d)", path, why, code)
        self._results.put([(path, (None, why, slow))])

    def _end(self, process: subprocess.Popen[bytes]) -> int:
        process.kill()
        self._process = None
        with process:
            return process.wait()

    def _launched(self) -> subprocess.Popen[bytes] | None:
        if self._cannot_start:
            return None
        search = [os.path.abspath(folder) for folder in sys.path]  # noqa: PTH100  # "" is the current folder
        try:
            # A session of its own: Ctrl-C is for who asked for the scan.
            process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-c", COMMAND, *search],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError:
            _log.warning("no reader can be started", exc_info=True)
            self._cannot_start = True
            return None
        self._process = process
        if self._stopped.is_set():
            process.kill()
        if process.stdin and process.stdout and receive(process.stdout) == READY:
            send(process.stdin, msgspec.msgpack.encode([os.fsencode(root) for root in self._roots]))
            return process
        self._cannot_start = True
        code = self._end(process)
        if not self._stopped.is_set():
            _log.warning("a reader ended at once (%d)", code)
        return None
