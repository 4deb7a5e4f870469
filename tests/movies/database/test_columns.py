"""The columns for training equal the ratings in the database, after any sequence of writes."""

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
    """Read in parts so small that a few rows fill several, with gaps between them."""
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
    ratings = columns.ratings()
    return list(
        zip(
            ratings.user_ids.tolist(),
            ratings.movie_ids.tolist(),
            ratings.half_stars.tolist(),
            ratings.rated_at.tolist(),
            strict=True,
        )
    )


def test_a_database_without_ratings_gives_empty_columns() -> None:
    ratings = columns.ratings()
    assert [len(ratings.user_ids), len(ratings.rated_at)] == [0, 0]
    assert ratings.half_stars.dtype == np.int8


def test_every_rating_is_read_by_user_and_movie(users: list[User], movies: list[Movie]) -> None:
    rate(users, movies)
    assert read() == expected()
    ratings = columns.ratings()
    types = [ratings.user_ids.dtype, ratings.movie_ids.dtype, ratings.half_stars.dtype, ratings.rated_at.dtype]
    assert types == [np.int64, np.int64, np.int8, np.int64]


def test_rows_moved_by_updates_are_read_in_order(users: list[User], movies: list[Movie]) -> None:
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


def test_a_copy_is_parsed_in_chunks_of_any_size(users: list[User], movies: list[Movie]) -> None:
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


def test_the_catalogue_holds_every_movie_with_genres_and_tags(users: list[User], movies: list[Movie]) -> None:
    Movie.objects.filter(pk=movies[3].pk).update(year=1999)
    genres = [Genre.objects.create(name=name, slug=name) for name in ("b", "a")]
    for movie in movies[5:0:-1]:
        movie.genres.set(genres)
    tag = Tag.objects.create(name="slow")
    for user in users[:2]:
        MovieTag.objects.create(user=user, movie=movies[7], tag=tag)
    catalogue = columns.catalogue()
    assert catalogue.movie_ids.tolist() == sorted(movie.pk for movie in movies)
    assert catalogue.years.sum() == catalogue.years[3] == 1999
    assert list(zip(catalogue.genre_movie_ids.tolist(), catalogue.genre_ids.tolist(), strict=True)) == sorted(
        Movie.genres.through.objects.values_list("movie_id", "genre_id")
    )
    assert catalogue.tag_movie_ids.tolist() == [movies[7].pk] * 2
    assert catalogue.tag_ids.tolist() == [tag.pk] * 2


def test_one_users_ratings_are_read_by_movie(users: list[User], movies: list[Movie]) -> None:
    rate(users, movies[::-1])
    ids, half_stars, rated_at = columns.of_user(users[1].pk)
    assert [
        (users[1].pk, *row) for row in zip(*(ids.tolist(), half_stars.tolist(), rated_at.tolist()), strict=True)
    ] == [row for row in expected() if row[0] == users[1].pk]
    assert len(columns.of_user(10**6)[0]) == 0
