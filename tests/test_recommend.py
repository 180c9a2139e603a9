"""The queue: that it fits, varies, and heeds what the person did before."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from moodplayer.candidates import Candidates
from moodplayer.domain import EMOTIONS, Counts, Deed, Emotion, History, Mode, Mood, Pick, Track
from moodplayer.recommend import CALM, recommend, targets

HAPPY, SAD = Emotion.HAPPY.mood, Emotion.SAD.mood
DAY = 24 * 3600.0


def track(name: str, mood: Mood = HAPPY, *, artist: str = "", album: str = "", sure: float = 0.8) -> Track:
    return Track(Path(f"{name}.mp3"), name, artist or f"artist of {name}", album, mood=mood, sure=sure)


def grid(artists: int = 50) -> list[Track]:
    """441 tracks that cover the circumplex, by `artists` artists."""
    places = [Mood(x / 10, y / 10) for x in range(-10, 11) for y in range(-10, 11)]
    return [track(f"{n}", place, artist=f"artist {n % artists}") for n, place in enumerate(places)]


def paths(picks: Sequence[Pick]) -> list[Path]:
    return [pick.track.path for pick in picks]


def artists(picks: Sequence[Pick]) -> list[str]:
    return [pick.track.artist for pick in picks]


moods = st.builds(Mood, st.floats(-1, 1), st.floats(-1, 1))
libraries = st.lists(
    st.builds(
        track,
        st.text("abcdefgh", min_size=1, max_size=2),
        moods,
        artist=st.sampled_from("ABC"),
        album=st.sampled_from(["", "X", "Y"]),
        sure=st.floats(0, 1),
    ),
    max_size=40,
)


@given(moods, libraries, st.sampled_from(Mode), st.integers(-1, 20), st.integers(0, 2**32))
def test_any_library_gives_what_it_has_and_no_path_twice(
    mood: Mood, tracks: list[Track], mode: Mode, n: int, seed: int
) -> None:
    picks = recommend(mood, tracks, mode=mode, n=n, seed=seed)
    assert len(picks) == max(0, min(n, len({t.path for t in tracks})))
    assert len(set(paths(picks))) == len(picks)
    assert all(0 <= pick.score <= 1 for pick in picks)
    assert picks == recommend(mood, Candidates(tracks), mode=mode, n=n, seed=seed)


@pytest.mark.parametrize("emotion", EMOTIONS)
def test_the_queue_fits_the_emotion(emotion: Emotion) -> None:
    picks = recommend(emotion.mood, grid())
    assert len(picks) == 15
    assert all(pick.track.mood.distance(emotion.mood) < 0.4 for pick in picks)


def test_the_nearest_come_first_and_score_best() -> None:
    far_to_near = [track(f"{n}", Mood(0.8 - n * 0.3, 0.5)) for n in reversed(range(6))]
    picks = recommend(HAPPY, far_to_near, n=6)
    assert [pick.track.title for pick in picks] == ["0", "1", "2", "3", "4", "5"]
    assert [pick.score for pick in picks] == sorted((pick.score for pick in picks), reverse=True)


def test_a_track_that_says_its_mood_comes_before_one_that_says_none() -> None:
    picks = recommend(Mood(0, 0), [track("untagged", Mood(0, 0), sure=0), track("tagged", Mood(0.1, 0.1))])
    assert [pick.track.title for pick in picks] == ["tagged", "untagged"]


def test_one_seed_one_queue_another_seed_another() -> None:
    tracks = [track(f"{n}") for n in range(200)]
    assert recommend(HAPPY, tracks, seed=1) == recommend(HAPPY, tracks, seed=1)
    assert paths(recommend(HAPPY, tracks, seed=1)) != paths(recommend(HAPPY, tracks, seed=2))


def test_a_negative_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="non-negative"):
        recommend(HAPPY, grid(), seed=-1)


def test_match_stays_where_it_is() -> None:
    assert targets(SAD, Mode.MATCH, 3) == [SAD] * 3


@pytest.mark.parametrize(("mode", "end"), [(Mode.LIFT, HAPPY), (Mode.CALM, CALM)])
def test_lift_and_calm_go_from_the_mood_to_their_end_in_equal_steps(mode: Mode, end: Mood) -> None:
    way = targets(SAD, mode, 15)
    assert way[0] == SAD
    assert way[-1].distance(end) == pytest.approx(0)
    steps = [a.distance(b) for a, b in pairwise(way)]
    assert steps == pytest.approx([SAD.distance(end) / 14] * 14)


@pytest.mark.parametrize("mode", Mode)
def test_a_queue_of_one_begins_where_the_person_is_and_one_of_none_is_empty(mode: Mode) -> None:
    assert targets(SAD, mode, 1) == [SAD]
    assert targets(SAD, mode, 0) == targets(SAD, mode, -1) == []


def test_lift_moves_the_music_towards_happy() -> None:
    distances = [pick.track.mood.distance(HAPPY) for pick in recommend(SAD, grid(), mode=Mode.LIFT)]
    assert distances[0] > 1.2
    assert distances[-1] < 0.4
    thirds = [sum(distances[at : at + 5]) for at in (0, 5, 10)]
    assert thirds == sorted(thirds, reverse=True)


def test_calm_moves_the_music_to_low_arousal() -> None:
    picks = recommend(Emotion.ANGRY.mood, grid(), mode=Mode.CALM)
    assert picks[0].track.mood.arousal > 0.3
    assert picks[-1].track.mood.arousal < -0.2


def test_no_artist_follows_itself_and_none_comes_more_than_three_times() -> None:
    tracks = [track(f"{n}", artist=f"{n % 6}") for n in range(60)]
    for seed in range(10):
        named = artists(recommend(HAPPY, tracks, seed=seed))
        assert all(a != b for a, b in pairwise(named))
        assert max(Counter(named).values()) <= 3


def test_no_album_comes_more_than_three_times() -> None:
    tracks = [track(f"{n}", album=f"{n % 6}") for n in range(60)]
    picks = recommend(HAPPY, tracks)
    assert max(Counter(pick.track.album for pick in picks).values()) <= 3


@given(st.lists(st.sampled_from("AABC"), min_size=1, max_size=15), st.integers(0, 99))
def test_artists_are_apart_wherever_there_is_an_order_that_parts_them(names: list[str], seed: int) -> None:
    picks = recommend(HAPPY, [track(f"{n}", artist=name) for n, name in enumerate(names)], seed=seed)
    clashes = sum(a == b for a, b in pairwise(artists(picks)))
    most = max(Counter(names).values())
    assert clashes == max(0, 2 * most - len(names) - 1)


def test_tracks_without_an_artist_or_album_are_not_taken_for_one_artists() -> None:
    unnamed = [Track(Path(f"{n}.mp3"), "", mood=HAPPY, sure=0.8) for n in range(10)]
    sad = [track(f"sad {n}", SAD) for n in range(10)]
    assert all(pick.track.mood == HAPPY for pick in recommend(HAPPY, unnamed + sad, n=10))


def test_variety_does_not_bring_what_does_not_fit() -> None:
    happy = [track(f"{n}", artist="the only happy one") for n in range(10)]
    sad = [track(f"sad {n}", Mood(-0.8, -0.4)) for n in range(100)]
    assert all(pick.track.mood == HAPPY for pick in recommend(HAPPY, happy + sad, n=8))


def test_a_library_of_one_artist_still_fills_a_long_queue() -> None:
    tracks = [track(f"{n}", artist="A", album="B") for n in range(5000)]
    assert len(recommend(HAPPY, tracks, n=4000)) == 4000


def test_excluded_tracks_come_only_when_the_others_do_not_suffice() -> None:
    tracks = [track(f"{n}") for n in range(10)]
    excluded = [t.path for t in tracks[:5]]
    assert not set(paths(recommend(HAPPY, tracks, n=5, exclude=excluded))) & set(excluded)
    seven = paths(recommend(HAPPY, tracks, n=7, exclude=excluded))
    assert set(seven[:5]) == {t.path for t in tracks[5:]}
    assert len(set(seven)) == 7
    assert len(recommend(HAPPY, tracks, n=20, exclude=excluded)) == 10


def score_of(title: str, history: History, *, mood: Mood = HAPPY, now: float | None = None) -> float:
    picks = recommend(mood, [track("a", Mood(0.5, 0.3)), track("b")], history=history, now=now)
    return next(pick.score for pick in picks if pick.track.title == title)


def skipped(times: int, emotion: Emotion) -> History:
    return History(tracks={(Path("a.mp3"), emotion): Counts(skips=times)})


def test_a_skip_counts_in_the_emotion_in_which_it_was_skipped_and_more_each_time() -> None:
    never = score_of("a", History())
    once, twice = (score_of("a", skipped(n, Emotion.HAPPY)) for n in (1, 2))
    assert never > once > twice > 0
    assert score_of("a", skipped(5, Emotion.SAD)) == never
    assert score_of("b", skipped(5, Emotion.HAPPY)) == score_of("b", History())


def test_what_was_learned_is_said() -> None:
    tracks = [track("a", SAD, artist="Gloom"), track("b", SAD, artist="Gloom"), track("c", SAD)]
    history = History(
        tracks={(Path("a.mp3"), Emotion.SAD): Counts(skips=2), (Path("c.mp3"), Emotion.SAD): Counts(likes=1)},
        artists={("gloom", Emotion.SAD): Counts(skips=2)},
    )
    said = {pick.track.title: pick.learned for pick in recommend(SAD, tracks, history=history)}
    assert said == {
        "a": "you skipped this twice when sad",
        "b": "you often skip Gloom when sad",
        "c": "you like this when sad",
    }
    assert all(pick.learned == "" for pick in recommend(HAPPY, tracks, history=history))


@pytest.mark.parametrize(
    "other", ["Song (Remastered 2011)", "SONG", "Song - 2009 Remaster", "Song (feat. B)"]
)
def test_a_recording_comes_once_under_whatever_name(other: str) -> None:
    one = Track(Path("one.flac"), "Song", "The Band", mood=HAPPY, length=200, sure=0.8)
    two = replace(one, path=Path("two.mp3"), title=other, artist="Band", length=201.5)
    live = replace(one, path=Path("live.mp3"), title="Song (live)")
    longer = replace(one, path=Path("long.mp3"), length=400)
    assert len(recommend(HAPPY, [one, two])) == 1
    assert len(recommend(HAPPY, [one, live, longer])) == 3
    assert not set(paths(recommend(HAPPY, [one, two, live], n=1, exclude=[one.path]))) & {two.path}


def test_what_does_not_fit_says_so_and_comes_last() -> None:
    picks = recommend(HAPPY, [track("far", SAD), track("near", HAPPY)])
    assert [(pick.track.title, pick.fits) for pick in picks] == [("near", True), ("far", False)]


@pytest.mark.parametrize("mode", Mode)
def test_a_short_list_finds_what_a_look_at_all_finds(mode: Mode, monkeypatch: pytest.MonkeyPatch) -> None:
    places = random.Random(5)
    tracks = [
        track(f"{n}", Mood(places.uniform(-1, 1), places.uniform(-1, 1)), artist=f"artist {n % 40}")
        for n in range(20_000)
    ]
    quick = recommend(SAD, tracks, mode=mode, seed=3)
    monkeypatch.setattr("moodplayer.recommend._SHORT_LIST", 10**6)
    assert quick == recommend(SAD, tracks, mode=mode, seed=3)


def test_a_simulated_listener_gets_better_queues() -> None:
    """Likes one half of the genres and skips the others, in queues for one emotion after the other."""
    chance = random.Random(1)
    genres = [f"genre {n}" for n in range(20)]
    loved = set(chance.sample(genres, 10))
    tracks = [
        replace(
            track(f"{n}", Mood(HAPPY.valence + chance.gauss(0, 0.2), HAPPY.arousal + chance.gauss(0, 0.2))),
            genre=chance.choice(genres),
            artist=f"artist {n % 300}",
        )
        for n in range(2000)
    ]
    library = Candidates(tracks)

    def pleasing(history: History) -> float:
        queues = [recommend(HAPPY, library, history=history, seed=1000 + seed) for seed in range(10)]
        return sum(pick.track.genre in loved for queue in queues for pick in queue) / 150

    before = pleasing(History())
    history = History()
    for number in range(7):
        for pick in recommend(HAPPY, library, history=history, seed=number, now=number * 3600.0)[:15]:
            deed = Deed.FINISH if pick.track.genre in loved else Deed.SKIP
            history = history.after(pick.track, Emotion.HAPPY, deed, number * 3600.0)
    after = pleasing(history)
    assert 0.3 < before < 0.7
    assert after > 0.85
    sad = recommend(SAD, library, history=history)
    assert all(pick.learned == "" for pick in sad)


def test_a_liked_track_scores_more() -> None:
    likes = {(Path(f"{name}.mp3"), Emotion.HAPPY): Counts(likes=1) for name in ("a", "no longer there")}
    liked = History(tracks=likes)
    assert score_of("a", History()) < score_of("a", liked) <= 1
    assert score_of("b", liked) == score_of("b", History())


def test_a_track_heard_lately_rests() -> None:
    history = History(played={Path("a.mp3"): 1000.0})
    at_once, tomorrow, next_month = (score_of("a", history, now=1000 + days * DAY) for days in (0, 1, 30))
    assert 0 < at_once < tomorrow < next_month
    assert next_month == pytest.approx(score_of("a", History()))
    assert score_of("a", history) == score_of("a", History())


def test_what_is_loved_rests_too_and_never_comes_before_what_fits() -> None:
    """A player left alone hears its own choice out again and again: it must not end with two tracks."""
    known = {(Path("loved.mp3"), Emotion.HAPPY): Counts(likes=1, finishes=24)}
    tracks = [track("loved", SAD), *(track(f"{n}", HAPPY) for n in range(20))]
    assert "loved.mp3" not in map(str, paths(recommend(HAPPY, tracks, history=History(tracks=known))))
    history = History(
        tracks={(Path("a.mp3"), Emotion.HAPPY): Counts(likes=1, finishes=24)}, played={Path("a.mp3"): 1000.0}
    )
    assert score_of("a", history, now=1000.0) < 0.3 * score_of("a", history)


def test_a_clock_set_back_does_not_matter() -> None:
    history = History(played={Path("a.mp3"): 5000.0})
    assert score_of("a", history, now=0.0) == score_of("a", history, now=5000.0)


def test_likes_and_skips_change_who_is_in_the_queue() -> None:
    tracks = [track(f"{n}") for n in range(30)]
    liked = {t.path for t in tracks[:5]}
    skipped = {t.path for t in tracks[5:10]}
    counts = {path: Counts(likes=1) for path in liked} | {path: Counts(skips=2) for path in skipped}
    history = History(tracks={(path, Emotion.HAPPY): count for path, count in counts.items()})
    chosen = set(paths(recommend(HAPPY, tracks, history=history)))
    assert liked <= chosen
    assert not skipped & chosen


def test_candidates_are_a_sequence_of_the_tracks() -> None:
    tracks = [track("a"), track("b"), track("a")]
    library = Candidates(tracks)
    assert list(library) == tracks[:2]
    assert library[1:] == (tracks[1],)
    assert library.rows([Path("b.mp3"), Path("c.mp3")]) == [1]
