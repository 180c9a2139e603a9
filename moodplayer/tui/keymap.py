"""One table of all keys: the bindings, the help screen and the README's list come from it."""

from __future__ import annotations

from dataclasses import dataclass

from textual.binding import Binding

from moodplayer.domain import EMOTIONS


@dataclass(frozen=True, slots=True)
class Key:
    """One action, the keys that do it (Textual's names), how these are written, and what it does."""

    action: str
    keys: str
    shown: str
    meaning: str


EMOTION_KEYS = tuple(
    Key(f"choose('{emotion}')", str(number), str(number), f"play for {emotion}")
    for number, emotion in enumerate(EMOTIONS, start=1)
)

PLAYER_KEYS = (
    Key("toggle_pause", "space", "space", "pause, or play on"),
    Key("next_track", "n", "n", "next track"),
    Key("previous_track", "N,upper_n,p", "N", "previous track"),
    Key("seek(-5)", "left", "←", "5 seconds back"),
    Key("seek(5)", "right", "→", "5 seconds on"),
    Key("volume(5)", "plus,equals_sign", "+", "louder"),
    Key("volume(-5)", "minus,underscore", "-", "quieter"),
    Key("like", "l", "l", "like this track in this mood, or no longer"),
    Key("read_again", "e", "e", "read my emotion again"),
    Key("toggle_camera", "c", "c", "camera on or off"),
    Key("next_mode", "m", "m", "match my mood, lift it, or calm it"),
    Key("next_method", "x", "x", "explain by saliency, Grad-CAM or LIME"),
    Key("not_second", "X,upper_x", "X", "explain why this emotion and not the next likeliest"),
    Key("overlay", "o", "o", "lay the explanation over the face, or take it away"),
    Key("help", "question_mark", "?", "these keys"),
    Key("quit", "q,ctrl+c,ctrl+q", "q", "quit"),
)

QUEUE_KEYS = (
    Key("move(-1)", "up,k", "↑", "up the queue"),
    Key("move(1)", "down,j", "↓", "down the queue"),
    Key("play_this", "enter", "enter", "play this one"),
)


def bindings(keys: tuple[Key, ...]) -> list[Binding | tuple[str, str] | tuple[str, str, str]]:
    """The table as Textual wants it."""
    return [Binding(key.keys, key.action, key.meaning, show=False, key_display=key.shown) for key in keys]


def shown() -> list[tuple[str, str]]:
    """Key and meaning of each action, as people read them; the seven emotions in one line."""
    emotions = f"{EMOTION_KEYS[0].shown} to {EMOTION_KEYS[-1].shown}"
    chosen = (emotions, f"choose an emotion by hand: {', '.join(EMOTIONS)}")
    rows = [(key.shown, key.meaning) for key in (*PLAYER_KEYS[:9], *QUEUE_KEYS)]
    return [*rows, chosen, *((key.shown, key.meaning) for key in PLAYER_KEYS[9:])]


def as_markdown() -> str:
    """The table for the README."""
    rows = "\n".join(f"| `{key}` | {meaning} |" for key, meaning in shown())
    return f"| key | what it does |\n|---|---|\n{rows}\n"
