"""What the model says about one movie: the stars a user would give it, why it suits them, and similar movies."""

from collections.abc import Collection, Sequence

import numpy as np

from movies import selectors
from movies.models import Movie, User
from recommendations.serving import active
from recommendations.serving.explanations import explanations
from recommendations.serving.model import Ratings, ServingModel
from recommendations.serving.query import assigned_model, query_or_fallback, ratings_of
from recommendations.serving.results import Explanation, Reason


def explain(user: User, movie: Movie) -> Explanation | None:
    """Why a movie has its score for a user; None if the model knows nothing about either of them."""
    ratings = ratings_of(user)
    model, _ = assigned_model(user)
    parts = query_or_fallback(model, lambda model: model.score_parts(model.profile(user.pk, ratings), [movie.pk]))
    return explanations(parts or {}, {movie.pk: movie}, ratings).get(movie.pk)


def reasons_for(user: User, movie: Movie, n: int) -> tuple[Reason, ...]:
    """The `n` of a user's ratings of other movies that raise a movie's score most."""
    ratings = ratings_of(user)
    model, _ = assigned_model(user)
    reasons = query_or_fallback(model, lambda model: _reasons(model, user.pk, ratings, movie.pk, n + 1)) or []
    others = [(rated, half_stars, share) for rated, half_stars, share in reasons if rated != movie.pk][:n]
    movies = selectors.in_bulk({rated for rated, _, _ in others})
    return tuple(Reason(movies[rated], half_stars, share) for rated, half_stars, share in others if rated in movies)


def _reasons(
    model: ServingModel, user_id: int, ratings: Ratings, movie_id: int, n: int
) -> list[tuple[int, int, float]]:
    profile, ordinals = model.profile(user_id, ratings), model.movies.ordinals(np.array([movie_id]), missing="drop")
    return model.reasons(profile, ordinals, n)[0] if profile and len(ordinals) else []


def predicted_stars(user: User, movies: Collection[Movie]) -> dict[int, float]:
    """The stars that a user would give to movies that they have not rated, by movie id.

    Movies that the model does not know have no entry; for a user without ratings there is none at all.
    """
    ratings = ratings_of(user)
    unrated = np.setdiff1d([movie.pk for movie in movies], ratings.movie_ids)
    stars = query_or_fallback(active.current(), lambda model: model.stars_of(model.profile(user.pk, ratings), unrated))
    return stars or {}


def stars_without(user: User, movie: Movie) -> float | None:
    """The stars that a user would give to a movie, predicted without their own rating of it."""
    ratings = ratings_of(user).without(movie.pk)
    wanted = np.array([movie.pk])
    stars = query_or_fallback(active.current(), lambda model: model.stars_of(model.profile(None, ratings), wanted))
    return (stars or {}).get(movie.pk)


def similar_ids(movie: Movie, *, n: int, leanings: Sequence[tuple[Collection[int], float]] = ()) -> list[int]:
    """The ids of `similar_movies` that the model finds; none if it does not know the movie."""
    wanted = [(np.fromiter(ids, dtype=np.int64), lean) for ids, lean in leanings]
    return query_or_fallback(active.current(), lambda model: model.similar_ids(movie.pk, n, wanted).tolist()) or []


def similar_movies(movie: Movie, *, n: int = 12, leanings: Sequence[tuple[Collection[int], float]] = ()) -> list[Movie]:
    """Movies that the same people like, the most similar first, topped up with popular ones of the same genres.

    Each leaning is the ids of some movies, and how much more (to 1) or less (to −1) such movies are wanted.
    """
    similar = selectors.movies_by_id(similar_ids(movie, n=n, leanings=leanings))
    if len(similar) < n:
        genres, exclude = [genre.pk for genre in movie.genre_list], {movie.pk, *(other.pk for other in similar)}
        similar += selectors.best_known_of(genres, n - len(similar), exclude=exclude)
    return similar
