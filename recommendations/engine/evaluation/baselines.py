"""Baseline recommenders, each tuned on the same validation slice as our model.

A baseline scores rows of a users-by-items matrix, so it can also score users that it was not fitted to.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags_array

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import Split
from recommendations.engine.evaluation.evaluate import Scorer, ndcg_at_10
from recommendations.engine.models.ease import EXACT_SIZE, EaseSettings, ease, solve

Rows = csr_matrix
ScoreRows = Callable[[Rows], NDArray[np.float32]]
"""Maps (m, n_items) rows of weighted ratings to (m, n_items) scores of all items."""
Fit = Callable[..., ScoreRows]
"""`fit(rows, **parameters)` returns a `ScoreRows`."""
WEIGHTS: Mapping[str, Sequence[float]] = {
    "likes": (0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1),
    "likes and half": (0, 0, 0, 0, 0, 0, 0.5, 0.5, 1, 1, 1),
    "all alike": (0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1),
}
"""Matrix entries of ratings by half stars, by the name of the weighting."""


@dataclass(frozen=True)
class Baseline:
    """A baseline and the parameter grid that it is tuned over.

    Attributes
    ----------
    fit : callable
    grid : mapping of str to sequence
        Parameters of `fit`, and "weights", a name of `WEIGHTS`; all combinations are tried.
    """

    fit: Fit
    grid: Mapping[str, Sequence[Any]]

    @property
    def settings(self) -> Iterator[dict[str, Any]]:
        """All combinations of the grid's parameters."""
        return (dict(zip(self.grid, values, strict=True)) for values in product(*self.grid.values()))

    def tune(self, split: Split, *, max_users: int | None = None) -> dict[str, Any]:
        """Return the parameters with the best NDCG@10 on the split's test part."""
        return max(
            self.settings,
            key=lambda setting: ndcg_at_10(self.scorer(split.train, setting), split, max_users=max_users),
        )

    def scorer(self, train: Interactions, setting: Mapping[str, Any], known: Interactions | None = None) -> Scorer:
        """Fit to `train`, and return a scorer of its users, or of the users of `known`."""
        parameters = dict(setting)
        weights = np.asarray(WEIGHTS[parameters.pop("weights")], np.float32)
        score = self.fit(_rows(train, weights), **parameters)
        rows = _rows(train if known is None else known, weights)
        return lambda users: score(rows[users])


def fit_popularity(rows: Rows) -> ScoreRows:
    """Popularity: the same scores for every user."""
    sums = np.asarray(rows.sum(axis=0), np.float32).ravel()
    return lambda queries: np.tile(sums, (queries.shape[0], 1))


def fit_ease(rows: Rows, *, ridge: float, popularity_ridge: float) -> ScoreRows:
    """EASE (Steck 2019) without approximation; data with many users and many items needs an items-by-items matrix."""
    if min(rows.shape) <= EXACT_SIZE:
        vectors, items = solve(rows, EaseSettings(ridge, popularity_ridge))
        return lambda queries: (queries @ vectors) @ items.T
    gram = (rows.T @ rows).toarray().astype(np.float32)
    diagonal = np.diag_indices_from(gram)
    gram[diagonal] += ridge + popularity_ridge * gram[diagonal]
    inverse = np.linalg.inv(gram)
    weights = inverse / -inverse[diagonal]
    weights[diagonal] = 0
    return lambda queries: np.asarray(queries @ weights, np.float32)


def fit_item_knn(rows: Rows, *, neighbours: int, shrink: float) -> ScoreRows:
    """Item-kNN: shrunk cosine between the items' columns of BM25-weighted ratings, nearest neighbours only."""
    weighted = _bm25(rows)
    lengths = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=0), np.float64)).ravel()
    likeness = (weighted.T @ weighted).toarray().astype(np.float32)
    likeness /= np.outer(lengths, lengths) + shrink + 1e-9
    np.fill_diagonal(likeness, 0)
    if neighbours < len(likeness):
        cut = np.partition(likeness, -neighbours, axis=0)[-neighbours]
        likeness[likeness < cut] = 0
    kept = csr_matrix(likeness)
    return lambda queries: (queries @ kept).toarray()


def fit_pure_svd(rows: Rows, *, dimension: int) -> ScoreRows:
    """PureSVD: projection onto the leading singular vectors (Cremonesi, Koren and Turrin 2010)."""
    dense = rows.toarray() if rows.shape[0] <= rows.shape[1] else rows.T.toarray()
    values, left = np.linalg.eigh(dense @ dense.T)
    best = np.argsort(-values)[:dimension]
    if rows.shape[0] > rows.shape[1]:
        vectors = left[:, best]
    else:
        vectors = (dense.T @ left[:, best]) / np.sqrt(np.maximum(values[best], 1e-9))
    return lambda queries: np.asarray((queries @ vectors) @ vectors.T, np.float32)


def _bm25(rows: Rows, k1: float = 100.0, b: float = 0.8) -> Rows:
    frequencies = np.maximum(np.bincount(rows.indices, minlength=rows.shape[1]), 1)
    rarity = np.log(rows.shape[0]) - np.log1p(frequencies)
    lengths = np.asarray(rows.sum(axis=1), np.float64).ravel()
    normal = (1 - b) + b * lengths / max(lengths.mean(), 1e-9)
    result = rows.tocoo()
    result.data = result.data * (k1 + 1) / (k1 * normal[result.row] + result.data)
    return csr_matrix(result @ diags_array(np.maximum(rarity, 0.1)))


def _rows(interactions: Interactions, weights: NDArray[np.float32]) -> Rows:
    return interactions.matrix(weights[interactions.half_stars])


DEFAULT_WEIGHTINGS = ("likes and half", "likes")
BASELINES: Mapping[str, Baseline] = {
    "popularity": Baseline(fit_popularity, {"weights": ("all alike",)}),
    "EASE": Baseline(
        fit_ease, {"weights": DEFAULT_WEIGHTINGS, "ridge": (100.0, 200.0, 400.0), "popularity_ridge": (0.3,)}
    ),
    "item-kNN": Baseline(fit_item_knn, {"weights": DEFAULT_WEIGHTINGS, "neighbours": (50, 200), "shrink": (10.0,)}),
    "PureSVD": Baseline(fit_pure_svd, {"weights": DEFAULT_WEIGHTINGS, "dimension": (32, 64)}),
}


def ease_alone(interactions: Interactions, settings: EaseSettings, weights: NDArray[np.float32]) -> Scorer:
    """EASE without LightFM, evaluated beside the joined model."""
    factors = ease(interactions, weights, settings).factors
    return lambda users: factors.users[users] @ factors.items.T
