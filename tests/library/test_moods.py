"""What a file's tags say about its mood, and the words that say why."""

from __future__ import annotations

import csv
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutagen.id3 import TCON

from moodplayer.domain import NO_EVIDENCE, Emotion, Mood, Tags, nearest_emotion
from moodplayer.library import moods
from moodplayer.library.moods import TABLE_VERSION, mood_of_tags, track_of, unknown_genres
from moodplayer.library.tree import genres_in, has_genre
from moodplayer.library.words import key


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
        ("Melancholic Attic House", "House"),
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
        ("Lullabies", "Lullaby › Classical"),
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


def tables() -> dict[str, dict[str, list[object]]]:
    """Each table of the two files: names with their places and other names; that of genres with its roots."""
    folder = Path(moods.__file__).parent
    said = {name: tomllib.loads((folder / f"{name}.toml").read_text("utf-8")) for name in ("genres", "moods")}
    genres: dict[str, list[object]] = {}
    for root, below in said["genres"]["genre"].items():
        genres[root] = [*below["at"], *below.get("also", [])]
        for name, entry in below.items():
            if name not in ("at", "also", "sure"):
                assert name not in genres, name
                genres[name] = entry
    return {
        "genre": genres,
        "beside": said["genres"]["beside"],
        "mood": said["moods"]["mood"],
        "title": said["moods"]["title"],
    }


@pytest.mark.parametrize("kind", ["genre", "beside", "mood", "title"])
def test_the_tables_are_in_order(kind: str) -> None:
    """Every place on the circumplex in steps of .05, and no name that two entries claim."""
    claimed: dict[str, str] = {}
    for name, entry in tables()[kind].items():
        place = [value for value in entry if isinstance(value, (int, float))]
        assert len(place) in (0, 2), name
        assert all(-1 <= value <= 1 for value in place), name
        assert all(abs(value * 20 - round(value * 20)) < 1e-9 for value in place), name
        for other in [name, *(value for value in entry if isinstance(value, str))]:
            assert key(other), other
            assert claimed.setdefault(key(other), name) == name, f"{other}: {claimed[key(other)]} and {name}"


def test_the_tree_is_as_large_as_a_library_needs() -> None:
    roots = tomllib.loads(Path(moods.__file__).with_name("genres.toml").read_text("utf-8"))["genre"]
    assert len(roots) >= 25
    assert len(tables()["genre"]) >= 600
    assert sum(len([v for v in e if isinstance(v, str)]) + 1 for e in tables()["mood"].values()) >= 250


def test_of_a_hundred_genres_of_a_real_library_95_are_known() -> None:
    """They were written down before the tree was looked at."""
    said = Path(__file__).with_name("hundred_genres.txt").read_text("utf-8").splitlines()
    assert len(set(said)) == 100
    unknown = [genre for genre in said if mood_of_tags(tagged(genre))[1] == 0]
    assert len(unknown) <= 5, unknown


@pytest.mark.parametrize("genre", sorted(set(TCON.GENRES)))
def test_every_genre_of_id3v1_has_a_mood_of_its_own(genre: str) -> None:
    mood, sure, evidence = mood_of_tags(tagged(genre))
    assert mood != Mood(0, 0)
    assert sure > 0
    assert evidence.tag == "genre"


def test_the_tree_agrees_with_measured_genres() -> None:
    """As `bench/genres.py` prints it: over all genres, and over those that the tree has not by name."""
    table = Path(__file__).parents[2] / "../shared/data/genres/genres.csv"
    if not table.exists():
        pytest.skip("genres.csv, other people's figures, is not beside the repository")
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    places = [mood_of_tags(tagged(row["genre"]))[0] for row in rows]
    is_part = np.array([not has_genre(row["genre"]) for row in rows])
    for ours, theirs, least, least_by_part in (
        ([mood.valence for mood in places], [float(row["valence"]) for row in rows], 0.65, 0.50),
        ([mood.arousal for mood in places], [float(row["energy"]) for row in rows], 0.80, 0.68),
    ):
        assert np.corrcoef(ours, theirs)[0, 1] >= least
        assert np.corrcoef(np.array(ours)[is_part], np.array(theirs)[is_part])[0, 1] >= least_by_part


@pytest.mark.parametrize(
    ("field", "name"),
    [
        ("Alt. Rock", "Alternative Rock"),
        ("Prog Rock", "Progressive Rock"),
        ("Música Popular Brasileira", "MPB"),
        ("CHANSON FRANÇAISE", "Chanson"),
        ("クラシック", "Classical"),
        ("Русский рок", "Russian Rock"),
        ("Filmmusik", "Original Score"),
        ("Salsa y Tropical", "Tropical"),
        ("Trip - Hop", "Trip-Hop"),
        ("Pop/Punk", "Pop Punk"),
        ("Electronic > House", "House"),
        ("Yachtgaze", "Shoegaze"),
        ("Jazz Saxophone", "Jazz"),
    ],
)
def test_a_genre_is_known_in_other_words_and_languages(field: str, name: str) -> None:
    assert name in [found.name for found in genres_in(field)]


def test_words_beside_a_genre_shift_it_a_little() -> None:
    jazz, vintage, sad = (mood_of_tags(tagged(g))[0] for g in ("Jazz", "Vintage Xyz Jazz", "Sad Xyz Jazz"))
    assert vintage.arousal < jazz.arousal
    assert sad.valence < jazz.valence
    assert jazz.distance(vintage) < 0.5


def test_a_genre_of_no_kind_says_next_to_nothing() -> None:
    assert mood_of_tags(tagged("Other"))[1] < 0.1
    mood, sure, _ = mood_of_tags(tagged("Doom Metal", "Other"))
    assert nearest_emotion(mood) is Emotion.SAD
    assert sure < mood_of_tags(tagged("Doom Metal"))[1]


def test_a_number_beats_a_genre_and_a_mood_tag_beats_a_number() -> None:
    measured = replace(tagged("Doom Metal"), measures=(("happy", 0.95), ("party", 0.8)))
    mood, by_number, evidence = mood_of_tags(measured)
    assert nearest_emotion(mood) is Emotion.HAPPY
    assert (evidence.tag, evidence.text) == ("number", "measured happy 0.95, party 0.80")
    mood, by_mood, evidence = mood_of_tags(replace(measured, moods=("Sad",)))
    assert nearest_emotion(mood) is Emotion.SAD
    assert by_mood > by_number > mood_of_tags(tagged("Doom Metal"))[1]


def test_an_axis_that_was_not_measured_is_the_genres() -> None:
    mood, _, evidence = mood_of_tags(replace(tagged("Doom Metal"), measures=(("energy", 0.9),)))
    assert evidence.text == "measured energy +0.90"
    assert mood.arousal > 0.7
    assert mood.valence == mood_of_tags(tagged("Doom Metal"))[0].valence


def test_a_classifier_that_is_unsure_says_nothing() -> None:
    assert mood_of_tags(replace(tagged(), measures=(("happy", 0.4),)))[2] == NO_EVIDENCE


@pytest.mark.parametrize(
    ("said", "is_minor"),
    [(key, True) for key in ("Am", "cis-moll", "8A", "1m", "F#m", "Bbmin")]
    + [(key, False) for key in ("A", "C-Dur", "8B", "12d", "Bb", "E♭ major")],
)
def test_a_minor_key_is_a_little_sadder(said: str, is_minor: bool) -> None:
    plain = mood_of_tags(tagged("House"))[0]
    mood = mood_of_tags(replace(tagged("House"), key=said))[0]
    assert (mood.valence < plain.valence) == is_minor
    assert 0 < plain.distance(mood) < 0.1


@pytest.mark.parametrize("said", ["", "?", "o", "All", "99Z", "hello", "m"])
def test_what_is_no_key_says_nothing(said: str) -> None:
    assert mood_of_tags(replace(tagged(), key=said))[2] == NO_EVIDENCE


def test_a_title_nudges_and_says_little_alone() -> None:
    plain = mood_of_tags(tagged("House"))[0]
    nudged = mood_of_tags(replace(tagged("House"), title="Requiem for a Kettle"))[0]
    assert nudged.valence < plain.valence
    assert plain.distance(nudged) < 0.2
    mood, sure, evidence = mood_of_tags(replace(tagged(), title="Requiem in D"))
    assert (evidence.tag, evidence.text) == ("title", "title “Requiem in D”")
    assert mood.valence < 0
    assert 0 < sure < 0.3
    assert mood_of_tags(replace(tagged(), title="Not Sad"))[2] == NO_EVIDENCE


def test_what_is_not_known_is_told() -> None:
    assert unknown_genres(tagged("Rock; Zxqv", "Blorp")) == ("Zxqv", "Blorp")


def test_the_table_has_a_version() -> None:
    number, _, digest = TABLE_VERSION.partition("-")
    assert number.isdigit()
    assert len(digest) == 16
