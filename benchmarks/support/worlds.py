"""A small world with an obvious right answer: half of the users like space movies, half like romance."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from movies.models import Genre, Movie, Rating, User
from movies.services import rate

QUICK = {"recipe": "article", "dimension": 6, "epochs": 15, "threads": 1}
"""Parameters of a training that takes a second."""

PEOPLE = 80
MOVIES = 40
FIRST_ID = 1_000_000
"""Ids are fixed, and far from those that a database assigns, so that one trained version fits every test's rows."""


@dataclass(frozen=True)
class World:
    """The users and movies: `people` before index `half` like `space`, the others `romance`."""

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
    """Write the world to the database; each user has rated twelve movies they like and three they dislike."""
    names = {"Space": FIRST_ID, "Romance": FIRST_ID + 1}
    genres = {name: Genre.objects.create(pk=pk, name=name, slug=name.lower()) for name, pk in names.items()}
    movies = [Movie(pk=FIRST_ID + n, title=f"Movie {n}", sort_title=f"movie {n}", year=1980 + n) for n in range(MOVIES)]
    Movie.objects.bulk_create(movies)
    space, romance = movies[: MOVIES // 2], movies[MOVIES // 2 :]
    genres["Space"].movies.add(*space)
    genres["Romance"].movies.add(*romance)
    people = [User(pk=FIRST_ID + n, username=f"person-{n}", is_active=False, movielens_id=n) for n in range(PEOPLE)]
    User.objects.bulk_create(people)
    world = World(people, space, romance, genres)
    Rating.objects.bulk_create(_ratings(world))
    return world


def _ratings(world: World) -> list[Rating]:
    random = np.random.default_rng(0)
    ratings = []
    for n, user in enumerate(world.people):
        liked, disliked = (world.space, world.romance) if n < world.half else (world.romance, world.space)
        chosen = [(movie, int(random.integers(8, 11))) for movie in random.permutation(np.array(liked))[:12]]
        chosen += [(movie, int(random.integers(1, 5))) for movie in random.permutation(np.array(disliked))[:3]]
        for step, index in enumerate(random.permutation(len(chosen))):
            movie, half_stars = chosen[index]
            rated_at = datetime.fromtimestamp(1_000_000_000 + 1000 * n + step, UTC)
            ratings.append(Rating(user=user, movie=movie, half_stars=half_stars, rated_at=rated_at))
    return ratings


def three_movies(year_of_the_last: int | None = 2001) -> list[Movie]:
    """Write Alien, Airplane! and Amélie to the database; Alien has the most ratings."""
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
