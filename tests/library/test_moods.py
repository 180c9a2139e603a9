"""What a file's tags say about its mood, and the words that say why."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodplayer.domain import NO_EVIDENCE, Emotion, Mood, Tags, nearest_emotion
from moodplayer.library import moods
from moodplayer.library.moods import TABLE_VERSION, mood_of_tags, track_of


def tagged(*genres: str, moods: tuple[str, ...] = (), bpm: float | None = None) -> Tags:
    return Tags(Path("a.mp3"), "a", genres=genres, moods=moods, bpm=bpm)


def why(tags: Tags) -> str:
    return mood_of_tags(tags)[2].text


GENRES_OF = {
    Emotion.ANGRY: "Thrash Metal, Death Metal, Industrial, Hardcore, Punk, Drum and Bass, Metal, Gabber",
    Emotion.FEAR: "Horror, Horror Score, Dark Ambient, Witch House, Horrorcore",
    Emotion.DISGUST: "Sludge, Grindcore, Noise, Powerviolence, Crust Punk",
    Emotion.SAD: "Doom, Slowcore, Slow Blues, Fado, Ballad, Requiem",
    Emotion.SURPRISE: "Breakbeat, Glitch, Circus, Big Beat, IDM, Jazz Fusion",
    Emotion.NEUTRAL: "Ambient, Lo-Fi, Minimal, Drone, Spoken Word",
    Emotion.HAPPY: "Disco, Ska, Funk, Samba, Pop, Bubblegum, Swing",
}
WORDS_OF = {
    Emotion.ANGRY: "angry, furious, aggressive",
    Emotion.FEAR: "eerie, scary, tense, fear",
    Emotion.DISGUST: "grotesque, disgusted, harsh",
    Emotion.SAD: "sad, melancholy, lonely",
    Emotion.SURPRISE: "surprising, quirky, exciting",
    Emotion.NEUTRAL: "neutral, calm, chill",
    Emotion.HAPPY: "happy, joyful, upbeat",
}


@pytest.mark.parametrize(
    ("emotion", "genre"), [(e, genre) for e, genres in GENRES_OF.items() for genre in genres.split(", ")]
)
def test_each_emotion_has_its_genres(emotion: Emotion, genre: str) -> None:
    mood, sure, _ = mood_of_tags(tagged(genre))
    assert nearest_emotion(mood) is emotion
    assert sure >= 0.5


@pytest.mark.parametrize(
    ("emotion", "word"), [(e, word) for e, words in WORDS_OF.items() for word in words.split(", ")]
)
def test_each_emotion_has_its_mood_words(emotion: Emotion, word: str) -> None:
    mood, sure, _ = mood_of_tags(tagged(moods=(word,)))
    assert nearest_emotion(mood) is emotion
    assert sure > 0.9


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("Doom Metal", "Doom Metal › Metal"),
        ("Rock", "Rock"),
        ("BLACK-METAL", "Black Metal › Metal"),
        ("  black   metal ", "Black Metal › Metal"),
        ("Norwegian Atmospheric Black Metal", "Black Metal › Metal"),
        ("Melancholic Piano House", "House"),
        ("Hip-Hop/Rap", "Hip-Hop"),
        ("hiphop", "Hip-Hop"),
        ("Drum & Bass", "Drum and Bass › Breaks"),
        ("drum n bass", "Drum and Bass › Breaks"),
        ("Drum'n'Bass", "Drum and Bass › Breaks"),
        ("D&B", "Drum and Bass › Breaks"),
        ("Dark Drum & Bass", "Drum and Bass › Breaks"),
        ("R&B", "R&B"),
        ("r'n'b", "R&B"),
        ("Rock ’n’ Roll", "Rock and Roll › Rock"),
        ("Ballads", "Ballad › Pop"),
        ("Lullabies", "Nocturne › Classical"),
        ("The Blues", "Blues"),
        ("Children’s Music", "Children's Music"),
        ("Pop Music", "Pop"),
        ("Musique concrete", "Experimental › Industrial"),
        ("Funk & Soul", "Funk, Soul"),
        ("Rock; Jazz", "Rock, Jazz"),
        ("Rock|Jazz", "Rock, Jazz"),
        ("Rock\0Jazz", "Rock, Jazz"),
        ("Rock, unheard of, Jazz", "Rock, Jazz"),
        ("Rock, Jazz, Polka, Fado", "Rock, Jazz +2"),
        ("Metal; Doom Metal", "Doom Metal › Metal"),
        ("Rock, rock, ROCK", "Rock"),
        ("Sad", "Sad"),
    ],
)
def test_a_genre_is_known_however_it_is_written(field: str, text: str) -> None:
    _, sure, evidence = mood_of_tags(tagged(field))
    assert (evidence.tag, evidence.text) == ("genre", text)
    assert 0 < sure <= 1


def test_several_genres_count_as_much_in_one_tag_as_in_several() -> None:
    assert mood_of_tags(tagged("Disco; Fado")) == mood_of_tags(tagged("Disco", "Fado"))


def test_genres_that_disagree_are_less_sure_than_either() -> None:
    mood, sure, _ = mood_of_tags(tagged("Disco", "Doom Metal"))
    assert mood.distance(Mood(0, 0)) < 0.3
    assert sure < mood_of_tags(tagged("Disco"))[1]


def test_a_part_that_is_known_is_less_sure_than_the_whole() -> None:
    assert mood_of_tags(tagged("Bavarian Techno"))[1] < mood_of_tags(tagged("Techno"))[1]


@pytest.mark.parametrize("genre", ["", "unheard of", "12", "Not happy", "🎵", "\0;;/", "and & n"])
def test_what_says_nothing_is_neutral_and_not_sure(genre: str) -> None:
    assert mood_of_tags(tagged(genre)) == (Mood(0, 0), 0.0, NO_EVIDENCE)


def test_an_untagged_file_is_neutral_and_not_sure() -> None:
    assert mood_of_tags(tagged()) == (Mood(0, 0), 0.0, NO_EVIDENCE)


def test_mood_beats_genre_beats_bpm() -> None:
    mood, by_mood, evidence = mood_of_tags(tagged("Disco", moods=("melancholia",), bpm=128))
    assert nearest_emotion(mood) is Emotion.SAD
    assert (evidence.tag, evidence.text) == ("mood", "mood Melancholy")

    mood, by_genre, evidence = mood_of_tags(tagged("Disco", moods=("unheard of",), bpm=60))
    assert nearest_emotion(mood) is Emotion.HAPPY
    assert evidence.text == "Disco › Dance"

    mood, by_bpm, evidence = mood_of_tags(tagged("unheard of", bpm=168.2))
    assert nearest_emotion(mood) is Emotion.NEUTRAL
    assert (evidence.tag, evidence.text) == ("bpm", "168 bpm")
    assert by_mood > by_genre > by_bpm > 0


def test_a_negated_mood_is_not_that_mood() -> None:
    assert why(tagged(moods=("Not happy", "Relaxed"))) == "mood Relaxed"


def test_the_tempo_moves_a_genre_up_and_down_a_little() -> None:
    slow, none, fast = (mood_of_tags(tagged("House", bpm=bpm))[0] for bpm in (60.0, None, 180.0))
    assert slow.arousal < none.arousal < fast.arousal
    assert fast.arousal - slow.arousal < 0.25
    assert slow.valence == none.valence == fast.valence


@pytest.mark.parametrize("bpm", [0.0, -120.0, 9999.0, float("nan"), float("inf")])
def test_what_cannot_be_a_tempo_is_none(bpm: float) -> None:
    assert mood_of_tags(tagged(bpm=bpm)) == mood_of_tags(tagged())
    assert mood_of_tags(tagged("House", bpm=bpm)) == mood_of_tags(tagged("House"))


@given(st.lists(st.text(max_size=60), max_size=4), st.lists(st.text(max_size=60), max_size=2), st.floats())
def test_no_tags_are_too_strange(genres: list[str], words: list[str], bpm: float) -> None:
    mood, sure, evidence = mood_of_tags(tagged(*genres, moods=tuple(words), bpm=bpm))
    assert -1 <= mood.valence <= 1
    assert -1 <= mood.arousal <= 1
    assert 0 <= sure <= 1
    assert (sure == 0) == (evidence == NO_EVIDENCE)
    assert len(evidence.text) < 80


def test_a_huge_tag_is_no_burden() -> None:
    assert why(tagged("metal " * 1_000_000)) == "Metal"


def test_a_track_keeps_what_its_tags_said() -> None:
    track = track_of(
        Tags(Path("a.mp3"), "T", "A", "B", genres=("Disco", "Funk"), bpm=120.0, key="Am", length=61.5)
    )
    assert (track.title, track.artist, track.album, track.genre) == ("T", "A", "B", "Disco, Funk")
    assert (track.path, track.bpm, track.key, track.length) == (Path("a.mp3"), 120.0, "Am", 61.5)
    assert track.evidence.text == "Disco, Funk"
    assert nearest_emotion(track.mood) is Emotion.HAPPY


def test_the_tree_is_in_order() -> None:
    """Every place on the circumplex in steps of .05, and no name that two genres or two moods claim."""
    data = tomllib.loads(Path(moods.__file__).with_name("genres.toml").read_text("utf-8"))
    for tables in (data["genre"], {"": data["mood"]}):
        claimed: dict[str, str] = {}
        for root, table in tables.items():
            entries = {**table, root: [*table.get("at", []), *table.get("also", [])]}
            for name, entry in entries.items():
                if name in ("at", "also", ""):
                    continue
                place = [value for value in entry if not isinstance(value, str)]
                assert len(place) in (0, 2), name
                assert all(-1 <= value <= 1 for value in place), name
                assert all(abs(value * 20 - round(value * 20)) < 1e-9 for value in place), name
                for other in [name, *(value for value in entry if isinstance(value, str))]:
                    key = "".join(moods._words(other))
                    assert claimed.setdefault(key, name) == name, f"{other}: {claimed[key]} and {name}"


def test_the_table_has_a_version() -> None:
    number, _, digest = TABLE_VERSION.partition("-")
    assert number.isdigit()
    assert len(digest) == 16
