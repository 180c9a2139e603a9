"""The user's own rules, `[moods]` in the settings: they win over whatever tags say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from moodplayer import config
from moodplayer.domain import Emotion, Mood, Tags
from moodplayer.library.tags import clean
from moodplayer.library.tree import TABLE_VERSION, genres_in, has_genre, moods_in
from moodplayer.library.words import fields, key


@dataclass(frozen=True, slots=True)
class Rules:
    """Whose mood is what: genres and mood words by their key, artists by their name without case."""

    artists: Mapping[str, Mood] = field(default_factory=dict)
    folders: Mapping[Path, Mood] = field(default_factory=dict)
    words: Mapping[str, Mood] = field(default_factory=dict)
    genres: Mapping[str, Mood] = field(default_factory=dict)

    def of(self, tags: Tags) -> tuple[Mood, str] | None:
        """The mood that a rule gives this track, and the rule in words; None where no rule is meant for it.

        The more special rule counts: artist, then folder (the innermost), then
        mood word, then genre. A genre's rule holds for the genres below it, too.
        """
        for artist in (tags.artist, tags.album_artist):
            if (mood := self.artists.get(artist.casefold())) is not None:
                return mood, f"your rule: artist {artist}"
        if self.folders:
            for folder in tags.path.parents:
                if (mood := self.folders.get(folder)) is not None:
                    return mood, f"your rule: folder {clean(folder.name or str(folder))}"
        for name in _mood_words(tags) if self.words else ():
            if (mood := self.words.get(key(name))) is not None:
                return mood, f"your rule: mood {name}"
        for name in _genres(tags) if self.genres else ():
            if (mood := self.genres.get(key(name))) is not None:
                return mood, f"your rule: genre {name}"
        return None

    @property
    def version(self) -> str:
        """TABLE_VERSION with these rules: an index that holds moods of another must draw them again."""
        tables = (self.artists, self.folders, self.words, self.genres)
        if not any(tables):
            return TABLE_VERSION
        said = [sorted((str(name), m.valence, m.arousal) for name, m in table.items()) for table in tables]
        return f"{TABLE_VERSION}-{hashlib.sha256(repr(said).encode('utf-8', 'replace')).hexdigest()[:16]}"


NO_RULES = Rules()


def rules_of(settings: config.Settings) -> Rules:
    """The rules in these settings. Raises nothing: `config.load` has checked them."""
    said = settings.moods
    return Rules(
        artists={name.casefold(): _mood(value) for name, value in said.artists.items()},
        folders={
            # As the index has its paths: absolute, links as they are.
            Path(os.path.abspath(os.path.expanduser(name))): _mood(value)  # noqa: PTH100, PTH111
            for name, value in said.folders.items()
        },
        words={key(name): _mood(value) for name, value in said.words.items()},
        genres={key(name): _mood(value) for name, value in said.genres.items()},
    )


def _mood(value: str | tuple[float, float]) -> Mood:
    return Emotion(value).mood if isinstance(value, str) else Mood(*value)


def _mood_words(tags: Tags) -> Iterator[str]:
    for field_ in (*tags.moods, *tags.genres):
        yield from (part.strip() for part in fields(field_) if key(part))
    for field_ in tags.moods:
        yield from (one.name for one in moods_in(field_))


def _genres(tags: Tags) -> Iterator[str]:
    for field_ in tags.genres:
        yield from (part.strip() for part in fields(field_, has_genre) if key(part))
    found = [one for field_ in tags.genres for one in genres_in(field_)]
    yield from (one.name for one in found)
    yield from (one.root for one in found)
