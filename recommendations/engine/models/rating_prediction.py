"""Rating prediction by an item neighbourhood model on the ranking model's similarities.

A LightFM score ranks and is not a rating, but its vectors express how similar movies are. Let μ be the mean rating, b_i
and b_u the offsets of the movie and the user from it (each shrunk towards 0), and e_uj the residual of user u's rating
of movie j beyond μ + b_u + b_j. The prediction for movie i is


    c₀ + c₁ b_u + c₂ b_i + c₃ Σ_j w_ij e_uj / (SHRINKAGE + Σ_j w_ij)        w_ij = max(0, cos(v_i, v_j))^SHARPNESS

over the movies j that the user rated: a neighbourhood model (Koren, "Factor in the neighbors", 2010) whose similarities
come from the embeddings. The four c are fitted by ridge regression on ratings that no other part has seen.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions

OFFSET_SHRINKAGE = 2.0
"""Number of pseudo ratings at the mean that every user and movie starts with."""
SHRINKAGE = 1.0
SHARPNESS = 6
ROUNDS = 5
LOWEST, HIGHEST = 0.5, 5.0


@dataclass(frozen=True, eq=False)
class RatingPredictor:
    """Predicts the rating that a user would give a movie.

    Attributes
    ----------
    mean : () float64
        μ, in stars.
    offsets : (n_items,) float32
        b_i, in stars.
    coefficients : (4,) float64
        c₀ … c₃.
    """

    mean: NDArray[np.float64]
    offsets: NDArray[np.float32]
    coefficients: NDArray[np.float64]

    @classmethod
    def of(cls, interactions: Interactions) -> Self:
        """Fit μ and b_i to these ratings; the coefficients add up the parts unchanged.

        b_i and b_u are fitted alternately, each to the other's residuals.
        """
        stars = interactions.half_stars / 2
        users, items = interactions.user_ordinals, interactions.ordinals
        mean = stars.mean() if len(stars) else (LOWEST + HIGHEST) / 2
        user_offsets, item_offsets = np.zeros(interactions.n_users), np.zeros(interactions.n_items)
        for _ in range(ROUNDS):
            item_offsets = _shrunk_means(items, stars - mean - user_offsets[users], interactions.n_items)
            user_offsets = _shrunk_means(users, stars - mean - item_offsets[items], interactions.n_users)
        return cls(np.asarray(mean), item_offsets.astype(np.float32), np.array([mean, 1.0, 1.0, 1.0]))

    def with_offsets_of(self, interactions: Interactions) -> Self:
        """Keep the coefficients, and refit μ and b_i to other ratings of the same movies."""
        refitted = type(self).of(interactions)
        return replace(self, mean=refitted.mean, offsets=refitted.offsets)

    def predict(
        self,
        directions: NDArray[np.float32],
        rated: NDArray[np.int32],
        half_stars: NDArray[np.int8],
        ordinals: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        """Predict the ratings, in stars, that a user would give some movies.

        Parameters
        ----------
        directions : (n_items, d) float32
            `similarity.directions`.
        rated : (r,) int32
            The movies that the user rated; r may be 0.
        half_stars : (r,) int8
        ordinals : (m,) int32
            The movies to predict for, none of them among `rated`.

        Returns
        -------
        (m,) float64
            0.5 … 5.
        """
        features = self.features(directions, rated, half_stars, ordinals)
        return np.clip(features @ self.coefficients, LOWEST, HIGHEST)

    def features(
        self,
        directions: NDArray[np.float32],
        rated: NDArray[np.int32],
        half_stars: NDArray[np.int8],
        ordinals: NDArray[np.int32],
    ) -> NDArray[np.float64]:
        """(m, 4) float64: the features that c₀ … c₃ multiply; the parameters are those of `predict`."""
        residuals = half_stars / 2 - self.mean - self.offsets[rated]
        user_offset = residuals.sum() / (OFFSET_SHRINKAGE + len(residuals))
        weights = np.maximum(directions[ordinals] @ directions[rated].T, 0).astype(np.float64) ** SHARPNESS
        neighbours = weights @ (residuals - user_offset) / (SHRINKAGE + weights.sum(axis=1))
        ones = np.ones(len(ordinals))
        return np.column_stack([ones, user_offset * ones, self.offsets[ordinals], neighbours])


def _shrunk_means(groups: NDArray[np.int32], values: NDArray[np.float64], n_groups: int) -> NDArray[np.float64]:
    counts = np.bincount(groups, minlength=n_groups)
    return np.bincount(groups, values, n_groups) / (OFFSET_SHRINKAGE + counts)
