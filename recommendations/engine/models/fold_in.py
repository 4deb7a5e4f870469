"""Fold-in: a user's vector as a linear function of their ratings, against frozen item vectors, without training."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.rating_weights import history_shares, weighted_counts, weighted_ratings
from recommendations.engine.models.time_drift import period_weights

LONG_HISTORY_RATINGS = 10
"""Number of ratings above which the long-history rows outweigh the single- and short-history rows."""
SHORT_HISTORY_RATINGS = 2.5
"""Number of ratings above which the short-history rows outweigh the single-history rows.

A larger value makes lists for few likes more accurate but more alike. With this value and `LONG_HISTORY_RATINGS`, such
lists are more accurate than those of EASE and ALS and cover about as many movies as EASE's, for held-out users inside
the training parts of ml-100k and ml-latest-small.
"""


@dataclass(frozen=True, eq=False)
class FoldIn:
    """u = s (prior + Σ w long_rowᵢ) + (1 − s) (neutral + period + Σ w (h single_rowᵢ + (1 − h) short_rowᵢ))

    n is the number of ratings with a weight, s = n² / (n² + `LONG_HISTORY_RATINGS`²), and
    h = `SHORT_HISTORY_RATINGS`² / (n² + `SHORT_HISTORY_RATINGS`²). w is a rating's weight by its half stars, times
    (1 − `RECENCY_FADE` · rank / n) / √n, where the newest rating has rank 0. period is that of the newest rating,
    interpolated between the two nearest centers. Until the user likes something,
    u = average + period + Σ w long_rowᵢ.

    Given n and the timestamps, u is linear in the ratings, so the contribution of each rating to the vector, and to
    each score, is exact. After many ratings, the rows learned from whole histories predict best. After a few, they
    would predict the same popular movies for every user; what co-occurs with the liked movies, and with the time of
    rating, is more accurate and more varied. For a single like, the best predictor is what many users like together
    with it; for several, what users like together with them more than with other movies.

    Attributes
    ----------
    long_history_rows, single_history_rows, short_history_rows : (n_items, d + 2) float32
        What a like of an item adds to the vector; 0 in the last column.
    weights : (11,) float32
        By half stars; index 0 is no rating, and ratings of weight 0 do not count.
    prior : (d + 2,) float32
        Intercept of `long_history_rows`; 1 in the last column, like every vector.
    average : (d + 2,) float32
        Mean of all users.
    neutral : (d + 2,) float32
        A vector under which all items score the same, whatever their biases.
    periods : (T, d + 2) float32
        What each period adds to the vector; 0 in the last column.
    period_centers : (T,) int64
        Centers of the periods, ascending Unix seconds. Users without ratings belong to the last period.
    """

    long_history_rows: NDArray[np.float32]
    single_history_rows: NDArray[np.float32]
    short_history_rows: NDArray[np.float32]
    weights: NDArray[np.float32]
    prior: NDArray[np.float32]
    average: NDArray[np.float32]
    neutral: NDArray[np.float32]
    periods: NDArray[np.float32]
    period_centers: NDArray[np.int64]

    def vector(self, ordinals: ArrayLike, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """`[u, b_u, 1]` of a user with these ratings.

        Parameters
        ----------
        ordinals : (m,) int
            The rated items; m may be 0.
        half_stars : (m,) int
            1 … 10.
        timestamps : (m,) int
            Unix seconds.

        Returns
        -------
        (d + 2,) float32

        Raises
        ------
        ValueError
            When a rating is not 1 … 10 half stars, or of an item outside the catalogue.
        """
        total = self.contributions(ordinals, half_stars, timestamps).sum(axis=0, dtype=np.float64)
        vector = np.asarray(self.base(half_stars, timestamps) + total, np.float32)
        vector[-1] = 1
        return vector

    def base(self, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """(d + 2,) float32: the part of the vector that is not attributed to any single rating."""
        counted = self.weights[np.asarray(half_stars, np.int64)]
        times = np.asarray(timestamps, np.int64)
        (period,) = self._period_vectors([times.max() if len(times) else self.period_centers[-1]])
        if not (counted > 0).any():
            return self.average + period
        long, _, _ = _row_shares(np.array(np.count_nonzero(counted)), np.array(True))
        return np.asarray(long * self.prior + (1 - long) * (self.neutral + period), np.float32)

    def contributions(self, ordinals: ArrayLike, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """(m, d + 2) float32: what each rating adds to the base; the parameters are those of `vector`.

        Raises
        ------
        ValueError
            When a rating is not 1 … 10 half stars, or of an item outside the catalogue.
        """
        ordinals, half_stars, timestamps = (
            np.asarray(column, np.int64) for column in (ordinals, half_stars, timestamps)
        )
        if not len(ordinals) == len(half_stars) == len(timestamps):
            lengths = len(ordinals), len(half_stars), len(timestamps)
            raise ValueError("there are {} items, {} ratings and {} timestamps; they must agree".format(*lengths))
        if len(ordinals) and not (ordinals.min() >= 0 and ordinals.max() < len(self.long_history_rows)):
            raise ValueError(f"a rating is of an item outside 0 … {len(self.long_history_rows) - 1}")
        if len(ordinals) and not (half_stars.min() >= 1 and half_stars.max() <= 10):
            raise ValueError("a rating is outside 1 … 10 half stars")
        shares = self.weights[half_stars]
        counts = shares != 0
        n = np.count_nonzero(counts)
        long, single, short = _row_shares(np.array(n), (shares > 0).any())
        shares[counts] = history_shares(shares[counts], np.zeros(n, np.int64), timestamps[counts])
        rows = (
            long * self.long_history_rows[ordinals]
            + single * self.single_history_rows[ordinals]
            + short * self.short_history_rows[ordinals]
        )
        return np.asarray(rows * shares[:, None], np.float32)

    def vectors(self, interactions: Interactions, trained: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """(n_users, d + 2) float32: `vector` of every user of `interactions`.

        Parameters
        ----------
        interactions : Interactions
        trained : (n_users, d + 2) float32, optional
            Vectors trained on these ratings; they replace the part of the `long_history_rows`.
        """
        ratings = weighted_ratings(interactions, self.weights)
        n = weighted_counts(interactions, self.weights)
        liked = weighted_counts(interactions, np.maximum(self.weights, 0)) > 0
        long, single, short = (share[:, None] for share in _row_shares(n, liked))
        if trained is None:
            long_history = np.where(liked[:, None], self.prior, self.average) + ratings @ self.long_history_rows
        else:
            long_history = np.where(n[:, None] > 0, trained, self.average)
        few = single * (ratings @ self.single_history_rows) + short * (ratings @ self.short_history_rows)
        last_rated = _last_rated(interactions, self.period_centers[-1])
        period = np.where(liked[:, None], 1 - long, 1) * self._period_vectors(last_rated)
        vectors = np.asarray(long * long_history + (1 - long) * self.neutral + few + period, np.float32)
        vectors[:, -1] = 1
        return vectors

    def _period_vectors(self, timestamps: ArrayLike) -> NDArray[np.float32]:
        return period_weights(self.period_centers, timestamps) @ self.periods

    @classmethod
    def build(
        cls,
        weights: NDArray[np.float32],
        *,
        long_history_rows: NDArray[np.float32],
        single_history_rows: NDArray[np.float32],
        short_history_rows: NDArray[np.float32],
        prior: NDArray[np.float32],
        average: NDArray[np.float32],
        neutral: NDArray[np.float32],
        periods: NDArray[np.float32] | None = None,
        period_centers: NDArray[np.int64] | None = None,
    ) -> Self:
        """Build from arrays that lack the last column: 0 for rows and periods, 1 for complete vectors.

        Without `periods` and `period_centers` the time of a rating has no effect.
        """
        periods = np.zeros_like(average[None]) if periods is None else periods
        terms = {
            "long_history_rows": long_history_rows,
            "single_history_rows": single_history_rows,
            "short_history_rows": short_history_rows,
            "periods": periods,
        }
        vectors = {"prior": prior, "average": average, "neutral": neutral}
        return cls(
            weights=weights,
            period_centers=np.zeros(1, np.int64) if period_centers is None else period_centers,
            **{name: _append_column(array, 0) for name, array in terms.items()},
            **{name: _append_column(array, 1) for name, array in vectors.items()},
        )


def _row_shares(
    n: NDArray[np.integer], liked: NDArray[np.bool_] | np.bool_
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The weights of `long_history_rows`, `single_history_rows` and `short_history_rows` for n ratings, shaped as n."""
    squares = np.square(n, dtype=np.float32)
    long = np.where(liked, squares / (squares + np.float32(LONG_HISTORY_RATINGS**2)), np.float32(1))
    single = np.float32(SHORT_HISTORY_RATINGS**2) / (squares + np.float32(SHORT_HISTORY_RATINGS**2))
    return long, (1 - long) * single, (1 - long) * (1 - single)


def _last_rated(interactions: Interactions, default: np.int64) -> NDArray[np.int64]:
    """(n_users,) int64: the timestamp of each user's latest rating; `default` for users without ratings."""
    latest = np.full(interactions.n_users, default)
    rated = np.diff(interactions.indptr) > 0
    if rated.any():
        latest[rated] = np.maximum.reduceat(interactions.timestamps, interactions.indptr[:-1][rated])
    return latest


def _append_column(vectors: NDArray[np.floating], value: float) -> NDArray[np.float32]:
    return np.concatenate([vectors, np.full((*vectors.shape[:-1], 1), value)], axis=-1).astype(np.float32)
