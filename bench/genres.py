"""How far the genre tree agrees with measured genres: python bench/genres.py genres.csv

genres.csv has a genre's name and the mean valence, energy and tempo that Spotify's audio analysis gave its
tracks (genre, valence, energy, tempo; the first two in [0, 1]). Printed are Pearson correlations of the
tree's valence with that valence, and of its arousal with that energy: over all genres (one that is not known
at all counts as neutral, as it does in the player), over those that the tree has by name, and over those that
it reaches through a part of theirs, with and without those it does not know.
"""

from __future__ import annotations

import argparse
import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from moodplayer.domain import Mood, Tags
from moodplayer.library.moods import mood_of_tags
from moodplayer.library.tree import has_genre


@dataclass(frozen=True)
class Genre:
    """One row of the table, and what the tree makes of its name."""

    name: str
    valence: float
    energy: float
    mood: Mood
    by_name: bool
    known: bool


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("table", type=Path)
    arguments.add_argument("--far", type=int, metavar="N", help="also the N genres that lie furthest apart")
    options = arguments.parse_args()
    with options.table.open(newline="", encoding="utf-8") as file:
        genres = [
            genre(row["genre"], float(row["valence"]), float(row["energy"])) for row in csv.DictReader(file)
        ]
    groups = {
        "all": genres,
        "by name": [one for one in genres if one.by_name],
        "not by name": [one for one in genres if not one.by_name],
        "  of these through a part": [one for one in genres if one.known and not one.by_name],
    }
    print(f"{'genres':28}{'count':>6}{'valence':>9}{'arousal':>9}")
    for name, group in groups.items():
        valence, arousal = agreement(group)
        print(f"{name:28}{len(group):6}{valence:9.3f}{arousal:9.3f}")
    print(f"{'  of these unknown':28}{sum(not one.known for one in genres):6}")
    if options.far:
        print_furthest(genres, options.far)


def genre(name: str, valence: float, energy: float) -> Genre:
    """The row, with the mood that a track has whose only tag is this genre."""
    mood, sure, _ = mood_of_tags(Tags(Path("track"), "track", genres=(name,)))
    return Genre(name, valence, energy, mood, has_genre(name), sure > 0)


def agreement(genres: list[Genre]) -> tuple[float, float]:
    """Pearson's r of valence with valence, and of arousal with energy."""
    valence = np.corrcoef([one.mood.valence for one in genres], [one.valence for one in genres])
    arousal = np.corrcoef([one.mood.arousal for one in genres], [one.energy for one in genres])
    return float(valence[0, 1]), float(arousal[0, 1])


def print_furthest(genres: list[Genre], count: int) -> None:
    """Those whose place is furthest from the line through all of them."""
    lines = []
    for axis, measured in (("valence", "valence"), ("arousal", "energy")):
        ours = np.array([getattr(one.mood, axis) for one in genres])
        theirs = np.array([getattr(one, measured) for one in genres])
        slope, middle = np.polyfit(theirs, ours, 1)
        lines.append(ours - (slope * theirs + middle))
    for index in np.argsort(-np.hypot(*lines))[:count]:
        one = genres[index]
        how = "by name" if one.by_name else "by a part" if one.known else "unknown"
        print(
            f"{one.name:32}{one.mood.valence:+6.2f}{one.mood.arousal:+6.2f}  measured "
            f"{one.valence:.2f} {one.energy:.2f}  {how}"
        )


if __name__ == "__main__":
    main()
