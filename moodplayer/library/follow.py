"""What comes, goes or changes in the library's folders, as the system tells of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from moodplayer.errors import LibraryError
from moodplayer.library.tags import AUDIO_SUFFIXES

_SETTLE = 1000
"""Milliseconds in which changes are taken together: an album is copied file by file."""
_LOOK_UP = 100
"""Milliseconds between two looks at whether to stop."""
_ALL_THERE = 2000
"""Milliseconds between two looks at whether all folders are there: nobody tells of a disk that comes back."""


class _Stop:
    """What watchfiles takes for a threading.Event."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.is_set = cancelled


def changed_folders(folders: Sequence[Path], cancelled: Callable[[], bool]) -> Iterator[list[Path]]:
    """The folders to scan again, each time that some music in `folders` has changed, until `cancelled`.

    None of them lies in another. A folder that is gone, as with its disk, has
    changed, and has again once it is back. Raises LibraryError where the system
    cannot follow so many folders.
    """
    there = _there(folders)
    while not cancelled():
        for changes in _changes([*there], cancelled):
            if changed := folders_of(changes, folders):
                yield changed
            if _there(folders) != there:
                break
        before, there = there, _there(folders)
        came_or_went = [folder for folder in folders if before.get(folder) != there.get(folder)]
        if came_or_went and not cancelled():
            yield came_or_went


def _there(folders: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """Those of `folders` that are there, and which they are: a folder may come back as another."""
    found = {}
    for folder in folders:
        try:
            known = folder.stat()
        except OSError:
            continue
        found[folder] = (known.st_dev, known.st_ino)
    return found


def _changes(folders: Sequence[Path], cancelled: Callable[[], bool]) -> Iterator[list[Path]]:
    """What has changed in `folders`; nothing, now and then, so that it can be seen whether all are there."""
    # Some 10 ms, and needed only once the library has been read.
    import watchfiles

    if not folders:
        time.sleep(_LOOK_UP / 1000)
        yield []
        return
    try:
        for changes in watchfiles.watch(
            *folders,
            watch_filter=None,
            debounce=_SETTLE,
            step=_LOOK_UP,
            stop_event=_Stop(cancelled),
            rust_timeout=_ALL_THERE,
            yield_on_timeout=True,
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            yield [Path(path) for _, path in changes]
    except (OSError, RuntimeError) as error:
        if "decode path" in str(error):
            # A file whose name is not UTF-8 has changed, and watchfiles cannot say which.
            yield [*folders]
            return
        raise LibraryError(
            f"changes in your music are not followed: {error}",
            "start again to see them, or raise fs.inotify.max_user_watches",
        ) from error


def folders_of(changed: Iterable[Path], roots: Sequence[Path]) -> list[Path]:
    """The fewest folders in or below `roots` that hold all that `changed`; only music counts."""
    found: set[Path] = set()
    for path in changed:
        is_music = path.suffix.lower() in AUDIO_SUFFIXES
        if not is_music and path.is_file():
            continue
        root = next((root for root in roots if path.is_relative_to(root)), None)
        if root is None:
            continue
        here = path if path == root else path.parent
        while here != root and not os.path.isdir(here):  # noqa: PTH112  # no error, whatever is wrong with it
            here = here.parent
        found.add(here)
    return sorted(here for here in found if not any(other in found for other in here.parents))
