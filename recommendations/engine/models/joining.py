"""Concatenate LightFM, EASE and iALS factors, then compress them by SVD."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.features import IDENTITY, ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.presets import size_of
from recommendations.engine.data.rating_weights import weighted_ratings
from recommendations.engine.models import ials
from recommendations.engine.models.ease import Ease, EaseSettings, ease, training_matrix
from recommendations.engine.models.factors import Factors, compress, join, scale_item_biases, score_spread
from recommendations.engine.models.fold_in import FoldIn
from recommendations.engine.models.fold_in_fitting import (
    fit_fold_in_rows,
    item_covariance,
    scale_to_average_spread,
    score_spreads,
)
from recommendations.engine.models.time_drift import period_centers_of, time_lift
from recommendations.engine.models.trained_model import Progress

ITEM_BIAS_SHARE = 0.35
"""Share of LightFM's item biases that is kept beside EASE, whose scores express popularity as well.

The full biases would bring fewer movies into the lists without making them better.
"""
SHORT_HISTORY_FEATURES = 5.0
"""`EaseSettings.features` of the iALS factors for short histories."""


class Joiner:
    """Joins LightFM fits with EASE and iALS; EASE is fitted once, when it is first needed.

    Parameters
    ----------
    interactions : Interactions
        The ratings that EASE and iALS are fitted to; its users get vectors.
    features : ItemFeatures
        Features of the same items.
    settings : EaseSettings
    weights : (11,) float32
        Weights of ratings by half stars, for EASE and fold-in.
    dimension : int
        Columns of the joined vectors.
    seed : int
    threads : int
    progress : callable
        Called after each epoch of iALS.
    """

    def __init__(
        self,
        interactions: Interactions,
        features: ItemFeatures,
        settings: EaseSettings,
        weights: NDArray[np.float32],
        *,
        dimension: int,
        seed: int,
        threads: int,
        progress: Progress,
    ) -> None:
        self._interactions = interactions
        self._features = features
        self._settings = settings
        self._weights = weights
        self._dimension = dimension
        self._seed = seed
        self._threads = threads
        self._progress = progress

    @cached_property
    def ease(self) -> Ease:
        """EASE fitted to all ratings."""
        return ease(self._interactions, self._weights, self._settings, self._features, seed=self._seed)

    @cached_property
    def _spread(self) -> float:
        return score_spread(self.ease.factors)

    def combine_with_ease(self, averaged: Factors, weight: float) -> Factors:
        """Join the mean of the fits with EASE, whose scores are scaled to `weight` times their spread."""
        if not weight:
            return averaged
        return join(
            [scale_item_biases(averaged, ITEM_BIAS_SHARE), self.ease.factors], [1, self._ease_scale(averaged, weight)]
        )

    def join_and_fold_in(self, fits: Sequence[Factors], fitted: Interactions, weight: float) -> tuple[Factors, FoldIn]:
        """Join the fits' mean with EASE and iALS, compress, and build the fold-in: fitted for LightFM, exact for EASE.

        Frequently rated movies weigh more in the compression, so its error falls on rare ones.

        Parameters
        ----------
        fits : sequence of Factors
        fitted : Interactions
            The ratings that the fits were trained on, of all users or a sample. The other users are folded in.
        weight : float
            EASE's weight; 0 for LightFM alone.
        """
        averaged = join(fits, [1 / len(fits)] * len(fits))
        rows, prior = fit_fold_in_rows(fitted, averaged.users, averaged.items, self._weights)
        if len(fitted) < len(self._interactions):
            folded_in = np.diff(fitted.indptr) == 0
            averaged.users[folded_in] = (prior + weighted_ratings(self._interactions, self._weights) @ rows)[folded_in]
        if weight:
            return self._with_ease(averaged, rows, prior, weight)
        factors, projection = compress(averaged, self._dimension, self._item_weights)
        rows, prior, average = _project(rows, projection), _project(prior, projection), self._average(factors)
        return factors, FoldIn.build(
            self._weights,
            long_history_rows=rows,
            single_history_rows=rows,
            short_history_rows=rows,
            prior=prior,
            average=average,
            neutral=average,
        )

    def _with_ease(
        self, averaged: Factors, rows: NDArray[np.float32], prior: NDArray[np.float32], weight: float
    ) -> tuple[Factors, FoldIn]:
        """Give each model its own columns, then compress for users with long histories and with one rating alike.

        The last of the columns repeats the item biases, so that a user vector can cancel them in every score.
        """
        short_items = self._short_items()
        period_centers = period_centers_of(self._interactions)
        combined = self.combine_with_ease(averaged, weight)
        short_columns = np.concatenate([short_items, time_lift(self._interactions, period_centers)], axis=1)
        zeros = np.zeros_like(short_columns)
        parts = {
            name: _insert_columns(part, short_columns if name == IDENTITY else zeros)
            for name, part in combined.parts.items()
        }
        wide = Factors(combined.users, parts)
        ease_rows = self.ease.rows * np.float32(np.sqrt(self._ease_scale(averaged, weight)))
        average = _insert_columns(self._average(combined), zeros[0])
        vectors = {
            "long_history_rows": _insert_columns(rows, ease_rows, zeros),
            "prior": _insert_columns(prior, np.zeros(ease_rows.shape[1]), zeros[0]),
            "average": average,
            **self._short_history_vectors(short_items, len(period_centers), wide.items, average),
        }
        factors, projection = compress(
            wide, max(self._dimension - 1, 1), self._item_weights, self._pseudo_users(vectors)
        )
        vectors = {
            name: _insert_columns(_project(array, projection), np.zeros((*array.shape[:-1], 1)))
            for name, array in vectors.items()
        }
        neutral = np.zeros_like(vectors["average"])
        neutral[-2] = -1
        return _repeat_biases(factors), FoldIn.build(
            self._weights, neutral=neutral, period_centers=period_centers, **vectors
        )

    def _short_history_vectors(
        self, short_items: NDArray[np.float32], n_periods: int, items: NDArray[np.float32], average: NDArray[np.float32]
    ) -> dict[str, NDArray[np.float32]]:
        """`FoldIn`'s `single_history_rows`, `short_history_rows` and `periods`; their columns precede the biases."""
        average_query = np.append(average[:-1], np.float32(1))
        rows = {"single_history_rows": short_items, "short_history_rows": ials.fold_in_rows(short_items)}
        offset = items.shape[1] - 1 - short_items.shape[1] - n_periods
        columns = {name: np.pad(array, ((0, 0), (offset, n_periods + 1))) for name, array in rows.items()}
        covariance = item_covariance(items)
        scaled = {
            name: scale_to_average_spread(array, covariance, average_query, self._interactions.counts)
            for name, array in columns.items()
        }
        periods = np.eye(n_periods, len(average), len(average) - 1 - n_periods, dtype=np.float32)
        return {**scaled, "periods": periods * np.float32(score_spreads(average_query, covariance))}

    def _pseudo_users(self, vectors: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float64]:
        """Vectors of pseudo users with one rating each, and of equally many known only by their period."""
        counts, periods = self._interactions.counts, vectors["periods"]
        n_pseudo_users = size_of(len(self._interactions)).short_history_ratio * self._interactions.n_users
        shares = np.sqrt(counts * (n_pseudo_users / max(counts.sum(), 1) / 2))
        rated = [vectors[name][:, :-1] * shares[:, None] for name in ("single_history_rows", "short_history_rows")]
        return np.concatenate([*rated, periods[:, :-1] * np.sqrt(n_pseudo_users / len(periods))])

    def _short_items(self) -> NDArray[np.float32]:
        settings = EaseSettings(0, 0, features=SHORT_HISTORY_FEATURES)
        matrix = training_matrix(self._interactions, self._weights, settings, self._features)
        report = partial(self._progress, "few ratings")
        return ials.fit_items(matrix, seed=self._seed, threads=self._threads, progress=report)

    def _average(self, factors: Factors) -> NDArray[np.float32]:
        """(d + 1,) float32: the mean of the users with ratings."""
        rated = np.diff(self._interactions.indptr) > 0
        users = factors.users[rated] if rated.any() else np.zeros_like(factors.users[:1])
        return users.mean(axis=0, dtype=np.float64).astype(np.float32)

    @property
    def _item_weights(self) -> NDArray[np.float64]:
        return np.sqrt(self._interactions.counts + 1)

    def _ease_scale(self, averaged: Factors, weight: float) -> float:
        return (
            weight * score_spread(scale_item_biases(averaged, ITEM_BIAS_SHARE)) / self._spread if self._spread else 0.0
        )


def _insert_columns(vectors: NDArray[np.floating], *columns: NDArray[np.floating]) -> NDArray[np.float32]:
    """Insert columns before the last one, the bias."""
    return np.concatenate([vectors[..., :-1], *columns, vectors[..., -1:]], axis=-1).astype(np.float32)


def _repeat_biases(factors: Factors) -> Factors:
    """Append a column that repeats the item biases; it is 0 for users."""
    users = _insert_columns(factors.users, np.zeros((len(factors.users), 1)))
    return Factors(users, {name: _insert_columns(part, part[:, -1:]) for name, part in factors.parts.items()})


def _project(vectors: NDArray[np.floating], projection: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.concatenate([vectors[..., :-1] @ projection, vectors[..., -1:]], axis=-1).astype(np.float32)
