"""`manage.py load_movielens` loads a release in one transaction, and never adds a row second."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import psycopg2
import pytest
from django.db import IntegrityError, connection, transaction

from movies import services
from movies.bulk import postgresql
from movies.bulk.store import Columns
from movies.models import Movie, Rating, Tag, User
from movies.selectors.search import matching
from movies.sources.movielens import batches
from tests.movies.loading.loads import load, stored
from tests.support import releases
from tests.support.environment import postgresql_only

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_a_release_is_stored_completely(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = load(releases.write(tmp_path / "ml"), capsys)
    assert [summary[kind]["added"] for kind in ("movies", "ratings", "tags", "people")] == [3, 3, 3, 3]
    matrix = Movie.objects.get(movielens_id=2571)
    assert (str(matrix), matrix.imdb_id, matrix.tmdb_id) == ("The Matrix (1999)", 133093, None)
    assert sorted(genre.name for genre in matrix.genres.all()) == ["Action", "Sci-Fi"]
    assert not Movie.objects.get(title="Amélie").genres.exists()
    toy_story = Movie.objects.get(movielens_id=1)
    assert (toy_story.rating_count, toy_story.rating_mean) == (2, 4.5)
    rating = Rating.objects.get(user__movielens_id=1, movie=toy_story)
    assert (rating.half_stars, rating.rated_at) == (8, datetime.fromtimestamp(964982703, UTC))
    assert list(Tag.objects.values_list("key", flat=True)) == ["mind, bent", "pixar"]


def test_nobody_can_log_in_as_a_movielens_user(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(releases.write(tmp_path / "ml"), capsys)
    user = User.objects.get(movielens_id=1)
    assert not user.is_active
    assert not user.has_usable_password()


def test_reloading_the_same_release_is_a_no_op(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = releases.write(tmp_path / "ml")
    load(folder, capsys)
    before = stored()
    summary = load(releases.zipped(folder), capsys)
    assert stored() == before
    assert not any(summary[kind][what] for kind in ("movies", "ratings", "tags") for what in ("added", "changed"))
    assert summary["ratings"]["unchanged"] == 3


def test_a_newer_release_adds_and_updates(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(releases.write(tmp_path / "old"), capsys)
    ratings = releases.RATINGS.replace("1,1,4.0,964982703", "1,1,2.0,964982999") + "3,99,3.5,1445714835\n"
    movies = (
        releases.MOVIES.replace("Action|Sci-Fi", "Action").replace("Amélie", "Amelie") + "100,City Hall (1996),Drama\n"
    )
    summary = load(releases.write(tmp_path / "new", ratings=ratings, movies=movies), capsys)
    assert summary["movies"] == {"added": 1, "changed": 2, "unchanged": 1}
    assert summary["ratings"] == {"added": 1, "changed": 1, "unchanged": 2}
    assert Rating.objects.get(user__movielens_id=1, movie__movielens_id=1).half_stars == 4
    assert Movie.objects.get(movielens_id=1).rating_mean == 3.5
    assert [genre.name for genre in Movie.objects.get(movielens_id=2571).genres.all()] == ["Action"]
    assert Movie.objects.get(movielens_id=99).title == "Amelie"


def test_movies_are_found_by_their_words_after_a_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(releases.write(tmp_path / "old"), capsys)
    movies = releases.MOVIES.replace("Amélie (2001)", "Amélie Poulain (2001)") + "100,City Hall (1996),Drama\n"
    load(releases.write(tmp_path / "new", movies=movies), capsys)
    matches = [matching(Movie.objects.all(), words).count() for words in ("matrix", "amelie", "poulain", "city hal")]
    assert matches == [1, 1, 1, 1]
    Movie.objects.filter(movielens_id=100).update(search_text="renamed")
    assert [matching(Movie.objects.all(), words).count() for words in ("city", "renamed")] == [0, 1]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL only disables its triggers")
def test_triggers_and_indexes_are_restored_after_a_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = schema()
    load(releases.write(tmp_path / "old"), capsys)
    assert schema() == before
    load(releases.write(tmp_path / "new", ratings=releases.RATINGS + "8,1,3.0,964982703\n"), capsys)
    assert schema() == before


def schema() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_stat%%' ORDER BY name")
        return list(cursor.fetchall())


SECOND_RATINGS = [("", 6), ("8,1,4.5,964982704\n", 9), ("8,1,4.5,964982703\n", 6), ("8,1,4.5,964982702\n", 6)]


@pytest.fixture(params=[1 << 20, 48], ids=["one block", "a block for two lines"])
def block(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BLOCK_BYTES", request.param)


@pytest.mark.usefixtures("block")
@pytest.mark.parametrize(("second", "stars"), SECOND_RATINGS, ids=["once", "newer", "as new", "older"])
def test_ratings_of_new_users_are_added_and_counted(
    second: str, stars: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    load(releases.write(tmp_path / "old"), capsys)
    ratings = f"userId,movieId,rating,timestamp\n8,1,3.0,964982703\n8,99,2.0,964982703\n{second}"
    summary = load(releases.write(tmp_path / "more", ratings=ratings), capsys)
    assert summary["ratings"]["added"] == 2
    counted = Movie.objects.order_by("movielens_id").values_list("rating_count", "rating_sum")
    assert list(counted) == [(3, 8 + 10 + stars), (1, 4), (1, 1)]


def test_ratings_of_members_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = releases.write(tmp_path / "ml")
    load(folder, capsys)
    visitor = User.objects.create_user("ada")
    movie = Movie.objects.get(movielens_id=1)
    services.rate(user=visitor, movie=movie, half_stars=2)
    load(folder, capsys)
    movie.refresh_from_db()
    assert Rating.objects.get(user=visitor).half_stars == 2
    assert movie.rating_count == 3
    services.rate(user=visitor, movie=movie, half_stars=10)
    movie.refresh_from_db()
    assert movie.rating_sum == 8 + 10 + 10


def test_the_latest_of_several_ratings_of_a_movie_stays(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ratings = releases.RATINGS + "1,1,1.0,964982000\n1,1,3.0,964989999\n1,1,1.5,964982001\n"
    summary = load(releases.write(tmp_path / "ml", ratings=ratings), capsys)
    assert summary["ratings"]["added"] == 3
    assert Rating.objects.get(user__movielens_id=1, movie__movielens_id=1).half_stars == 6
    assert Movie.objects.get(movielens_id=1).rating_count == 2


def test_windows_line_endings_and_a_byte_order_mark_are_accepted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = {
        name: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()
        for name, text in (("movies", releases.MOVIES), ("ratings", releases.RATINGS), ("tags", releases.TAGS))
    }
    load(releases.write(tmp_path / "ml", **texts), capsys)
    windows = stored()
    load(releases.write(tmp_path / "plain"), capsys)
    assert stored() == windows


def test_counters_follow_deletions_after_a_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    load(releases.write(tmp_path / "ml"), capsys)
    Rating.objects.filter(movie__movielens_id=1).delete()
    assert Movie.objects.get(movielens_id=1).rating_count == 0


@pytest.fixture(params=["superuser", "owner"])
def role(request: pytest.FixtureRequest) -> None:
    """Run as a superuser or as the tables' owner, who may not disable foreign keys, as on managed PostgreSQL."""
    if request.param == "superuser" or connection.vendor == "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE recsite_owner")
        cursor.execute("GRANT CREATE ON SCHEMA public TO recsite_owner")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"ALTER TABLE {table} OWNER TO recsite_owner")
        cursor.execute("SET LOCAL ROLE recsite_owner")


@pytest.mark.usefixtures("role")
def test_many_ratings_added_to_a_non_empty_table_are_checked_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "MANY", 1)
    load(releases.write(tmp_path / "old"), capsys)
    with_new_users = releases.RATINGS + "8,1,3.0,964982703\n9,99,1.0,964982703\n"
    for ratings in (
        with_new_users,
        with_new_users.replace("8,1,3.0,964982703", "8,1,5.0,964982704\n8,99,2.0,964982703"),
    ):
        load(releases.write(tmp_path / "more", ratings=ratings), capsys)
    assert Rating.objects.get(user__movielens_id=8, movie__movielens_id=1).half_stars == 10
    assert sorted(Movie.objects.values_list("movielens_id", "rating_count")) == [(1, 3), (99, 2), (2571, 1)]
    with pytest.raises(IntegrityError), transaction.atomic():
        rate_as_unknown_user()


@postgresql_only("SQLite checks foreign keys itself, at the commit")
@pytest.mark.usefixtures("role")
@pytest.mark.parametrize("many", [1, 100])
def test_a_rating_by_an_unknown_user_is_not_stored(
    many: int, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "MANY", many)
    load(releases.write(tmp_path / "ml"), capsys)
    before = stored()
    people, movies = np.array([10**6], np.int32), np.array([Movie.objects.earliest("pk").pk], np.int32)
    ratings = Columns(people, movies, np.array([8], np.int16), np.array([964982703], np.int64))
    with pytest.raises((IntegrityError, psycopg2.IntegrityError)), transaction.atomic():
        postgresql.PostgreSQL().write_ratings([ratings])
    assert stored() == before
    with pytest.raises(IntegrityError), transaction.atomic():
        rate_as_unknown_user()


@postgresql_only("SQLite has no visibility map")
@pytest.mark.django_db(transaction=True)
def test_pages_are_all_visible_after_a_load(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for ratings in (releases.RATINGS, releases.RATINGS + "8,1,3.0,964982703\n"):
        load(releases.write(tmp_path / "ml", ratings=ratings), capsys)
        with connection.cursor() as cursor:
            cursor.execute("SELECT relpages, relallvisible FROM pg_class WHERE oid = 'movies_rating'::regclass")
            assert cursor.fetchone() == (1, 1)


def rate_as_unknown_user() -> None:
    Rating.objects.create(user_id=10**6, movie=Movie.objects.earliest("pk"), half_stars=1)
    connection.check_constraints()
