"""Real files in every format, made on the spot: by libsndfile where it writes them, else header by header."""

from __future__ import annotations

import struct
import uuid
from pathlib import Path

import numpy as np
import soundfile

RATE = 48_000
SECONDS = 0.5

BY_LIBSNDFILE = {
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "flac": ("FLAC", "PCM_16"),
    "ogg": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "wav": ("WAV", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
}
SUFFIXES = (*BY_LIBSNDFILE, "m4a", "wma", "ape", "wv", "mpc")


def make(path: Path) -> Path:
    """An audio file without tags, of SECONDS seconds, in the format of its suffix."""
    suffix = path.suffix[1:]
    if suffix in BY_LIBSNDFILE:
        kind, subtype = BY_LIBSNDFILE[suffix]
        samples = 0.1 * np.sin(np.arange(round(RATE * SECONDS)) / 20)
        soundfile.write(path, samples, RATE, format=kind, subtype=subtype)
    else:
        path.write_bytes({"m4a": _m4a, "wma": _wma, "ape": _ape, "wv": _wv, "mpc": _mpc}[suffix]())
    return path


def _atom(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def _m4a() -> bytes:
    media_header = _atom(b"mdhd", struct.pack(">IIIII4x", 0, 0, 0, RATE, round(RATE * SECONDS)))
    handler = _atom(b"hdlr", struct.pack(">II4s12x1x", 0, 0, b"soun"))
    tables = _atom(b"stbl", _atom(b"stsd", struct.pack(">II", 0, 0)))
    track = _atom(b"trak", _atom(b"mdia", media_header, handler, _atom(b"minf", tables)))
    return _atom(b"ftyp", b"M4A \0\0\0\0M4A mp42") + _atom(b"moov", track) + _atom(b"mdat", bytes(64))


def _asf_object(name: str, content: bytes) -> bytes:
    return uuid.UUID(name).bytes_le + struct.pack("<Q", 24 + len(content)) + content


def _wma() -> bytes:
    ticks = round(SECONDS * 1e7)
    times = struct.pack("<16xQQQQQQIIII", 0, 0, 0, ticks, ticks, 0, 2, 3200, 3200, 64_000)
    properties = _asf_object("8CABDCA1-A947-11CF-8EE4-00C00C205365", times)
    extension = uuid.UUID("ABD3D211-A9BA-11CF-8EE6-00C00C205365").bytes_le + struct.pack("<HI", 6, 0)
    extended = _asf_object("5FBF03B5-A92E-11CF-8EE3-00C00C205365", extension)
    head = struct.pack("<IBB", 2, 1, 2) + properties + extended
    data = _asf_object("75B22636-668E-11CF-A6D9-00AA0062CE6C", bytes(26))
    return _asf_object("75B22630-668E-11CF-A6D9-00AA0062CE6C", head) + data


def _ape() -> bytes:
    blocks = round(RATE * SECONDS)
    head = b"MAC " + struct.pack("<H", 3990) + bytes(50)
    return head + struct.pack("<IIIHHI", blocks, blocks, 1, 16, 2, RATE) + bytes(64)


def _wv() -> bytes:
    samples = round(RATE * SECONDS)
    flags = 10 << 23  # 48 kHz, as WavPack numbers its rates
    return struct.pack("<4sIHBBIIIII", b"wvpk", 24 + 64, 0x410, 0, 0, samples, 0, samples, flags, 0) + bytes(
        64
    )


def _mpc() -> bytes:
    frames = round(44_100 * SECONDS / 1152)
    return b"MP+\x07" + struct.pack("<II", frames, 0) + bytes(84)
