"""Recommendations are fresh, filtered and explained, and a failing model never breaks them."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from model_bakery import baker

from benchmarks.support.worlds import World
from movies.models import Movie, User
from movies.services import hide, rate, see, unrate
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.predictions import explain, predicted_stars, similar_movies
from recommendations.serving.recommend import Filters, Source, Steering, recommend, recommend_for_ratings
from recommendations.serving.results import Recommendations

pytestmark = pytest.mark.database


@pytest.fixture
def newcomer(world: World) -> User:
    return baker.make(User, username="ada")


def ids(found: Recommendations) -> list[int]:
    return [entry.movie.pk for entry in found.entries]


def test_trained_users_get_what_they_like(world: World, version: ModelVersion) -> None:
    for person in (0, 1, world.half, world.half + 1):
        recommended = recommend(world.people[person], n=5)
        assert recommended.source == Source.TRAINED
        assert recommended.version == version.name
        assert set(ids(recommended)) <= world.liked_by(person)


def test_nothing_rated_hidden_or_excluded_is_recommended(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    first, second, *_ = ids(recommend(user))
    hide(user=user, movie=Movie.objects.get(pk=first))
    rated = set(user.ratings.values_list("movie_id", flat=True))
    found = recommend(user, n=100, exclude=[second])
    assert set(ids(found)) == {movie.pk for movie in world.space + world.romance} - rated - {first, second}
    assert len(set(ids(found))) == len(found.entries)


def test_what_was_seen_is_recommended_only_on_request(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    first, *_ = ids(recommend(user))
    see(user=user, movie=Movie.objects.get(pk=first))
    assert first not in ids(recommend(user, n=100))
    assert ids(recommend(user, filters=Filters(include_seen=True)))[0] == first
    hide(user=user, movie=Movie.objects.get(pk=first))
    assert first not in ids(recommend(user, n=100, filters=Filters(include_seen=True)))


def test_similar_movies_leave_out_the_excluded_ones_and_stay_full(world: World, version: ModelVersion) -> None:
    before = [movie.pk for movie in similar_movies(world.space[0], n=6)]
    after = [movie.pk for movie in similar_movies(world.space[0], n=5, exclude=before[:1])]
    assert after == before[1:]


def test_the_next_list_reflects_the_latest_rating(world: World, version: ModelVersion, newcomer: User) -> None:
    assert recommend(newcomer).source == Source.POPULAR
    rate(user=newcomer, movie=world.romance[0], half_stars=10)
    rate(user=newcomer, movie=world.romance[1], half_stars=9)
    found = recommend(newcomer, n=5)
    assert found.source == Source.FOLDED_IN
    assert set(ids(found)) <= {movie.pk for movie in world.romance[2:]}


def test_removing_a_rating_restores_the_list(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    before = recommend(user)
    rate(user=user, movie=before.entries[0].movie, half_stars=2)
    assert recommend(user).source == Source.FOLDED_IN
    unrate(user=user, movie=before.entries[0].movie)
    assert recommend(user) == before


def test_a_changed_rating_is_noticed(world: World, version: ModelVersion) -> None:
    rating = world.people[0].ratings.select_related("movie")[0]
    rate(user=world.people[0], movie=rating.movie, half_stars=11 - rating.half_stars)
    assert recommend(world.people[0]).source == Source.FOLDED_IN


def test_ratings_without_an_account_give_the_same_list(world: World, version: ModelVersion, newcomer: User) -> None:
    rate(user=newcomer, movie=world.space[0], half_stars=10)
    preview = recommend_for_ratings({world.space[0].pk: 10})
    assert preview == recommend(newcomer)
    assert preview.source == Source.FOLDED_IN


def test_filters_keep_the_order_and_fill_the_list(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    everything = recommend(user, n=100)
    filters = Filters(genres=frozenset([world.genres["Romance"].pk]), year_from=2005, year_to=2015, min_ratings=1)
    expected = [
        entry.movie.pk
        for entry in everything.entries
        if entry.movie in world.romance and 2005 <= (entry.movie.year or 0) <= 2015
    ]
    assert len(expected) >= 5
    assert ids(recommend(user, n=5, filters=filters)) == expected[:5]


def test_an_unknown_genre_gives_an_empty_list(world: World, version: ModelVersion) -> None:
    assert recommend(world.people[0], filters=Filters(genres=frozenset([5]))).entries == ()


def test_reasons_are_movies_that_the_user_likes(world: World, version: ModelVersion, newcomer: User) -> None:
    rate(user=newcomer, movie=world.space[0], half_stars=10)
    rate(user=newcomer, movie=world.romance[0], half_stars=2)
    entry = recommend(newcomer).entries[0]
    assert [(reason.movie, reason.half_stars) for reason in entry.reasons] == [(world.space[0], 10)]
    assert entry.reasons[0].share > 0


def test_movies_newer_than_the_model_fill_up_a_list(world: World, version: ModelVersion) -> None:
    new = baker.make(Movie, title="New", year=2030)
    found = recommend(world.people[0], filters=Filters(year_from=2030))
    assert ids(found) == [new.pk]
    assert found.entries[0].score is None


def test_movies_deleted_since_are_left_out(world: World, version: ModelVersion) -> None:
    best = recommend(world.people[0], n=1).entries[0].movie
    Movie.objects.filter(pk=best.pk).delete()
    assert best.pk not in ids(recommend(world.people[0]))


@pytest.mark.parametrize("with_version", [True, False])
def test_visitors_get_popular_movies(world: World, request: pytest.FixtureRequest, with_version: bool) -> None:
    if with_version:
        request.getfixturevalue("version")
    found = recommend(AnonymousUser(), n=3)
    assert found.source == Source.POPULAR
    counts = [entry.movie.rating_count for entry in found.entries]
    assert counts == sorted(Movie.objects.values_list("rating_count", flat=True), reverse=True)[:3]


def test_without_a_version_members_get_popular_unrated_movies(world: World) -> None:
    user = world.people[0]
    rated = set(user.ratings.values_list("movie_id", flat=True))
    found = recommend(user, n=100)
    assert (found.source, found.version) == (Source.POPULAR, None)
    assert set(ids(found)) == {movie.pk for movie in world.space + world.romance} - rated
    assert similar_movies(world.space[0])


def test_similar_movies_are_of_the_same_kind(world: World, version: ModelVersion) -> None:
    similar = similar_movies(world.space[0], n=5)
    assert len(similar) == 5
    assert set(similar) <= set(world.space[1:])


def test_movies_similar_to_an_unknown_one_are_chosen_by_genre(world: World, version: ModelVersion) -> None:
    new = baker.make(Movie, title="New")
    new.genres.add(world.genres["Romance"])
    assert set(similar_movies(new, n=5)) <= set(world.romance)
    assert len(similar_movies(new, n=5)) == 5


def test_a_failing_model_falls_back_to_popular_movies(
    world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(type(active.current()), "rank", lambda *_, **__: 1 / 0)
    assert recommend(world.people[0]).source == Source.POPULAR
    assert "failed to answer" in caplog.text


@pytest.mark.parametrize("source", [Source.TRAINED, Source.FOLDED_IN])
def test_an_explanation_adds_up(world: World, version: ModelVersion, source: Source) -> None:
    user = world.people[0]
    if source == Source.FOLDED_IN:
        rate(user=user, movie=world.romance[0], half_stars=9)
    entry = recommend(user).entries[0]
    explanation = explain(user, entry.movie)
    assert explanation is not None
    assert explanation.score == pytest.approx(entry.score, abs=1e-5)
    assert sum(explanation.parts.values()) == pytest.approx(explanation.score, abs=1e-5)
    by_rating = explanation.base + sum(reason.share for reason in explanation.ratings) + explanation.training
    assert by_rating == pytest.approx(explanation.score, abs=1e-5)
    assert {reason.movie.pk for reason in explanation.ratings} == set(user.ratings.values_list("movie_id", flat=True))
    if source == Source.FOLDED_IN:
        assert explanation.training == pytest.approx(0, abs=1e-5)


def test_unknown_users_and_movies_have_no_explanation(world: World, version: ModelVersion, newcomer: User) -> None:
    assert explain(newcomer, world.space[0]) is None
    assert explain(world.people[0], baker.make(Movie, title="New")) is None
    assert predicted_stars(newcomer, world.space) == {}


def test_stars_are_predicted_for_unrated_movies(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    rated = set(user.ratings.values_list("movie_id", flat=True))
    stars = predicted_stars(user, world.space + world.romance)
    assert set(stars) == {movie.pk for movie in world.space + world.romance} - rated
    means = [
        sum(stars[movie.pk] for movie in kind if movie.pk in stars) / sum(movie.pk in stars for movie in kind)
        for kind in (world.space, world.romance)
    ]
    assert means[0] > means[1] + 1
    entry = recommend(user).entries[0]
    assert entry.stars == pytest.approx(stars[entry.movie.pk])


def test_a_list_leans_where_it_is_steered(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    plain = recommend(user, n=5)
    assert recommend(user, n=5, steering=Steering()) == plain
    more = Steering(genres={world.genres["Romance"].pk: 1.0})
    romance = {movie.pk for movie in world.romance}
    steered = recommend(user, n=5, steering=more)
    assert len(set(ids(steered)) & romance) > len(set(ids(plain)) & romance)
    assert not set(ids(steered)) & set(user.ratings.values_list("movie_id", flat=True))


def test_a_list_leans_towards_new_or_old_movies(world: World, version: ModelVersion) -> None:
    def years(recency: float) -> int:
        found = recommend(world.people[world.half], n=4, steering=Steering(recency=recency))
        return sum(entry.movie.year or 0 for entry in found.entries)

    assert years(-1.0) < years(0.0) < years(1.0)


@pytest.mark.parametrize("scale", [{"popularity": 2}, {"diversity": -0.1}, {"genres": {1: 7.0}}])
def test_steering_out_of_range_is_refused(scale: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give a number from"):
        Steering(**scale)
