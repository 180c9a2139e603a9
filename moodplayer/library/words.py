"""Text as the genre tree and the mood words have it: however a tag is written, the same words come out."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache

LONGEST_FIELD = 400
"""Characters of a tag that are read, for tags are not to be trusted."""

_MOST_WORDS = 12
"""Words of one genre that are read, the last ones."""

_SEPARATORS = re.compile(r"[;,|\0\r\n、•>]")
_MAY_SEPARATE = re.compile(r"[/\\・·]|\s+[-–—]\s+")
_AND = re.compile(r"['’‘`´]?\bn\b['’‘`´]?|&|\+")
_APOSTROPHES = re.compile(r"['’‘`´]")
_NOT_WORD = re.compile(r"[\W_]+")

# Letters that are not a letter with an accent to Unicode.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"})

_SAME = {
    "alt": "alternative",
    "altern": "alternative",
    "prog": "progressive",
    "progr": "progressive",
    "psych": "psychedelic",
    "psy": "psychedelic",
    "trad": "traditional",
    "instr": "instrumental",
    "electr": "electronic",
    "xmas": "christmas",
    "kid": "children",
    "childrens": "children",
    "und": "and",
    "et": "and",
    "y": "and",
    "e": "and",
}
_SAYS_NOTHING = frozenset(
    ("music", "musik", "musique", "musica", "muzik", "muzika", "muzyka", "musiikki", "genre", "style", "the")
)


def fields(text: str, is_one: Callable[[str], bool] = lambda _: False) -> list[str]:
    """What a tag lists: "Rock; Jazz" and "Hip-Hop/Rap" are two things each.

    A slash or lone dash separates only what is not one thing with it: "Pop/Punk", if `is_one` says so.
    """
    found: list[str] = []
    for part in _SEPARATORS.split(text[:LONGEST_FIELD]):
        found += [part] if is_one(part) else _MAY_SEPARATE.split(part)
    return found


@lru_cache(maxsize=8192)
def words(text: str) -> tuple[str, ...]:
    """The words of `text` without case, accents, punctuation and plurals, and without "music" and its like.

    At most the last twelve. "&", "+", "n" and other languages' words for it
    are "and"; "alt", "prog" and the like are written out.
    """
    plain = text.casefold()
    if not plain.isascii():
        plain = "".join(c for c in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(c))
        plain = plain.translate(_LETTERS)
    plain = _APOSTROPHES.sub("", _AND.sub(" and ", plain))
    found = (_singular(word) for word in _NOT_WORD.sub(" ", plain).split() if word not in _SAYS_NOTHING)
    return tuple([_SAME.get(word, word) for word in found][-_MOST_WORDS:])


def key(text: str) -> str:
    """The words written as one, by which tables are looked up: "Hip Hop" and "HipHop" have the same."""
    return "".join(words(text))


def _singular(word: str) -> str:
    if len(word) > 6 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word
