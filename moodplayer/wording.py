"""Words for numbers, alike on the screen and on the command line."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """As "1 track" or "2,000 tracks"."""
    return f"{number:,} {what}{'s' * (number != 1)}"
