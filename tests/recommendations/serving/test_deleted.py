"""Movies that were deleted after training leave no holes: the model's next best movies take their places."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks.support.worlds import World
from movies import selectors
from movies.models import Movie, User
from recommendations.exports.recommendations import Export
from recommendations.models import ModelVersion
from recommendations.serving import deleted
from recommendations.serving.groups import recommend_together
from recommendations.serving.predictions import similar_movies
from recommendations.serving.recommend import (
    Filters,
    Ranker,
    Steering,
    recommend,
    recommend_for_ratings,
    recommend_many,
)
from recommendations.serving.results import Recommendations
from tests.support.environment import ROOT

pytestmark = pytest.mark.database

N = 5
REQUESTS: dict[str, Callable[[User, World, list[int]], Recommendations]] = {
    "plain": lambda user, world, exclude: recommend(user, n=N, exclude=exclude),
    "exact": lambda user, world, exclude: recommend(user, n=N, exclude=exclude, ranker=Ranker.EXACT),
    "approximate": lambda user, world, exclude: recommend(user, n=N, exclude=exclude, ranker=Ranker.ANNOY),
    "explained": lambda user, world, exclude: recommend(user, n=N, exclude=exclude, explained=True),
    "filtered": lambda user, world, exclude: recommend(user, n=N, exclude=exclude, filters=Filters(year_from=2000)),
    "steered": lambda user, world, exclude: recommend(user, n=N, exclude=exclude, steering=Steering(diversity=0.5)),
    "ratings": lambda user, world, exclude: recommend_for_ratings({world.space[0].pk: 10}, n=N, exclude=exclude),
}


def delete(ids: list[int]) -> None:
    """Delete movies; the version still knows them."""
    Movie.objects.filter(pk__in=ids).delete()


def ids(found: Recommendations) -> list[int]:
    return [entry.movie.pk for entry in found.entries]


def scores(found: Recommendations) -> list[float | None]:
    return [entry.score for entry in found.entries]


@pytest.mark.parametrize("name", REQUESTS)
def test_the_next_best_movies_replace_deleted_ones(world: World, version: ModelVersion, name: str) -> None:
    user = world.people[0]

    def request(exclude: list[int]) -> Recommendations:
        return REQUESTS[name](user, world, exclude)

    gone = ids(request([]))[1:4]
    expected = request(gone)
    delete(gone)
    found = request([])
    assert (ids(found), scores(found)) == (ids(expected), scores(expected))
    assert len(found.entries) == N
    assert None not in scores(found)
    assert [entry.explanation is not None for entry in found.entries] == [name == "explained"] * N


def test_a_list_is_full_while_movies_exist(world: World, version: ModelVersion) -> None:
    user = world.people[0]
    everything = ids(recommend(user, n=100))
    delete(everything[:-2])
    found = recommend(user, n=100)
    assert ids(found) == everything[-2:]
    assert None not in scores(found)


def test_only_the_first_list_after_a_deletion_costs_more(world: World, version: ModelVersion) -> None:
    user = world.people[0]

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            recommend(user, n=N)
        return len(captured)

    queries()
    usual = queries()
    delete(ids(recommend(user, n=N))[:1])
    assert queries() > usual
    assert queries() == usual


def test_a_restored_movie_returns(world: World, version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    user = world.people[0]
    best = recommend(user, n=1).entries[0].movie
    delete([best.pk])
    assert best.pk not in ids(recommend(user, n=N))
    Movie.objects.create(pk=best.pk, title=best.title, year=best.year)
    monkeypatch.setattr(deleted, "KEPT_SECONDS", 0.0)
    assert ids(recommend(user, n=N))[0] == best.pk


def test_reasons_name_movies_that_exist(world: World, version: ModelVersion) -> None:
    ratings = {world.space[0].pk: 10, world.space[1].pk: 10, world.space[2].pk: 9}
    delete([recommend_for_ratings(ratings, n=1, reasons=1).entries[0].reasons[0].movie.pk])
    for entry in recommend_for_ratings(ratings, n=N, reasons=2).entries:
        assert len(entry.reasons) == 2


def test_lists_of_many_users_have_no_holes(world: World, version: ModelVersion, tmp_path: Path) -> None:
    users = [person.pk for person in world.people]
    before = recommend_many(users, n=N)[1]
    gone = [movie for movie, _ in before[users[0]][:2]]
    delete(gone)
    lists = recommend_many(users, n=N)[1]
    for user in world.people:
        alone = recommend(user, n=N)
        assert [movie for movie, _ in lists[user.pk]] == ids(alone)
        assert [score for _, score in lists[user.pk]] == pytest.approx(scores(alone), abs=1e-6)
        assert not set(gone) & {movie for movie, _ in lists[user.pk]}
    export = Export.of_active_version(tmp_path / "lists.parquet", N)
    for part in export.missing:
        export.write_part(part)
    assert export.finish()
    rows = pl.read_parquet(export.output)
    exported = [row["movie_id"] for row in rows.filter(user_id=users[0]).sort("rank").to_dicts()]
    assert exported == [movie for movie, _ in lists[users[0]]]


def test_groups_get_full_lists(world: World, version: ModelVersion) -> None:
    members = [world.people[0], world.people[world.half]]
    before = recommend_together(members, n=8).entries
    gone = [entry.movie.pk for entry in before[:3]]
    delete(gone)
    shared = recommend_together(members, n=8)
    assert len(shared.entries) == 8
    assert not set(gone) & {entry.movie.pk for entry in shared.entries}
    assert all(stars is not None for entry in shared.entries for _, stars in entry.by_member)


def test_similar_movies_are_the_next_most_similar(world: World, version: ModelVersion) -> None:
    before = [movie.pk for movie in similar_movies(world.space[0], n=8)]
    delete(before[:2])
    after = [movie.pk for movie in similar_movies(world.space[0], n=6)]
    assert after == before[2:]


@pytest.mark.parametrize("row", ["popular now", "well known", "of a genre"])
def test_cached_rows_of_the_home_page_are_full(world: World, version: ModelVersion, row: str) -> None:
    cache.clear()
    read: dict[str, Callable[[], list[Movie]]] = {
        "popular now": lambda: selectors.popular_now(N),
        "well known": lambda: selectors.well_known(N),
        "of a genre": lambda: selectors.best_known_of([world.genres["Romance"].pk], N),
    }
    before = read[row]()
    assert len(before) == N
    delete([before[0].pk])
    after = read[row]()
    assert len(after) == N
    assert before[0] not in after


def test_the_model_is_imported_without_django_models() -> None:
    """The smoke test of a new version opens it in a process without Django's apps."""
    code = "import recommendations.serving.smoke_test"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
