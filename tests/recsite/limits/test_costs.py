"""No request costs more than its cap: every route in the most expensive form that it allows."""

import json
import time
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import numpy as np
import pytest
from django.test import Client
from pytest_django import Settings

from benchmarks.support import expensive
from benchmarks.support.stage import LONGEST_LINE, Stage, stage_for
from benchmarks.support.worlds import World
from movies.models import Genre, Movie, Rating, Tag, User
from movies.search import current
from movies.titles import plain, sort_key
from movies.transfer import matching
from movies.transfer.entries import UnreadableError
from movies.transfer.reading import read
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.profile import Ratings
from recsite.api import throttling

SECONDS = 0.5
SLOW_MACHINE = 2
"""The machine of a test may be this much slower than the one that the cap is meant for."""
MOST_BYTES = 1_000_000
MANY = 4_500
API = "/api/v1/"
LONG = "x" * 200


@pytest.fixture
def stage(world: World, publish: Any, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A catalogue of 3,000 movies with long titles and 18 genres, a version that knows them, and an eager member."""
    monkeypatch.setattr(throttling, "count", lambda *_: 1)
    genres = [Genre.objects.create(name=f"Genre {n}", slug=f"genre-{n}") for n in range(18)]
    movies = [Movie(pk=2_000_000 + n, title=f"{n} {'long title ' * 6}", year=1990) for n in range(MANY)]
    for movie in movies:
        movie.search_text = movie.sort_title = movie.title.strip()
    Movie.objects.bulk_create(movies)
    link = Movie.genres.through
    link.objects.bulk_create((link(movie=movie, genre=genre) for movie in movies for genre in genres[:6]), 2_000)
    Tag.objects.bulk_create(Tag(name=f"tag {n}", key=f"tag {n}") for n in range(200))
    when = datetime(2020, 1, 1, tzinfo=UTC)
    ratings = [
        Rating(user=user, movie=movie, half_stars=1 + n % 10, rated_at=when)
        for n, movie in enumerate(movies)
        for user in world.people[:5]
    ]
    Rating.objects.bulk_create(ratings, batch_size=2_000)
    publish(seed=77)
    current.refresh()
    return stage_for(3_000)


@pytest.mark.slow
@pytest.mark.django_db
def test_every_route_has_its_most_expensive_form(stage: Stage) -> None:
    known = expensive.forms(stage)
    assert {name for name, _ in expensive.routes()} == set(known)
    for name, methods in expensive.routes():
        assert {form.method for form in known[name]} >= set(methods), f"a form of {name} is missing"
    for name, forms in known.items():
        for form in forms:
            assert len(form.path) <= LONGEST_LINE - 15, name


@pytest.mark.slow
@pytest.mark.django_db
def test_the_most_expensive_allowed_requests_have_a_cap(stage: Stage, settings: Settings) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    clients, too_much = expensive.clients(stage), {}
    for name, forms in expensive.forms(stage).items():
        for number, form in enumerate(forms):
            cost = expensive.cost(clients[form.actor], form)
            print(f"@ {name} {form.method} {number} {cost.status} {cost.seconds:.3f} s {cost.size} bytes")
            size = 0 if form.own_data else cost.size
            if cost.status >= 500 or size > MOST_BYTES or cost.seconds > SECONDS * SLOW_MACHINE:
                too_much[name, number] = cost
    assert too_much == {}


@pytest.mark.django_db
@pytest.mark.database
def test_a_file_with_many_columns_is_refused_before_any_work() -> None:
    header = "Rating," + ",".join(f"c{n}" for n in range(200_000))
    started = time.process_time()
    with pytest.raises(UnreadableError, match="more than 100 columns"):
        read((header + "\n" + "5,\n" * 1_000).encode())
    wide = "Title,Rating\n" + "Heat,5" + "," * 200_000 + "\nHeat,4\n"
    assert [line.number for line in read(wide.encode()).rejected] == [2]
    assert time.process_time() - started < SECONDS * SLOW_MACHINE


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.database
def test_titles_that_expand_cost_no_more_than_others() -> None:
    title = "\ufdfa" * 400
    rows = "".join(f"{title},{1900 + n % 100},5\n" for n in range(3_000))
    started = time.process_time()
    sheet = read(f"Title,Year,Rating\n{rows}".encode())
    assert matching.match(sheet.entries) == [matching.Found()] * 3_000
    assert time.process_time() - started < 3 * SLOW_MACHINE


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.database
@pytest.mark.parametrize("title", ["A: b" * 70, "A (b) " * 50, "a-" * 150, "a s' " * 60, "( " * 150])
def test_titles_of_many_parts_cost_no_more_than_others(title: str) -> None:
    rows = "".join(f"{title}{n},{1900 + n % 100},5\n" for n in range(5_000))
    started = time.process_time()
    sheet = read(f"Title,Year,Rating\n{rows}".encode())
    assert matching.match(sheet.entries) == [matching.Found()] * 5_000
    assert time.process_time() - started < 3 * SLOW_MACHINE


def test_a_key_is_cut_after_it_is_full() -> None:
    assert sort_key("\ufdfa" * 5_000) == sort_key("\ufdfa" * 500)
    assert plain("Amélie Poulain " * 20) == ("amelie poulain " * 20).strip()


@pytest.mark.django_db
@pytest.mark.database
def test_parts_are_equal_for_one_movie_and_many_and_the_strongest_lead(world: World, version: ModelVersion) -> None:
    model = active.current()
    assert model is not None
    ratings = Ratings.of((movie.pk, 1 + n % 10) for n, movie in enumerate(world.space[:9]))
    profile = model.profile(None, ratings)
    ids = [movie.pk for movie in (*world.space, *world.romance)]
    together = model.score_parts(profile, ids)
    strongest = model.score_parts(profile, ids, 3)
    for pk in ids:
        (alone,) = model.score_parts(profile, [pk]).values()
        np.testing.assert_allclose(list(together[pk].shares.values()), list(alone.shares.values()), rtol=1e-9)
        assert together[pk].score == pytest.approx(alone.score, rel=1e-9)
        assert together[pk].blocks == pytest.approx(alone.blocks, rel=1e-9)
        assert list(strongest[pk].shares) == list(together[pk].shares)[:3]
        whole = sum(together[pk].shares.values())
        assert sum(strongest[pk].shares.values()) + strongest[pk].others == pytest.approx(whole, abs=1e-9)
        assert together[pk].page(2, 4).others + sum(together[pk].page(2, 4).shares.values()) == pytest.approx(whole)


@pytest.mark.django_db
@pytest.mark.database
def test_an_explanation_has_all_ratings_on_its_own_address(ada: User, world: World, version: ModelVersion) -> None:
    when = datetime(2021, 1, 1, tzinfo=UTC)
    rated = [Rating(user=ada, movie=movie, half_stars=9, rated_at=when) for movie in world.space[:15]]
    Rating.objects.bulk_create(rated)
    client = Client()
    client.force_login(ada)
    address = f"{API}movies/{world.space[16].pk}/explanation/"
    whole = client.get(address).json()
    assert {reason["movie"]["id"] for reason in whole["ratings"]} == {movie.pk for movie in world.space[:15]}
    pages = [client.get(f"{address}?start={start}&n=6").json() for start in (0, 6, 12)]
    assert [reason for page in pages for reason in page["ratings"]] == whole["ratings"]
    for page in (whole, *pages):
        total = page["base"] + page["others"] + page["training"] + sum(reason["share"] for reason in page["ratings"])
        assert total == pytest.approx(page["score"], abs=1e-4)
    listed = client.get(f"{API}me/recommendations/?n=5&explain=true").json()["results"]
    assert [len(entry["explanation"]["ratings"]) for entry in listed] == [5] * 5
    assert client.get(f"{address}?n=501").status_code == HTTPStatus.BAD_REQUEST
    assert client.get(f"{API}movies/1/explanation/").status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
@pytest.mark.database
def test_throttles_weigh_cost(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    counted: list[int] = []

    def count(key: str, seconds: int, cost: int = 1) -> int:
        counted.append(cost)
        return 1

    monkeypatch.setattr(throttling, "count", count)
    body = {"ratings": [{"movie": movie.pk, "stars": 5} for movie in world.space]}
    for sent in (body, {**body, "explain": True}, {**body, "exclude": list(range(1, 1_000)) * 1, "pad": LONG * 200}):
        Client().post(API + "recommendations/preview/", json.dumps(sent), content_type="application/json")
    Client().get(API + "genres/")
    assert counted[0] == 1
    assert counted[1] == 4
    assert counted[2] > 2
    assert counted[3] == 1
