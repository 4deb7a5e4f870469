"""A vector for somebody from their ratings alone, against frozen item vectors, without training."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import places_by_age
from recommendations.engine.models.time_drift import period_weights

RIDGE = 0.03
"""Penalty of the map from ratings to trained vectors, as a share of the mean square of what is mapped."""
FADE = 0.3
"""How much less than the newest of somebody's ratings the oldest counts.

More would foretell still better what somebody likes next, and worse what else they have liked at any time.
"""
LONG = 10
"""Ratings from which on what whole histories tell counts more than what a few ratings tell."""
SHORT = 2.5
"""Ratings from which on what was liked with them above all counts more than what was liked with them by many.

More makes lists for few likes more accurate and more alike.  With this, and `LONG`, they are more accurate than those
of EASE and ALS, and about as many movies are in them as in those of EASE: held-out users inside the training parts of
ml-100k and ml-latest-small.
"""
DISLIKE = -0.05
"""What a rating of 2 stars or less counts: little, for what people chose to see tells more than that it failed; but
it shall be seen that they said so."""


def rating_weights(so_so: float, grade: float) -> NDArray[np.float32]:
    """(11,) float32: what a rating counts by its half stars.

    Likes are 1 − `grade` for 4 stars, 1 for 4.5 and 1 + `grade` for 5; 3 and 3.5 stars are `so_so` times the first
    and the last of these, 2.5 stars nothing, and up to 2 stars `DISLIKE`.
    """
    less, more = 1 - grade, 1 + grade
    return np.array((0, *[DISLIKE] * 4, 0, so_so * less, so_so * more, less, 1, more), np.float32)


@dataclass(frozen=True, eq=False)
class FoldIn:
    """u = s (prior + Σ w rowᵢ) + (1 − s) (neutral + period + Σ w (h first_rowᵢ + (1 − h) short_rowᵢ))

    with n the number of ratings that count, s = n² / (n² + `LONG`²), h = `SHORT`² / (n² + `SHORT`²), and w what a
    rating counts by its half stars, times (1 − `FADE` · place / n) / √n, the newest rating at place 0; period is that
    of the newest rating, interpolated between two centers.  Until somebody has liked something,
    u = average + period + Σ w rowᵢ.

    Given n and the times it is linear in the ratings, so every rating's part of the vector, and of each score, is
    exact.  After many ratings, what was learned of whole histories tells best what comes next.  After a few it would
    foretell the same well-known movies to everybody; better, and more varied, is what goes with the movies liked, and
    with the time.  Of one like that is what was liked with it by many; of more of them, what was liked with them more
    than with others.

    Attributes
    ----------
    long_history_rows, single_history_rows, short_history_rows : (n_items, d + 2) float32
        What an item brings to the vector of somebody who likes it; 0 in the last column.
    weights : (11,) float32
        By half stars; 0 is no rating, and ratings of weight 0 do not count.
    prior : (d + 2,) float32
        What goes with `long_history_rows`; as all vectors, with 1 in the last column.
    average : (d + 2,) float32
        The mean of all users.
    neutral : (d + 2,) float32
        One with which all items score the same, whatever their biases.
    periods : (T, d + 2) float32
        What the time brings to a vector; 0 in the last column.
    period_centers : (T,) int64
        The middles of the periods, ascending Unix seconds.  Who has rated nothing has come in the last period.
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
        """`[u, b_u, 1]` of somebody with these ratings.

        Parameters
        ----------
        ordinals : (m,) int
            Items rated; m may be 0.
        half_stars : (m,) int
            1 … 10.
        timestamps : (m,) int
            Unix seconds.

        Returns
        -------
        (d + 2,) float32
        """
        told = self.contributions(ordinals, half_stars, timestamps).sum(axis=0, dtype=np.float64)
        vector = np.asarray(self.base(half_stars, timestamps) + told, np.float32)
        vector[-1] = 1
        return vector

    def base(self, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """(d + 2,) float32: the part of the vector that no rating is to be credited with."""
        counted = self.weights[np.asarray(half_stars, np.int64)]
        times = np.asarray(timestamps, np.int64)
        (period,) = self._periods_of([times.max() if len(times) else self.period_centers[-1]])
        if not (counted > 0).any():
            return self.average + period
        long, _, _ = _shares_of_rows(np.array(np.count_nonzero(counted)), np.array(True))
        return np.asarray(long * self.prior + (1 - long) * (self.neutral + period), np.float32)

    def contributions(self, ordinals: ArrayLike, half_stars: ArrayLike, timestamps: ArrayLike) -> NDArray[np.float32]:
        """What each rating adds to the base; the parameters of `vector`, one row of (m, d + 2) float32 a rating.

        Raises
        ------
        ValueError
            When a rating is not 1 … 10 half stars, or of an item outside the catalogue.
        """
        ordinals, half_stars, timestamps = (np.asarray(one, np.int64) for one in (ordinals, half_stars, timestamps))
        if not len(ordinals) == len(half_stars) == len(timestamps):
            lengths = len(ordinals), len(half_stars), len(timestamps)
            raise ValueError("{} items, {} ratings and {} times are given; they must agree".format(*lengths))
        if len(ordinals) and not (ordinals.min() >= 0 and ordinals.max() < len(self.long_history_rows)):
            raise ValueError(f"a rating is of an item outside 0 … {len(self.long_history_rows) - 1}")
        if len(ordinals) and not (half_stars.min() >= 1 and half_stars.max() <= 10):
            raise ValueError("a rating is outside 1 … 10 half stars")
        shares = self.weights[half_stars]
        counts = shares != 0
        n = np.count_nonzero(counts)
        long, first, short = _shares_of_rows(np.array(n), (shares > 0).any())
        shares[counts] = _shares(shares[counts], np.zeros(n, np.int64), timestamps[counts])
        brought = (
            long * self.long_history_rows[ordinals]
            + first * self.single_history_rows[ordinals]
            + short * self.short_history_rows[ordinals]
        )
        return np.asarray(brought * shares[:, None], np.float32)

    def vectors(self, interactions: Interactions, trained: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
        """`vector` of every user of `interactions`; (n_users, d + 2) float32.

        Parameters
        ----------
        interactions : Interactions
        trained : (n_users, d + 2) float32, optional
            Vectors that were trained on these ratings; they replace what `long_history_rows` give.
        """
        ratings = weighted(interactions, self.weights)
        n = counting(interactions, self.weights)
        liked = counting(interactions, np.maximum(self.weights, 0)) > 0
        long, first, short = (share[:, None] for share in _shares_of_rows(n, liked))
        if trained is None:
            whole = np.where(liked[:, None], self.prior, self.average) + ratings @ self.long_history_rows
        else:
            whole = np.where(n[:, None] > 0, trained, self.average)
        few = first * (ratings @ self.single_history_rows) + short * (ratings @ self.short_history_rows)
        now = np.where(liked[:, None], 1 - long, 1) * self._periods_of(_newest(interactions, self.period_centers[-1]))
        vectors = np.asarray(long * whole + (1 - long) * self.neutral + few + now, np.float32)
        vectors[:, -1] = 1
        return vectors

    def _periods_of(self, timestamps: ArrayLike) -> NDArray[np.float32]:
        return period_weights(self.period_centers, timestamps) @ self.periods

    @classmethod
    def closed(
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
        """Of the attributes without their last column, which is 0 in what is added and 1 in what stands for itself.

        Without `periods` and `period_centers` all times are alike.
        """
        periods = np.zeros_like(average[None]) if periods is None else periods
        added = {
            "long_history_rows": long_history_rows,
            "single_history_rows": single_history_rows,
            "short_history_rows": short_history_rows,
            "periods": periods,
        }
        alone = {"prior": prior, "average": average, "neutral": neutral}
        return cls(
            weights=weights,
            period_centers=np.zeros(1, np.int64) if period_centers is None else period_centers,
            **{name: _with_last(of, 0) for name, of in added.items()},
            **{name: _with_last(of, 1) for name, of in alone.items()},
        )


def _shares_of_rows(
    n: NDArray[np.integer], liked: NDArray[np.bool_] | np.bool_
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The weights of `long_history_rows`, `single_history_rows` and `short_history_rows` for n ratings, shaped as n."""
    squares = np.square(n, dtype=np.float32)
    long = np.where(liked, squares / (squares + np.float32(LONG**2)), np.float32(1))
    first = np.float32(SHORT**2) / (squares + np.float32(SHORT**2))
    return long, (1 - long) * first, (1 - long) * (1 - first)


def _newest(interactions: Interactions, otherwise: np.int64) -> NDArray[np.int64]:
    """(n_users,) int64: when each user has rated last, or `otherwise`."""
    newest = np.full(interactions.n_users, otherwise)
    rated = np.diff(interactions.indptr) > 0
    if rated.any():
        newest[rated] = np.maximum.reduceat(interactions.timestamps, interactions.indptr[:-1][rated])
    return newest


def counting(interactions: Interactions, weights: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n_users,) int64: how many ratings of each user have a weight."""
    counts = weights[interactions.half_stars] != 0
    return np.bincount(interactions.user_ordinals[counts], minlength=interactions.n_users).astype(np.int64)


def weighted(interactions: Interactions, weights: NDArray[np.float32]) -> Any:
    """(n_users, n_items) csr_matrix of `_shares` of the ratings that have a weight."""
    counted = interactions.where(weights[interactions.half_stars] != 0)
    shares = _shares(weights[counted.half_stars], counted.user_ordinals, counted.timestamps)
    return counted.matrix(shares)


def _shares(
    weights: NDArray[np.float32], user_ordinals: NDArray[np.integer], timestamps: NDArray[np.integer]
) -> NDArray[np.float32]:
    """(n,) float32: w · (1 − `FADE` · place / n) / √n, from the newest rating at place 0 to the oldest.

    Parameters
    ----------
    weights : (n,) float32
        None 0.
    user_ordinals : (n,) int
        Ascending.
    timestamps : (n,) int
    """
    n = np.bincount(user_ordinals)[user_ordinals]
    fresh = 1 - FADE * places_by_age(user_ordinals, timestamps) / n
    return (weights * fresh / np.sqrt(n)).astype(np.float32)


def learned(
    interactions: Interactions,
    users: NDArray[np.float32],
    items: NDArray[np.float32],
    weights: NDArray[np.float32],
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The linear map from item vectors to trained user vectors, by ridge regression on the trained users.

    Parameters
    ----------
    interactions : Interactions
        What the users were trained on.
    users, items : (n, d + 1) float32
        `[u, b_u]` and `[v, b_v]`.
    weights : (11,) float32
        What a rating counts by its half stars.

    Returns
    -------
    rows : (n_items, d + 1) float32
    prior : (d + 1,) float32
        `prior + weighted(interactions, weights) @ rows` are nearest to the users' vectors.
    """
    rated = np.diff(interactions.indptr) > 0
    told, trained = (weighted(interactions, weights) @ items)[rated], users[rated]
    if not len(told):
        return np.zeros_like(items), np.zeros(items.shape[1], np.float32)
    told, trained = told.astype(np.float64), trained.astype(np.float64)
    mean_told, mean_trained = told.mean(axis=0), trained.mean(axis=0)
    told, trained = told - mean_told, trained - mean_trained
    gram = told.T @ told
    gram[np.diag_indices_from(gram)] += RIDGE * max(gram.trace() / len(gram), 1e-12)
    linear = np.linalg.solve(gram, told.T @ trained)
    return (items @ linear).astype(np.float32), (mean_trained - mean_told @ linear).astype(np.float32)


def as_bold(
    short_history_rows: NDArray[np.float32],
    covariance: NDArray[np.float64],
    average: NDArray[np.float32],
    counts: NDArray[np.integer],
) -> NDArray[np.float32]:
    """`short_history_rows` scaled so that one rating spreads the scores as wide as those of the average are spread.

    Parameters
    ----------
    short_history_rows : (n_items, d + 1) float32
        Those of items that were rated more often count more.
    covariance : (d + 1, d + 1) float64
        `covariance_of` the items.
    average : (d + 1,) float32
        A user's `[u, 1]`.
    counts : (n_items,) int
    """
    mean = np.average(spreads(short_history_rows, covariance), weights=counts) if counts.any() else 0.0
    return short_history_rows * np.float32(spreads(average, covariance) / mean if mean else 0)


def spreads(vectors: NDArray[np.float32], covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of a vector's scores over the items; of (…, d + 1) vectors (…) float64."""
    return np.sqrt(np.maximum((vectors @ covariance * vectors).sum(axis=-1), 0))


def covariance_of(items: NDArray[np.float32]) -> NDArray[np.float64]:
    """(d + 1, d + 1) float64, of the columns of (n_items, d + 1) `[v, b_v]`."""
    return np.cov(items.T.astype(np.float64), bias=True)


def _with_last(vectors: NDArray[np.floating], last: float) -> NDArray[np.float32]:
    return np.concatenate([vectors, np.full((*vectors.shape[:-1], 1), last)], axis=-1).astype(np.float32)
