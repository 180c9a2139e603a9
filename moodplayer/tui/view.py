"""What the session knows, in the words that the panes show. Pure: the same session, the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moodplayer.domain import EMOTIONS, Emotion, Probabilities
from moodplayer.playback.player import Transport
from moodplayer.tui.widgets.text import ago
from moodplayer.wording import counted

if TYPE_CHECKING:
    from moodplayer.domain import Explanation
    from moodplayer.session import Session


MARKS = {Transport.PLAYING: "▶", Transport.PAUSED: "⏸", Transport.STOPPED: "■"}
"""What the player does, in one cell."""


LOOKS = {
    Emotion.ANGRY: "angry",
    Emotion.DISGUST: "disgusted",
    Emotion.FEAR: "afraid",
    Emotion.HAPPY: "happy",
    Emotion.SAD: "sad",
    Emotion.SURPRISE: "surprised",
    Emotion.NEUTRAL: "neutral",
}
"""How somebody looks who shows it."""


def mood_title(session: Session) -> str:
    """Over the bars: what you look like, or said."""
    reading = session.reading
    if reading is None:
        return "how do you feel?"
    if reading.by_hand:
        return f"you said {reading.emotion}"
    if not reading.sure:
        first, second = two_likeliest(reading.probabilities)
        return f"not sure: {first} or {second}"
    return f"you look {LOOKS[reading.emotion]}"


def mood_note(session: Session, now: float) -> str:
    """Under the bars: how the reading comes along, how sure it is, how old."""
    sight, reading = session.looking.sight, session.reading
    if sight is not None and sight.smoothed is None:
        return "looking for a face …"
    parts = []
    if reading is not None and not reading.by_hand:
        parts = ["sure" if reading.sure else "not sure", f"{reading.confidence:.0%}".replace("%", " %")]
    if reading is not None:
        parts.append(ago(now - reading.time))
        # Its own, not those of what the camera sees now. Last, as this may be more than there is room for.
        parts.append(reading.explanation.words() if reading.explanation else "")
    if sight is not None and (reading is None or session.asked):
        done = round(sight.progress * 10)
        parts = [f"reading {'▰' * done}{'▱' * (10 - done)}"]
    return " · ".join(filter(None, parts)) or (
        "press 1 to 7 to say" + ", or e to be read" * session.looking.is_possible
    )


def why_title(session: Session) -> str:
    """Over the heat map: what is explained."""
    explanation = _as_asked(session)
    return f"why {explanation.emotion}" if explanation else "why"


def why_method(session: Session) -> str:
    """Below it: by which method and, if asked, why not which other emotion."""
    explanation, why = _as_asked(session), session.looking.why
    other = (explanation and explanation.rather_than) or "the next"
    return f"not {other} · {why.method.label}" if why.not_second else why.method.label


def _as_asked(session: Session) -> Explanation | None:
    """The explanation, if it answers what is asked now."""
    explanation = session.explanation
    return explanation if explanation and explanation.why == session.looking.why else None


def why_words(session: Session) -> str:
    """Where there is no heat map."""
    sight, why = session.looking.sight, session.looking.why
    if sight is not None and sight.look.face is not None and session.explanation is None:
        return f"this network's files have no {why.method.label} for that · x: the next method"
    return ""


def face_title(session: Session) -> str:
    """Over the picture: what is looked through, and whether it is open."""
    if session.looking.sight is not None:
        return f"● {session.looking.sight.label}"
    if session.looking.watch is not None:
        return "opening the camera"
    return "no camera" if not session.looking.is_possible else "camera closed"


def face_words(session: Session) -> str:
    """Where there is no picture."""
    if session.looking.watch is not None:
        return "…"
    if not session.looking.is_possible:
        return "1 to 7 say how you feel"
    return "e looks once, c keeps looking"


def queue_title(session: Session) -> str:
    """Over the queue: also for which emotion it is, which need not be that of the last reading."""
    count = len(session.player.state.picks)
    tracks = counted(count, "track") if count else "queue"
    return " · ".join(filter(None, (tracks, session.queued_for if count else None, session.mode)))


def queue_words(session: Session) -> str:
    """Where there is no queue yet."""
    library = session.library
    if library.known and not library.tracks:
        if library.gone:
            return "your music is gone: its disk or folder is out of reach"
        return "no music found · name its folder: moodplayer ~/Music"
    if library.scanning is not None and not library.tracks:
        return f"reading your music: {library.scanning.done:,} of {library.scanning.found:,} files …"
    if session.reading is None:
        return "a reading makes a queue; or press 1 to 7"
    return ""


def two_likeliest(probabilities: Probabilities) -> tuple[Emotion, Emotion]:
    """The two emotions with the highest probabilities, the higher first."""
    ranked = sorted(zip(probabilities, EMOTIONS, strict=True), key=lambda pair: -pair[0])
    return ranked[0][1], ranked[1][1]
