"""Composes the sample library: 49 short tracks, seven for each emotion, from the scores in `scores/`.

    python sample_library/compose.py [--out FOLDER] [--only WORD]

The same scores, seed and library versions give the same samples. Besides Python it needs numpy,
soundfile (libsndfile 1.2 or later, for MP3 and Opus) and mutagen: `pip install moodplayer[compose]`.

The scores are written by what research on music and emotion agrees on:

- K. Hevner (1936), "Experimental studies of the elements of expression in music", American Journal of
  Psychology 48, and (1937), "The affective value of pitch and tempo in music", 49: major against minor
  mode, firm against flowing rhythm, simple against dissonant harmony, high against low pitch, fast
  against slow tempo. Tempo and mode weigh most.
- J. A. Russell (1980), "A circumplex model of affect", Journal of Personality and Social Psychology 39:
  the plane of valence and arousal. Arousal is carried here by tempo, loudness, density of onsets and
  brightness; valence by mode, consonance and regularity.
- P. N. Juslin & P. Laukka (2003), "Communication of emotions in vocal expression and music performance:
  different channels, same code?", Psychological Bulletin 129, and (2004), "Expression, perception, and
  induction of musical emotions", Journal of New Music Research 33: the cues of anger, fear, happiness
  and sadness in performance (tempo, level, articulation, attack, timbre, variability, vibrato).
- A. Gabrielsson & E. Lindström (2010), "The role of structure in the musical expression of emotions", in
  Juslin & Sloboda (eds.), Handbook of Music and Emotion, Oxford University Press: the review of mode,
  harmony, interval, melodic range and motion, rhythm and form.
- T. Eerola, A. Friberg & R. Bresin (2013), "Emotional expression in music: contribution, linearity, and
  additivity of primary musical cues", Frontiers in Psychology 4: mode, tempo, register, dynamics,
  articulation and timbre, roughly additive, in that order of weight.

What that means for each emotion:

    angry     fast, loud, low and rough; minor, phrygian; hard attacks, staccato, little variation of loudness
    disgust   dissonant and out of tune: clusters, tritones, doubled minor seconds; rough, medium to slow
    fear      soft, with sudden swells; diminished and octatonic; extremes of register; irregular; trembling
    happy     fast, major, high and bright; airy staccato, regular and danceable rhythm, rising melodies
    sad       slow, soft, minor, low and dull; legato, falling and narrow melodies, slow vibrato, ritardando
    surprise  fast, bright, major or ambiguous; syncopation, odd metres, sudden stops, leaps and modulations
    neutral   medium, even and unhurried; few changes, soft attacks, modal or open harmony

The literature says less of disgust and of surprise than of the others. Disgust follows the dissonance and
roughness that listeners find unpleasant; surprise follows the breaking of expectations.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import soundfile
from arrange import render
from effects import Signal
from mutagen.flac import FLAC
from mutagen.id3 import ID3, TALB, TBPM, TCON, TIT2, TKEY, TPE1, TRCK, TXXX
from mutagen.oggopus import OggOpus
from mutagen.oggvorbis import OggVorbis
from score import Piece, load_scores

HERE = Path(__file__).resolve().parent
RATES = {".mp3": 44_100, ".ogg": 44_100, ".opus": 48_000, ".flac": 24_000}
"""Samples per second of each format: what it wants, and for FLAC, which is mono too, what stays small."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the tracks and the list of what each was meant to express."""
    parser = argparse.ArgumentParser(description="Compose the sample library.")
    parser.add_argument("--out", type=Path, default=HERE, metavar="FOLDER", help="default: here")
    parser.add_argument("--only", default="", metavar="WORD", help="only tracks whose path contains WORD")
    chosen = parser.parse_args(arguments)
    pieces = load_scores(HERE / "scores")
    wanted = [piece for piece in pieces if chosen.only.casefold() in piece.path.casefold()]
    if not wanted:
        sys.exit(f"no track's path contains {chosen.only!r}")
    for number, piece in enumerate(wanted, 1):
        begun = time.monotonic()
        path = chosen.out / piece.path
        path.parent.mkdir(parents=True, exist_ok=True)
        rate = RATES[path.suffix]
        sound = render(piece, rate, mono=path.suffix == ".flac")
        write_sound(path, sound, rate)
        write_tags(path, piece)
        took = time.monotonic() - begun
        print(
            f"{number:2}/{len(wanted)}  {piece.emotion:8}  {len(sound) / rate:4.1f} s"
            f"  {path.stat().st_size / 1000:4.0f} kB  {took:4.1f} s  {piece.path}",
            flush=True,
        )
    if not chosen.only:
        write_intentions(chosen.out / "intended.csv", pieces)


def write_sound(path: Path, sound: Signal, rate: int) -> None:
    """Encode as the file's ending says, in about 60 to 80 kbit/s, which keeps 49 tracks below 12 MB.

    libsndfile's compression level runs from 0 (best) to 1 (smallest), on a scale of each encoder's own.
    """
    match path.suffix:
        case ".mp3":
            bits = {"compression_level": 0.84, "bitrate_mode": "AVERAGE"}
            soundfile.write(path, sound, rate, "MPEG_LAYER_III", **bits)
        case ".ogg":
            soundfile.write(path, sound, rate, "VORBIS", compression_level=0.95)
        case ".opus":
            # libsndfile knows Opus by its container only.
            soundfile.write(path, sound, rate, "OPUS", format="OGG", compression_level=0.905)
        case ".flac":
            soundfile.write(path, sound, rate, "PCM_16", compression_level=1.0)


def write_tags(path: Path, piece: Piece) -> None:
    """Tag as a listener's library is: some with a mood, most with a genre, a few with nothing at all."""
    if not piece.tags:
        return
    artist, album, name = piece.path.split("/")
    words = {
        "title": piece.title,
        "artist": artist,
        "album": album,
        "tracknumber": str(int(name[:2])),
        "genre": piece.genre if "genre" in piece.tags else "",
        "mood": piece.mood,
        "bpm": f"{piece.bpm:g}" if "bpm" in piece.tags else "",
        "initialkey": _short_key(piece.key) if "key" in piece.tags else "",
    }
    if path.suffix == ".mp3":
        _write_id3(path, words)
        return
    file = {".ogg": OggVorbis, ".opus": OggOpus, ".flac": FLAC}[path.suffix](path)
    for name, text in words.items():
        if text:
            file[name] = text
    file.save()


def _write_id3(path: Path, words: dict[str, str]) -> None:
    frames = {"title": TIT2, "artist": TPE1, "album": TALB, "tracknumber": TRCK}
    frames |= {"genre": TCON, "bpm": TBPM, "initialkey": TKEY}
    tags = ID3()
    for name, frame in frames.items():
        if words[name]:
            tags.add(frame(encoding=3, text=words[name]))
    if words["mood"]:
        tags.add(TXXX(encoding=3, desc="MOOD", text=words["mood"]))
    tags.save(path)


def _short_key(key: str) -> str:
    """ "F# minor" as tags have it, "F#m"; modes count by their third."""
    tonic, _, scale = key.partition(" ")
    major = ("major", "lydian", "mixolydian", "double harmonic", "whole tone")
    return tonic if scale in major else f"{tonic}m"


def write_intentions(path: Path, pieces: Sequence[Piece]) -> None:
    """The emotion that each track was composed for, for tests."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("path", "emotion"))
        writer.writerows((piece.path, piece.emotion) for piece in pieces)


if __name__ == "__main__":
    main()
