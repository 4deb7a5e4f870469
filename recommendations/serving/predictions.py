"""Predictions for single movies: expected stars, reasons, explanations and similar movies."""

from collections.abc import Collection, Sequence

import numpy as np

from movies import selectors
from movies.models import Movie, User
from recommendations.serving import active
from recommendations.serving.deleted import ROUNDS
from recommendations.serving.explanations import explanations
from recommendations.serving.model import ServingModel
from recommendations.serving.profile import Ratings
from recommendations.serving.query import assigned_model, find_deleted, query_or_fallback, ratings_of
from recommendations.serving.results import Explanation, Reason

MOST_EXPLAINED = 500
"""How many ratings one explanation names at most; more are on further pages."""


def explain(user: User, movie: Movie, *, start: int = 0, n: int = MOST_EXPLAINED) -> Explanation | None:
    """Explain a movie's score for a user; None if the model does not know the user or the movie.

    It names the `n` ratings after the `start` strongest.
    """
    ratings = ratings_of(user)
    model, _ = assigned_model(user)
    parts = query_or_fallback(model, lambda model: model.score_parts(model.profile(user.pk, ratings), [movie.pk])) or {}
    page = {pk: whole.page(start, n) for pk, whole in parts.items()}
    return explanations(page, {movie.pk: movie}, ratings).get(movie.pk)


def reasons_for(user: User, movie: Movie, n: int) -> tuple[Reason, ...]:
    """Return the user's `n` ratings of other movies that raise a movie's score most, strongest first."""
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
    """Predict by movie id the stars that a user would give to movies that they have not rated.

    Movies that the model does not know have no entry. The result is empty for a user without ratings.
    """
    ratings = ratings_of(user)
    unrated = np.setdiff1d([movie.pk for movie in movies], ratings.movie_ids)
    stars = query_or_fallback(active.current(), lambda model: model.stars_of(model.profile(user.pk, ratings), unrated))
    return stars or {}


def stars_without(user: User, movie: Movie) -> float | None:
    """Predict the stars that a user would give to a movie, ignoring their own rating of it."""
    ratings = ratings_of(user).without(movie.pk)
    ids = np.array([movie.pk])
    stars = query_or_fallback(active.current(), lambda model: model.stars_of(model.profile(None, ratings), ids))
    return (stars or {}).get(movie.pk)


def similar_ids(
    movie: Movie,
    *,
    n: int,
    leanings: Sequence[tuple[Collection[int], float]] = (),
    exclude: Collection[int] = (),
) -> list[int]:
    """Return the ids of the model's `similar_movies`; empty if it does not know the movie."""
    labels = [(np.fromiter(ids, dtype=np.int64), weight) for ids, weight in leanings]
    excluded = np.fromiter(exclude, dtype=np.int64)
    similar = query_or_fallback(active.current(), lambda model: model.similar_ids(movie.pk, n, labels, excluded))
    return [] if similar is None else similar.tolist()


def similar_movies(
    movie: Movie,
    *,
    n: int = 12,
    leanings: Sequence[tuple[Collection[int], float]] = (),
    exclude: Collection[int] = (),
) -> list[Movie]:
    """Return movies that the same people like, most similar first, topped up with popular ones of the same genres.

    Each leaning is a set of movie ids and a weight from −1 (fewer such movies) to 1 (more). The excluded ids are left
    out.
    """
    model = active.current()
    for _ in range(ROUNDS):
        ids = similar_ids(movie, n=n, leanings=leanings, exclude=exclude)
        similar = selectors.movies_by_id(ids)
        if model is None or len(similar) == len(ids):
            break
        find_deleted(model)
    if len(similar) < n:
        genres = [genre.pk for genre in movie.genre_list]
        shown = {movie.pk, *exclude, *(other.pk for other in similar)}
        similar += selectors.best_known_of(genres, n - len(similar), exclude=shown)
    return similar
