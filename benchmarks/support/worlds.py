"""A small world whose right answers are obvious: people who like space, people who like romance."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from movies.models import Genre, Movie, Rating, User
from movies.services import rate

QUICK = {"recipe": "article", "dimension": 6, "epochs": 15, "threads": 1}
"""Parameters of a training that takes a moment."""

PEOPLE = 80
MOVIES = 40
FIRST_ID = 1_000_000
"""Ids are given, and far from those that a database gives, so that one trained version fits every test's rows."""


@dataclass(frozen=True)
class World:
    """`space` and `romance` are movies; the people before `half` like the first, the others the second."""

    people: list[User]
    space: list[Movie]
    romance: list[Movie]
    genres: dict[str, Genre]

    @property
    def half(self) -> int:
        return len(self.people) // 2

    def liked_by(self, person: int) -> set[int]:
        return {movie.pk for movie in (self.space if person < self.half else self.romance)}


def build() -> World:
    """Put the world into the database; each person has rated twelve movies they like and three of the others."""
    names = {"Space": FIRST_ID, "Romance": FIRST_ID + 1}
    genres = {name: Genre.objects.create(pk=pk, name=name, slug=name.lower()) for name, pk in names.items()}
    movies = [
        Movie(pk=FIRST_ID + place, title=f"Movie {place}", sort_title=f"movie {place}", year=1980 + place)
        for place in range(MOVIES)
    ]
    Movie.objects.bulk_create(movies)
    space, romance = movies[: MOVIES // 2], movies[MOVIES // 2 :]
    genres["Space"].movies.add(*space)
    genres["Romance"].movies.add(*romance)
    people = [
        User(pk=FIRST_ID + place, username=f"person-{place}", is_active=False, movielens_id=place)
        for place in range(PEOPLE)
    ]
    User.objects.bulk_create(people)
    world = World(people, space, romance, genres)
    Rating.objects.bulk_create(_ratings(world))
    return world


def _ratings(world: World) -> list[Rating]:
    random = np.random.default_rng(0)
    ratings = []
    for place, person in enumerate(world.people):
        mine, others = (world.space, world.romance) if place < world.half else (world.romance, world.space)
        chosen = [(movie, int(random.integers(8, 11))) for movie in random.permutation(np.array(mine))[:12]]
        chosen += [(movie, int(random.integers(1, 5))) for movie in random.permutation(np.array(others))[:3]]
        for step, at in enumerate(random.permutation(len(chosen))):
            movie, half_stars = chosen[at]
            rated_at = datetime.fromtimestamp(1_000_000_000 + 1000 * place + step, UTC)
            ratings.append(Rating(user=person, movie=movie, half_stars=half_stars, rated_at=rated_at))
    return ratings


def three_movies(year_of_the_last: int | None = 2001) -> list[Movie]:
    """Put Alien, Airplane! and Amélie into the database; Alien is best known."""
    horror, comedy = (Genre.objects.create(name=name, slug=name.lower()) for name in ("Horror", "Comedy"))
    alien, airplane, amelie = (
        Movie.objects.create(title=title, year=year)
        for title, year in (("Alien", 1979), ("Airplane!", 1980), ("Amélie", year_of_the_last))
    )
    alien.genres.add(horror)
    airplane.genres.add(comedy)
    amelie.genres.add(comedy)
    for n, half_stars in enumerate((10, 8, 9)):
        rate(user=User.objects.create(username=f"person{n}"), movie=alien, half_stars=half_stars)
    return [alien, airplane, amelie]
