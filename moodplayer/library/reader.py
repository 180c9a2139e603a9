"""The process that reads tags for a scan: the library's folders come in, then paths; tags go out.

mutagen is Python throughout, so that only processes read in parallel. These are
started afresh and not by `multiprocessing`: the player has threads, which a
fork does not survive, and no main module that could be run once more.
"""

from __future__ import annotations

import gc
import os
import struct
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

import msgspec

from moodplayer.errors import TagsError
from moodplayer.library.packing import pack
from moodplayer.library.tags import read_tags

READY = b"ready"

COLLECT_EVERY = 500
"""Files after which the garbage of reading them is collected."""

_TOGETHER = 16
"""Replies to a message, at most: each message wakes a thread of the process that waits for it."""
_WITHIN = 0.05
"""Seconds after which those there are are sent."""

Reply = tuple[bytes | None, str, bool]
"""The packed tags; or nothing, why not, and whether the system refused, which it may not do the next time."""

COMMAND = (
    "import sys; sys.path[:] = sys.argv[1:]; from moodplayer.library.reader import main; "
    "main(sys.stdin.buffer, sys.stdout.buffer)"
)
"""For `python -I -c`: with the search path of who starts it, and never with the folder it is started in."""


def read(path: Path, roots: Iterable[Path] = ()) -> Reply:
    """The reply for one file of a library in `roots`. Raises nothing for what a file may hold."""
    text = str(path)
    around = (root for root in roots if text.startswith(str(root).rstrip("/") + "/"))
    below = max(around, key=lambda root: len(root.parts), default=None)
    try:
        return pack(read_tags(path, below=below)), "", False
    except TagsError as error:
        return None, error.message, isinstance(_origin(error), OSError)


def main(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer lists of paths with lists of replies, in their order, until there are no more."""
    gc.disable()
    send(replies, READY)
    done = 0
    encode = msgspec.msgpack.Encoder().encode
    first = receive(requests)
    roots = [Path(os.fsdecode(root)) for root in msgspec.msgpack.decode(first or b"\x90", type=list[bytes])]
    while (message := receive(requests)) is not None:
        ready: list[Reply] = []
        sent_at = time.monotonic()
        for path in msgspec.msgpack.decode(message, type=list[bytes]):
            ready.append(read(Path(os.fsdecode(path)), roots))
            if len(ready) == _TOGETHER or time.monotonic() - sent_at > _WITHIN:
                send(replies, encode(ready))
                ready, sent_at = [], time.monotonic()
            done += 1
            if done % COLLECT_EVERY == 0:
                gc.collect()
        if ready:
            send(replies, encode(ready))


def send(pipe: IO[bytes], message: bytes) -> None:
    """Write one message, by its length, to a pipe."""
    pipe.write(struct.pack("<I", len(message)) + message)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """The next message; None where the pipe has ended, be it in the middle of one."""
    head = pipe.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    message = pipe.read(length)
    return message if len(message) == length else None


def _origin(error: TagsError) -> BaseException | None:
    """What lay beneath; mutagen wraps the system's errors in its own."""
    cause = error.__cause__
    inner = cause.args[0] if cause is not None and cause.args else None
    return inner if isinstance(inner, BaseException) else cause
