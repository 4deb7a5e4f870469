"""Recommend movies: from a user's query to the entries that a page shows.

The module reads in the order of a request: the use cases, the model's ranking, the entries with their movies, and the
popularity baseline that fills the gaps.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from django.contrib.auth.models import AnonymousUser
from django.db.models import QuerySet

from movies import selectors
from movies.models import Movie, User
from recommendations.serving import active, metrics
from recommendations.serving.batch import ScoredMovies, lists_of_some
from recommendations.serving.deleted import ROUNDS
from recommendations.serving.explanations import explanations
from recommendations.serving.filters import Filters, Ranker, Source, Steering, wishes
from recommendations.serving.model import ServingModel
from recommendations.serving.profile import Ratings, ScoreParts
from recommendations.serving.query import UNSTEERED, UserHistory, UserQuery, find_deleted, query_or_fallback, user_query
from recommendations.serving.results import Entry, Reason, Recommendations

__all__ = [
    "Filters",
    "Ranker",
    "Source",
    "Steering",
    "least_rated_genre",
    "recommend",
    "recommend_for_ratings",
    "recommend_many",
    "wishes",
]

NO_FILTERS = Filters()
EXPLAINED_RATINGS = 5
"""How many ratings the explanation of a movie in a list names: with all, a list has 100 × thousands of movies."""


class RankRequest(NamedTuple):
    """How many movies, which may appear, and how they are ranked and explained.

    `exclude` holds movie ids besides those that the user has rated.
    """

    n: int
    filters: Filters
    exclude: Collection[int]
    steering: Steering
    reasons: int
    ranker: Ranker
    explained: bool


class RankResult(NamedTuple):
    """The model's list, best first.

    `reasons[i]` are the ratings that raise the score of movie i most, as (movie id, half stars, share of the score).
    `parts` are the parts of each score by movie id; empty unless the request is `explained`.
    """

    source: Source
    movie_ids: list[int]
    scores: list[float]
    stars: list[float]
    reasons: list[list[tuple[int, int, float]]]
    parts: dict[int, ScoreParts]


def recommend(
    user: User | AnonymousUser,
    *,
    n: int = 10,
    filters: Filters = NO_FILTERS,
    exclude: Collection[int] = (),
    steering: Steering = UNSTEERED,
    reasons: int = 2,
    ranker: Ranker = Ranker.SERVED,
    explained: bool = False,
    query: UserQuery | None = None,
) -> Recommendations:
    """Return the best `n` movies for a user, except those they have rated, seen or hidden and the ids in `exclude`.

    Visitors and members without ratings get popular movies. Each movie comes with up to `reasons` of the user's
    ratings that raised its score most. A caller that already has the user's `query` passes it on.
    """
    if not isinstance(user, User):
        return _popular(n, filters, exclude)
    query = query or user_query(user)
    exclude = {*exclude, *query.history.hidden, *(() if filters.include_seen else query.history.seen)}
    request = RankRequest(n, filters, exclude, steering or query.steering, reasons, ranker, explained)
    return replace(_recommend(query, request), arm=query.arm)


def recommend_for_ratings(
    ratings: Mapping[int, int],
    *,
    n: int = 10,
    filters: Filters = NO_FILTERS,
    exclude: Collection[int] = (),
    steering: Steering = UNSTEERED,
    reasons: int = 2,
    ranker: Ranker = Ranker.SERVED,
    explained: bool = False,
) -> Recommendations:
    """Return the best `n` movies for ratings that belong to no account: half stars by movie id."""
    query = UserQuery(None, UserHistory(Ratings.of(ratings.items())), active.current())
    return _recommend(query, RankRequest(n, filters, exclude, steering, reasons, ranker, explained))


def recommend_many(user_ids: Collection[int], *, n: int = 10) -> tuple[str | None, dict[int, ScoredMovies]]:
    """Return the version that answered and, by user id, lists of (movie id, score).

    Users that the model does not know have no list. Experiments do not apply.
    """
    model = active.current()
    lists = query_or_fallback(model, lambda model: lists_of_some(model, user_ids, n)) or {}
    return (model.name if model else None), lists


def least_rated_genre(history: UserHistory) -> int | None:
    """Return the id of the large genre that a user has rated least; None if no version serves."""

    def least_rated(model: ServingModel) -> int | None:
        rated = model.movies.ordinals(history.ratings.movie_ids, missing="drop")
        return model.facets.least_rated_genre(rated)

    return query_or_fallback(active.current(), least_rated)


def _recommend(query: UserQuery, request: RankRequest) -> Recommendations:
    result, movies = _ranked_movies(query, request)
    exclude = {*request.exclude, *query.history.ratings.movie_ids.tolist()}
    if query.model is None or result is None:
        metrics.fallbacks.labels("the model knows nothing of them" if query.model else "no version").inc()
        return _popular(request.n, request.filters, exclude)
    entries = _entries(result, movies, query.history.ratings)
    if len(entries) < request.n:
        # The model lacks movies that were added after it was trained.
        exclude.update(entry.movie.pk for entry in entries)
        entries += _popular(request.n - len(entries), request.filters, exclude).entries
    return Recommendations(entries, result.source, query.model.name)


def _ranked_movies(query: UserQuery, request: RankRequest) -> tuple[RankResult | None, dict[int, Movie]]:
    """Rank, and read the movies of the list and of its reasons; rank again without those that were deleted."""
    for _ in range(ROUNDS):
        result = query_or_fallback(query.model, lambda model: _rank(model, query, request))
        if query.model is None or result is None:
            return None, {}
        reason_ids = (movie_id for reasons in result.reasons for movie_id, _, _ in reasons)
        ids = {*result.movie_ids, *reason_ids}
        movies = selectors.in_bulk(ids)
        if len(movies) == len(ids):
            break
        find_deleted(query.model)
    return result, movies


def _rank(model: ServingModel, query: UserQuery, request: RankRequest) -> RankResult | None:
    """Rank with the model; None if it does not know the user."""
    ratings = query.history.ratings
    profile = model.profile(query.user_id, ratings)
    if profile is None:
        return None
    exclude = np.concatenate([ratings.movie_ids, np.fromiter(request.exclude, dtype=np.int64)])
    kind = "steered" if request.steering else "filtered" if request.filters else "plain"
    with metrics.timed_ranking(profile.source, kind):
        ranking = model.rank(
            profile.vector,
            request.n,
            exclude=exclude,
            filters=request.filters,
            steering=request.steering,
            ranker=request.ranker,
        )
    if kind == "plain":
        metrics.shadow(profile.vector, model.embeddings.items, ranking.ordinals, model.excluded(exclude))
    movie_ids = model.ids(ranking.ordinals).tolist()
    return RankResult(
        profile.source,
        movie_ids,
        ranking.scores.tolist(),
        model.predicted_stars(profile, ranking.ordinals).tolist(),
        model.reasons(profile, ranking.ordinals, request.reasons),
        model.score_parts(profile, movie_ids, EXPLAINED_RATINGS) if request.explained else {},
    )


def _entries(result: RankResult, movies: Mapping[int, Movie], ratings: Ratings) -> tuple[Entry, ...]:
    """Build the entries of the movies that the database still has."""
    explained = explanations(result.parts, movies, ratings) if result.parts else {}
    rows = zip(result.movie_ids, result.scores, result.stars, result.reasons, strict=True)
    return tuple(
        Entry(
            movies[pk],
            score,
            stars,
            tuple(Reason(movies[rated], half_stars, share) for rated, half_stars, share in reasons if rated in movies),
            explained.get(pk),
        )
        for pk, score, stars, reasons in rows
        if pk in movies
    )


def _popular(n: int, filters: Filters, exclude: Collection[int]) -> Recommendations:
    """Return the most rated movies, for users that the model does not know."""
    # Exclude in Python: databases limit the number of query parameters.
    ids = _filtered(filters).order_by("-rating_count", "pk").values_list("pk", flat=True)[: n + len(exclude)]
    eligible = [pk for pk in ids if pk not in exclude][:n]
    return Recommendations(tuple(Entry(movie) for movie in selectors.movies_by_id(eligible)), Source.POPULAR)


def _filtered(filters: Filters) -> QuerySet[Movie]:
    movies = Movie.objects.all()
    for genre in filters.genres:
        movies = movies.filter(genres=genre)
    limits = {"year__gte": filters.year_from, "year__lte": filters.year_to, "rating_count__gte": filters.min_ratings}
    return movies.filter(**{field: limit for field, limit in limits.items() if limit is not None})
