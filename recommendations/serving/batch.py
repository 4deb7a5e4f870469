"""Rank for many users at once; each list equals the one that the user gets alone."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain

import numpy as np
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q
from numpy.typing import NDArray

from movies import selectors
from movies.models import HiddenMovie, Rating, SeenMovie
from recommendations.engine.data.interactions import IdMap, Interactions, fingerprints
from recommendations.engine.ranking.bulk import rank_all
from recommendations.serving.model import ServingModel
from recommendations.serving.query import find_deleted

ROWS_PER_FETCH = 20_000
Columns = NDArray[np.int64]
"""(4, m): user ids, movie ids, half stars and Unix seconds, ascending by user and movie."""

ScoredMovies = list[tuple[int, float]]


@dataclass(frozen=True)
class Lists:
    """The top n of m users.

    `user_ids` (m,) int64; `movie_ids` (m, n) int64, best first, −1 where no movie is left; `scores` (m, n) float32.
    """

    user_ids: NDArray[np.int64]
    movie_ids: NDArray[np.int64]
    scores: NDArray[np.float32]


def lists_of(model: ServingModel, first: int, end: int, n: int, *, threads: int = 1) -> Lists:
    """Return the top `n` of each user with an id in [first, end) and a rating that the version knows."""
    return _lists(model, Q(user_id__gte=first, user_id__lt=end), n, threads)


def lists_of_some(model: ServingModel, user_ids: Collection[int], n: int) -> dict[int, ScoredMovies]:
    """Return (movie id, score) pairs, best first, for each of these users with a rating that the version knows."""
    lists = _lists(model, Q(user_id__in=user_ids), n, 1)
    rows = zip(lists.movie_ids.tolist(), lists.scores.tolist(), strict=True)
    scored = [[(pk, score) for pk, score in zip(*row, strict=True) if pk >= 0] for row in rows]
    return dict(zip(lists.user_ids.tolist(), scored, strict=True))


def _lists(model: ServingModel, users_filter: Q, n: int, threads: int) -> Lists:
    rated = _ratings(users_filter)
    ordinals = model.movies.ordinals(rated[1], missing="mark")
    known = rated[:, ordinals >= 0]
    users = IdMap.of(known[0])
    vectors = _vectors(model, users, rated, known)
    exclude = _csr_rows(users, (known[0], ordinals[ordinals >= 0]), _withheld(model, users_filter))
    blocks = list(rank_all(model.ranker, vectors, n, exclude=exclude, threads=threads))
    best = np.concatenate([np.empty((0, n), np.int32), *(block.ordinals for block in blocks)])
    scores = np.concatenate([np.empty((0, n), np.float32), *(block.scores for block in blocks)])
    _fill_deleted(model, vectors, exclude, best, scores)
    return Lists(users.ids, np.where(best < 0, -1, model.ids(best)), scores)


def _fill_deleted(
    model: ServingModel,
    vectors: NDArray[np.float32],
    exclude: tuple[NDArray[np.int64], NDArray[np.int32]],
    best: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> None:
    """Rank the lists that name deleted movies again without them, in place."""
    listed = model.ids(np.unique(best[best >= 0]))
    if len(selectors.existing_ids(listed.tolist())) == len(listed):
        return
    deleted = find_deleted(model)
    indptr, ordinals = exclude
    for row in np.flatnonzero(np.isin(best, deleted).any(axis=1)):
        excluded = np.concatenate([ordinals[indptr[row] : indptr[row + 1]], deleted])
        ranking = model.ranker.rank(vectors[row], best.shape[1], exclude=excluded)
        best[row, : len(ranking)], best[row, len(ranking) :] = ranking.ordinals, -1
        scores[row, : len(ranking)], scores[row, len(ranking) :] = ranking.scores, -np.inf


def _ratings(users_filter: Q) -> Columns:
    ratings = Rating.objects.filter(users_filter).order_by("user_id", "movie_id")
    seconds = ExpressionWrapper(F("rated_at"), BigIntegerField())
    return _columns(ratings.values_list("user_id", "movie_id", "half_stars", seconds).iterator(ROWS_PER_FETCH), 4)


def _withheld(model: ServingModel, users_filter: Q) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Read hidden and seen movies as pairs of user id and ordinal."""
    rows = (list_.objects.filter(users_filter).values_list("user_id", "movie_id") for list_ in (HiddenMovie, SeenMovie))
    user_ids, movie_ids = _columns(chain.from_iterable(row.iterator(ROWS_PER_FETCH) for row in rows), 2)
    ordinals = model.movies.ordinals(movie_ids, missing="mark")
    return user_ids[ordinals >= 0], ordinals[ordinals >= 0]


def _columns(rows: Iterable[tuple[int, ...]], width: int) -> NDArray[np.int64]:
    return np.fromiter(chain.from_iterable(rows), dtype=np.int64).reshape(-1, width).T


def _vectors(model: ServingModel, users: IdMap, rated: Columns, known: Columns) -> NDArray[np.float32]:
    """Choose vectors as `ServingModel.profile` does: trained if the ratings have not changed since, else folded in."""
    vectors = model.fold_in.vectors(_interactions(known, users, model.movies))
    current = fingerprints(_interactions(rated, IdMap.of(rated[0]), IdMap.of(rated[1])))
    current = current[np.isin(np.unique(rated[0]), users.ids, assume_unique=True)]
    ordinals = model.users.ordinals(users.ids, missing="mark")
    trained = (ordinals >= 0) & (model.fingerprints[ordinals] == current) if len(model.users) else ordinals >= 0
    vectors[trained] = model.embeddings.users[ordinals[trained]]
    return vectors


def _interactions(rated: Columns, users: IdMap, movies: IdMap) -> Interactions:
    return Interactions.from_columns(*rated, users=users, items=movies)


def _csr_rows(
    users: IdMap, *pairs: tuple[NDArray[np.int64], NDArray[np.int32]]
) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Group pairs of user id and ordinal by user, as CSR row pointers and columns; drop pairs of other users."""
    rows = users.ordinals(np.concatenate([user_ids for user_ids, _ in pairs]), missing="mark")
    ordinals = np.concatenate([ordinals for _, ordinals in pairs])
    order = np.argsort(rows, kind="stable")[np.count_nonzero(rows < 0) :]
    counts = np.bincount(rows[order], minlength=len(users))
    return np.concatenate([[0], np.cumsum(counts)]), ordinals[order]
