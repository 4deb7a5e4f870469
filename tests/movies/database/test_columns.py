"""The columns for training are the ratings of the database, whatever its rows went through."""

from datetime import UTC, datetime

import numpy as np
import pytest
from model_bakery import baker

from movies import columns
from movies.columns import postgresql, sqlite
from movies.models import Genre, Movie, MovieTag, Rating, Tag, User

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """So small that a test's few rows make several, with gaps between them."""
    monkeypatch.setattr(postgresql, "PAGES_PER_ARRAY", 1)
    monkeypatch.setattr(sqlite, "IDS_PER_TEXT", 7)
    monkeypatch.setattr(columns, "_ROWS_PER_CHECK", 5)


@pytest.fixture
def users() -> list[User]:
    return [baker.make(User, pk=pk, username=f"user{pk}") for pk in (2_000_000, 3, 2**31 - 1)]


@pytest.fixture
def movies() -> list[Movie]:
    return Movie.objects.bulk_create(Movie(pk=pk, title=f"Movie {pk}") for pk in (*range(1, 300), 2**31 - 1))


def rate(users: list[User], movies: list[Movie]) -> None:
    random = np.random.default_rng(0)
    Rating.objects.bulk_create(
        Rating(
            user=user,
            movie=movie,
            half_stars=int(random.integers(1, 11)),
            rated_at=datetime.fromtimestamp(int(random.integers(0, 2**32)), UTC),
        )
        for user in users
        for movie in movies
    )


def expected() -> list[tuple[int, int, int, int]]:
    rows = Rating.objects.order_by("user_id", "movie_id").values_list("user_id", "movie_id", "half_stars", "rated_at")
    return [(user, movie, half_stars, int(at.timestamp())) for user, movie, half_stars, at in rows]


def read() -> list[tuple[int, int, int, int]]:
    found = columns.ratings()
    return list(
        zip(
            found.user_ids.tolist(),
            found.movie_ids.tolist(),
            found.half_stars.tolist(),
            found.rated_at.tolist(),
            strict=True,
        )
    )


def test_there_may_be_no_ratings() -> None:
    found = columns.ratings()
    assert [len(found.user_ids), len(found.rated_at)] == [0, 0]
    assert found.half_stars.dtype == np.int8


def test_every_rating_is_read_by_user_and_movie(users: list[User], movies: list[Movie]) -> None:
    rate(users, movies)
    assert read() == expected()
    found = columns.ratings()
    types = [found.user_ids.dtype, found.movie_ids.dtype, found.half_stars.dtype, found.rated_at.dtype]
    assert types == [np.int64, np.int64, np.int8, np.int64]


def test_rows_that_changed_place_are_read_in_order(users: list[User], movies: list[Movie]) -> None:
    rate(users, movies)
    Rating.objects.filter(movie__in=movies[::3]).delete()
    Rating.objects.filter(movie__in=movies[1::3]).update(half_stars=1)
    rate(users[1:2], movies[::3])
    assert read() == expected()


def test_a_time_before_1970_is_a_negative_number(users: list[User], movies: list[Movie]) -> None:
    Rating.objects.create(
        user=users[0], movie=movies[0], half_stars=1, rated_at=datetime(1901, 1, 1, 0, 0, 1, tzinfo=UTC)
    )
    assert read() == expected()


def test_answers_may_arrive_in_any_pieces(users: list[User], movies: list[Movie]) -> None:
    record = b"\0\0\0\1" + b"\0\0\x03\xef" + b"\0\0\0\x24" + b"\0\0\0\1\0\0\0\0\0\0\0\x17\0\0\0\2\0\0\0\1"
    record += b"\0\0\0\4\0\0\0\5\0\0\0\4\xff\xff\xff\xfe"
    row = b"\0\1" + len(record).to_bytes(4, "big") + record
    answer = b"PGCOPY\n\xff\r\n\0" + bytes(8) + row * 3 + b"\xff\xff"
    for size in range(1, len(answer) + 1):
        taken: list[int] = []
        rows = postgresql._RowParser([np.dtype(np.int64)], lambda arrays: taken.extend(arrays[0].tolist()))  # noqa: B023
        for at in range(0, len(answer), size):
            rows.write(answer[at : at + size])
        assert taken == [5, -2] * 3


def test_the_catalogue_has_every_movie_with_genres_and_tags(users: list[User], movies: list[Movie]) -> None:
    Movie.objects.filter(pk=movies[3].pk).update(year=1999)
    genres = [Genre.objects.create(name=name, slug=name) for name in ("b", "a")]
    for movie in movies[5:0:-1]:
        movie.genres.set(genres)
    tag = Tag.objects.create(name="slow")
    for user in users[:2]:
        MovieTag.objects.create(user=user, movie=movies[7], tag=tag)
    found = columns.catalogue()
    assert found.movie_ids.tolist() == sorted(movie.pk for movie in movies)
    assert found.years.sum() == found.years[3] == 1999
    assert list(zip(found.genre_movie_ids.tolist(), found.genre_ids.tolist(), strict=True)) == sorted(
        Movie.genres.through.objects.values_list("movie_id", "genre_id")
    )
    assert found.tag_movie_ids.tolist() == [movies[7].pk] * 2
    assert found.tag_ids.tolist() == [tag.pk] * 2


def test_one_users_ratings_are_read_by_movie(users: list[User], movies: list[Movie]) -> None:
    rate(users, movies[::-1])
    ids, half_stars, rated_at = columns.of_user(users[1].pk)
    assert [
        (users[1].pk, *row) for row in zip(*(ids.tolist(), half_stars.tolist(), rated_at.tolist()), strict=True)
    ] == [row for row in expected() if row[0] == users[1].pk]
    assert len(columns.of_user(10**6)[0]) == 0
