"""What the model says of a movie: the stars that somebody would give, why it is for them, and what is like it."""

from collections.abc import Collection, Sequence

import numpy as np

from movies import columns, selectors
from movies.models import Movie, User
from recommendations.serving import active
from recommendations.serving.explanations import explain_all
from recommendations.serving.model import Bundle, Ratings
from recommendations.serving.query import answer, bundle_for
from recommendations.serving.results import Explanation, Reason


def explain(user: User, movie: Movie) -> Explanation | None:
    """Why a movie scores with somebody as it does; None if the model knows nothing of one of them."""
    ratings = Ratings(*columns.of_user(user.pk))
    found = answer(bundle_for(user), lambda model: explain_all(model, user.pk, ratings, [movie])) or {}
    return found.get(movie.pk)


def reasons_for(user: User, movie: Movie, n: int) -> tuple[Reason, ...]:
    """The `n` of somebody's ratings of other movies that speak most for a movie."""
    ratings = Ratings(*columns.of_user(user.pk))
    found = answer(bundle_for(user), lambda model: _reasons(model, user.pk, ratings, movie.pk, n + 1)) or []
    others = [(of, rated, share) for of, rated, share in found if of != movie.pk][:n]
    movies = selectors.in_bulk({of for of, _, _ in others})
    return tuple(Reason(movies[of], rated, share) for of, rated, share in others if of in movies)


def _reasons(bundle: Bundle, user_id: int, ratings: Ratings, movie_id: int, n: int) -> list[tuple[int, int, float]]:
    person, place = bundle.person(user_id, ratings), bundle.movies.ordinals(np.array([movie_id]), missing="drop")
    return bundle.reasons(person, place, n)[0] if person and len(place) else []


def predicted_stars(user: User, movies: Collection[Movie]) -> dict[int, float]:
    """The stars that somebody would probably give to movies that they have not rated, by the movies' ids.

    Movies that the model does not know are left out, and all of them for somebody who has rated nothing.
    """
    ratings = Ratings(*columns.of_user(user.pk))
    unrated = np.setdiff1d([movie.pk for movie in movies], ratings.movie_ids)
    return answer(active.current(), lambda model: model.stars_of(model.person(user.pk, ratings), unrated)) or {}


def stars_without(user: User, movie: Movie) -> float | None:
    """The stars that somebody would probably give to a movie, if their own rating of it were not known."""
    ratings = Ratings(*columns.of_user(user.pk)).without(movie.pk)
    wanted = np.array([movie.pk])
    stars = answer(active.current(), lambda model: model.stars_of(model.person(None, ratings), wanted)) or {}
    return stars.get(movie.pk)


def similar_ids(movie: Movie, *, n: int, leanings: Sequence[tuple[Collection[int], float]] = ()) -> list[int]:
    """The ids of `similar_movies`, without those of the same genres; none if the model does not know the movie."""
    wanted = [(np.fromiter(ids, dtype=np.int64), lean) for ids, lean in leanings]
    return answer(active.current(), lambda model: model.alike(movie.pk, n, wanted).tolist()) or []


def similar_movies(movie: Movie, *, n: int = 12, leanings: Sequence[tuple[Collection[int], float]] = ()) -> list[Movie]:
    """Movies that the same people like, the most similar first; what lacks are popular ones of the same genres.

    Each leaning is the ids of some movies, and how much more (to 1) or less (to −1) such movies are wanted.
    """
    alike = selectors.movies_by_id(similar_ids(movie, n=n, leanings=leanings))
    if len(alike) < n:
        genres, there = [genre.pk for genre in movie.genre_list], {movie.pk, *(other.pk for other in alike)}
        alike += selectors.best_known_of(genres, n - len(alike), without=there)
    return alike
