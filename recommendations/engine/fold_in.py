"""A vector for somebody from their ratings alone, against frozen item vectors, without training."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.interactions import Interactions

RIDGE = 0.2
"""Penalty of the map, as a share of the mean square of what is mapped."""


def rating_weights(so_so: float) -> NDArray[np.float32]:
    """(11,) float32: what a rating counts by its half stars; 1 from 4 stars on, `so_so` for 3 and 3.5 stars."""
    return np.array((0, 0, 0, 0, 0, 0, so_so, so_so, 1, 1, 1), np.float32)


@dataclass(frozen=True, eq=False)
class FoldIn:
    """u = prior + Σ w(half stars) · row(item) / √n: linear in the ratings, given their number n.

    So every rating's part of the vector, and of each score, is exact; taking a rating away takes its part away.

    Attributes
    ----------
    rows : (n_items, d + 2) float32
        What an item brings to the vector of somebody who likes it; 0 in the last column.
    weights : (11,) float32
        By half stars; 0 is no rating.
    prior : (d + 2,) float32
        The vector of somebody without ratings, with 1 in the last column.
    """

    rows: NDArray[np.float32]
    weights: NDArray[np.float32]
    prior: NDArray[np.float32]

    def vector(self, ordinals: ArrayLike, half_stars: ArrayLike) -> NDArray[np.float32]:
        """`[u, b_u, 1]` of somebody with these ratings.

        Parameters
        ----------
        ordinals : (m,) int
            Items rated; m may be 0.
        half_stars : (m,) int
            1 … 10.

        Returns
        -------
        (d + 2,) float32
        """
        return (self.prior + self.contributions(ordinals, half_stars).sum(axis=0, dtype=np.float64)).astype(np.float32)

    def contributions(self, ordinals: ArrayLike, half_stars: ArrayLike) -> NDArray[np.float32]:
        """What each rating adds to the prior; the parameters of `vector`, one row of (m, d + 2) float32 a rating.

        Raises
        ------
        ValueError
            When a rating is not 1 … 10 half stars, or of an item outside the catalogue.
        """
        ordinals, half_stars = np.asarray(ordinals, np.int64), np.asarray(half_stars, np.int64)
        if len(ordinals) != len(half_stars):
            raise ValueError(f"{len(ordinals)} items and {len(half_stars)} ratings are given; they must pair up")
        if len(ordinals) and not (ordinals.min() >= 0 and ordinals.max() < len(self.rows)):
            raise ValueError(f"a rating is of an item outside 0 … {len(self.rows) - 1}")
        if len(ordinals) and not (half_stars.min() >= 1 and half_stars.max() <= 10):
            raise ValueError("a rating is outside 1 … 10 half stars")
        scale = self.weights[half_stars] / np.float32(np.sqrt(max(len(ordinals), 1)))
        return self.rows[ordinals] * scale[:, None]

    def vectors(self, interactions: Interactions) -> NDArray[np.float32]:
        """`vector` of every user of `interactions`; (n_users, d + 2) float32."""
        return (self.prior + weighted(interactions, self.weights) @ self.rows).astype(np.float32)

    @classmethod
    def fit(
        cls,
        interactions: Interactions,
        users: NDArray[np.float32],
        items: NDArray[np.float32],
        weights: NDArray[np.float32],
    ) -> Self:
        """The linear map from item vectors to trained user vectors, by ridge regression on the trained users.

        Parameters
        ----------
        interactions : Interactions
            What the users were trained on.
        users, items : (n, d + 1) float32
            `[u, b_u]` and `[v, b_v]`.
        weights : (11,) float32
            What a rating counts by its half stars.
        """
        rated = np.diff(interactions.indptr) > 0
        told = (weighted(interactions, weights) @ items)[rated].astype(np.float64)
        trained = users[rated].astype(np.float64)
        if not len(told):
            told, trained = np.zeros((1, items.shape[1])), np.zeros((1, items.shape[1]))
        mean_told, mean_trained = told.mean(axis=0), trained.mean(axis=0)
        told, trained = told - mean_told, trained - mean_trained
        gram = told.T @ told
        gram[np.diag_indices_from(gram)] += RIDGE * max(gram.trace() / len(gram), 1e-12)
        linear = np.linalg.solve(gram, told.T @ trained)
        prior = mean_trained - mean_told @ linear
        return cls(_padded(items @ linear, 0), weights, _padded(prior[None], 1)[0])

    def joined(self, rows: NDArray[np.float32], to: NDArray[np.float64]) -> Self:
        """The fold-in of a model joined with one whose fold-in is linear, after both were mapped together.

        Parameters
        ----------
        rows : (n_items, e) float32
            What an item brings to the other model's vector.
        to : (d + e, c) float64
            What vectors of this model beside vectors of the other (without biases) are multiplied by.
        """
        brought = np.column_stack([self.rows[:, :-2], rows]) @ to
        prior = np.concatenate([self.prior[:-2], np.zeros(rows.shape[1])]) @ to
        return type(self)(
            np.column_stack([brought, self.rows[:, -2:]]).astype(np.float32),
            self.weights,
            np.concatenate([prior, self.prior[-2:]]).astype(np.float32),
        )

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` needs, to be kept with a version."""
        return {"rows": self.rows, "weights": self.weights, "prior": self.prior}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The reverse of `arrays`."""
        return cls(arrays["rows"], arrays["weights"], arrays["prior"])


def weighted(interactions: Interactions, weights: NDArray[np.float32]) -> Any:
    """(n_users, n_items) csr_matrix of w(half stars) / √n."""
    counts = np.maximum(np.diff(interactions.indptr), 1)
    scale = np.sqrt(1 / counts).astype(np.float32)[interactions.user_ordinals]
    return interactions.matrix(weights[interactions.half_stars] * scale)


def _padded(vectors: NDArray[np.floating], last: float) -> NDArray[np.float32]:
    return np.column_stack([vectors, np.full(len(vectors), last)]).astype(np.float32)
