"""What one ID3 frame may cost: mutagen offers no setting for it."""

from __future__ import annotations

from typing import Any

from mutagen.id3 import Frame
from mutagen.id3._util import ID3JunkFrameError

_LONGEST_FRAME = 16_384
"""Bytes of an ID3 frame that are parsed."""


def bound_frames() -> None:
    """Keep mutagen from spending minutes, or gigabytes, on one ID3 frame; once is enough.

    It copies what is left of a frame for each of its values, so that five
    million empty ones take minutes, and it inflates a compressed frame of any
    size at once, which no tagger writes.
    """
    parse = Frame._fromData.__func__

    def parse_bounded(cls: Any, header: Any, flags: int, data: bytes) -> Any:
        compressed = Frame.FLAG24_COMPRESS if header.version >= (2, 4, 0) else Frame.FLAG23_COMPRESS
        if header.version >= (2, 3, 0) and flags & compressed:
            raise ID3JunkFrameError("compressed")
        if len(data) <= _LONGEST_FRAME:
            return parse(cls, header, flags, data)
        for fewer in range(3):
            try:
                return parse(cls, header, flags, data[: _LONGEST_FRAME - fewer])
            except ID3JunkFrameError:
                # Cut in the middle of a character, which is up to 4 bytes.
                continue
        return parse(cls, header, flags, data[: _LONGEST_FRAME - 3])

    Frame._fromData = classmethod(parse_bounded)
