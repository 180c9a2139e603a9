"""What comes, goes or changes in the library's folders, as the system tells of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from moodplayer.errors import LibraryError
from moodplayer.library.tags import AUDIO_SUFFIXES

_SETTLE = 1000
"""Milliseconds in which changes are taken together: an album is copied file by file."""
_LOOK_UP = 100
"""Milliseconds between two looks at whether to stop."""


class _Stop:
    """What watchfiles takes for a threading.Event."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.is_set = cancelled


def changed_folders(folders: Sequence[Path], cancelled: Callable[[], bool]) -> Iterator[list[Path]]:
    """The folders to scan again, each time that some music in `folders` has changed, until `cancelled`.

    None of them lies in another. Folders that are not there are not followed.
    Raises LibraryError where the system cannot follow so many folders.
    """
    # Some 10 ms, and needed only once the library has been read.
    import watchfiles

    there = [folder for folder in folders if folder.exists()]
    if not there:
        return
    try:
        for changes in watchfiles.watch(
            *there,
            watch_filter=None,
            debounce=_SETTLE,
            step=_LOOK_UP,
            stop_event=_Stop(cancelled),
            raise_interrupt=False,
            ignore_permission_denied=True,
        ):
            if changed := folders_of((Path(path) for _, path in changes), folders):
                yield changed
    except (OSError, RuntimeError) as error:
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
