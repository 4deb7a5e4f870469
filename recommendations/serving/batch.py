"""The lists of many people at once, each the same as that person's own."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q
from numpy.typing import NDArray

from movies.models import HiddenMovie, Rating
from recommendations.engine.data.interactions import IdMap, Interactions, fingerprints
from recommendations.engine.ranking.bulk import rank_all
from recommendations.serving.model import ServingModel

ROWS_PER_FETCH = 20_000
Columns = NDArray[np.int64]
"""(4, m): user ids, movie ids, half stars and Unix seconds, ascending by user and movie."""

ScoredMovies = list[tuple[int, float]]


@dataclass(frozen=True)
class Lists:
    """For each user (m,) int64 the best movies' ids (m, n) int64, −1 where nothing is left, and scores (m, n)."""

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    scores: NDArray[np.float32]


def lists_of(model: ServingModel, first: int, end: int, n: int, *, threads: int = 1) -> Lists:
    """The best `n` for each user with an id from `first` to below `end` of whom the version knows a rating."""
    return _lists(model, Q(user_id__gte=first, user_id__lt=end), n, threads)


def lists_of_some(model: ServingModel, user_ids: Collection[int], n: int) -> dict[int, ScoredMovies]:
    """The best `n` for each of these users of whom the version knows a rating, as pairs of movie id and score."""
    found = _lists(model, Q(user_id__in=user_ids), n, 1)
    rows = zip(found.movie_ids.tolist(), found.scores.tolist(), strict=True)
    lines = [[(pk, score) for pk, score in zip(*row, strict=True) if pk >= 0] for row in rows]
    return dict(zip(found.user_ids.tolist(), lines, strict=True))


def _lists(model: ServingModel, who: Q, n: int, threads: int) -> Lists:
    rated = _ratings(who)
    places = model.movies.ordinals(rated[1], missing="mark")
    known = rated[:, places >= 0]
    users = IdMap.of(known[0])
    vectors = _vectors(model, users, rated, known)
    exclude = _rows(users, (known[0], places[places >= 0]), _hidden(model, who))
    blocks = list(rank_all(model.ranker, vectors, n, exclude=exclude, threads=threads))
    ordinals = np.concatenate([np.empty((0, n), np.int32), *(block.ordinals for block in blocks)])
    scores = np.concatenate([np.empty((0, n), np.float32), *(block.scores for block in blocks)])
    return Lists(users.ids, np.where(ordinals < 0, -1, model.ids(ordinals)), scores)


def _ratings(who: Q) -> Columns:
    found = Rating.objects.filter(who).order_by("user_id", "movie_id")
    seconds = ExpressionWrapper(F("rated_at"), BigIntegerField())
    return _columns(found.values_list("user_id", "movie_id", "half_stars", seconds).iterator(ROWS_PER_FETCH), 4)


def _hidden(model: ServingModel, who: Q) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Whose, and the ordinals of, the movies that users do not want to see."""
    found = HiddenMovie.objects.filter(who)
    user_ids, movie_ids = _columns(found.values_list("user_id", "movie_id").iterator(ROWS_PER_FETCH), 2)
    ordinals = model.movies.ordinals(movie_ids, missing="mark")
    return user_ids[ordinals >= 0], ordinals[ordinals >= 0]


def _columns(rows: Iterable[tuple[int, ...]], width: int) -> NDArray[np.int64]:
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, width).T


def _vectors(model: ServingModel, users: IdMap, rated: Columns, known: Columns) -> NDArray[np.float32]:
    """As `ServingModel.person` chooses them: trained where the ratings are those of the training, else folded in."""
    vectors = model.fold_in.vectors(_interactions(known, users, model.movies))
    marks = fingerprints(_interactions(rated, IdMap.of(rated[0]), IdMap.of(rated[1])))
    marks = marks[np.isin(np.unique(rated[0]), users.ids, assume_unique=True)]
    places = model.users.ordinals(users.ids, missing="mark")
    trained = (places >= 0) & (model.fingerprints[places] == marks) if len(model.users) else places >= 0
    vectors[trained] = model.embeddings.users[places[trained]]
    return vectors


def _interactions(rated: Columns, users: IdMap, movies: IdMap) -> Interactions:
    return Interactions.from_columns(*rated, users=users, items=movies)


def _rows(
    users: IdMap, *pairs: tuple[NDArray[np.int64], NDArray[np.int32]]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Pairs of user ids and ordinals as rows by user, as in a CSR matrix; pairs of other users are left out."""
    rows = users.ordinals(np.concatenate([user_ids for user_ids, _ in pairs]), missing="mark")
    ordinals = np.concatenate([ordinals for _, ordinals in pairs])
    order = np.argsort(rows, kind="stable")[np.count_nonzero(rows < 0) :]
    counts = np.bincount(rows[order], minlength=len(users))
    return np.concatenate([[0], np.cumsum(counts)]), ordinals[order]
