"""Tags as a reader sends them and the index keeps them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import msgspec

from moodplayer.domain import Tags

_DEFAULTS = {
    field.name: None if field.default is dataclasses.MISSING else field.default
    for field in dataclasses.fields(Tags)
    if field.name != "path"
}


def pack(tags: Tags) -> bytes:
    """All that the tags say but the path, as JSON without what is empty."""
    said = {name: value for name, empty in _DEFAULTS.items() if (value := getattr(tags, name)) != empty}
    return msgspec.json.encode(said)


def unpack(path: Path, packed: bytes) -> Tags:
    """The tags that `pack` packed; a field that they did not have yet is empty."""
    said = {name: value for name, value in msgspec.json.decode(packed).items() if name in _DEFAULTS}
    return msgspec.convert({**said, "path": path}, Tags, dec_hook=lambda _, value: value)
