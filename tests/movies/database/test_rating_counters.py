"""A movie's rating counters agree with its ratings after any kind of write."""

import pytest
from django.db import transaction
from django.db.models import F
from django.db.utils import IntegrityError
from model_bakery import baker

from movies.models import Movie, Rating, User

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def movies() -> list[Movie]:
    return baker.make(Movie, _quantity=3)


@pytest.fixture
def users() -> list[User]:
    return [baker.make(User, username=f"user{n}") for n in range(4)]


def counters(movie: Movie) -> tuple[int, float | None]:
    movie.refresh_from_db()
    return movie.rating_count, movie.rating_mean


def test_a_movie_without_ratings_has_no_mean(movies: list[Movie]) -> None:
    assert counters(movies[0]) == (0, None)


def test_counters_follow_created_changed_moved_and_deleted_ratings(movies: list[Movie], users: list[User]) -> None:
    one, two, _ = movies
    rating = Rating.objects.create(user=users[0], movie=one, half_stars=9)
    Rating.objects.create(user=users[1], movie=one, half_stars=4)
    assert counters(one) == (2, 3.25)
    rating.half_stars = 10
    rating.save()
    assert counters(one) == (2, 3.5)
    rating.movie = two
    rating.save()
    assert (counters(one), counters(two)) == ((1, 2.0), (1, 5.0))
    rating.delete()
    assert counters(two) == (0, None)


def test_bulk_writes_are_counted(movies: list[Movie], users: list[User]) -> None:
    Rating.objects.bulk_create(
        Rating(user=user, movie=movie, half_stars=6) for user in users for movie in (movies[0], movies[1])
    )
    assert counters(movies[0]) == (4, 3.0)
    Rating.objects.update(half_stars=F("half_stars") + 1)
    assert counters(movies[1]) == (4, 3.5)
    Rating.objects.filter(movie=movies[0]).update(movie=movies[2])
    assert [counters(movie)[0] for movie in movies] == [0, 4, 4]
    Rating.objects.filter(user__in=users[:3]).delete()
    assert [counters(movie) for movie in movies] == [(0, None), (1, 3.5), (1, 3.5)]


def test_an_upsert_is_counted_once(movies: list[Movie], users: list[User]) -> None:
    for half_stars in (4, 8):
        Rating.objects.bulk_create(
            [Rating(user=users[0], movie=movies[0], half_stars=half_stars)],
            update_conflicts=True,
            unique_fields=["user", "movie"],
            update_fields=["half_stars"],
        )
    assert counters(movies[0]) == (1, 4.0)


def test_deleting_a_user_subtracts_their_ratings_from_the_counters(movies: list[Movie], users: list[User]) -> None:
    Rating.objects.create(user=users[0], movie=movies[0], half_stars=10)
    Rating.objects.create(user=users[1], movie=movies[0], half_stars=2)
    users[0].delete()
    assert counters(movies[0]) == (1, 1.0)


def test_a_movie_is_rated_once_by_each_user_and_from_half_a_star_to_five(
    movies: list[Movie], users: list[User]
) -> None:
    Rating.objects.create(user=users[0], movie=movies[0], half_stars=1)
    for movie, half_stars in ((movies[0], 5), (movies[1], 0), (movies[1], 11)):
        with pytest.raises(IntegrityError), transaction.atomic():
            Rating.objects.create(user=users[0], movie=movie, half_stars=half_stars)
    assert counters(movies[0]) == (1, 0.5)
