"""LightFM fits and their linear sibling side by side in one vector, made small again."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ease import Ease, EaseSettings, ease
from recommendations.engine.evaluation import Scorer
from recommendations.engine.factors import Factors, compress, join, spread, tempered
from recommendations.engine.features import ItemFeatures
from recommendations.engine.fold_in import FoldIn
from recommendations.engine.interactions import Interactions

BIASES = 0.35
"""Share of LightFM's item biases that is kept beside the sibling, whose scores tell what is popular as well: the whole
would bring fewer movies into the lists, which are no better for it."""


class Joiner:
    """Joins fits of some ratings; the sibling is fitted once, when it is first needed.

    Parameters
    ----------
    interactions : Interactions
        What the sibling is fitted to; the users whose vectors are wanted.
    features : ItemFeatures
        Of the same items.
    settings : EaseSettings
    weights : (11,) float32
        What a rating counts by its half stars, for the sibling and the fold-in.
    dimension : int
        Columns of the joined vectors.
    seed : int
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
    ) -> None:
        self._interactions = interactions
        self._features = features
        self._settings = settings
        self._weights = weights
        self._dimension = dimension
        self._seed = seed

    @cached_property
    def sibling(self) -> Ease:
        return ease(self._interactions, self._weights, self._settings, self._features, seed=self._seed)

    @cached_property
    def _spread(self) -> float:
        return spread(self.sibling.factors)

    def beside(self, averaged: Factors, weight: float) -> Factors:
        """A mean of fits and `weight` times the sibling, whose scores are brought to the same spread first."""
        if not weight:
            return averaged
        return join([tempered(averaged, BIASES), self.sibling.factors], [1, self._scaled(averaged, weight)])

    def join_and_fold_in(self, fits: Sequence[Factors], fitted: Interactions, weight: float) -> tuple[Factors, FoldIn]:
        """The fits' mean beside the sibling, made small, and its fold-in: learned for LightFM, exact for the sibling.

        What is lost in making it small is lost on rare movies rather than on known ones.

        Parameters
        ----------
        fits : sequence of Factors
        fitted : Interactions
            What the fits were trained on: all ratings of all users or of some.  The others are folded in.
        weight : float
            Of the sibling.
        """
        averaged = join(fits, [1 / len(fits)] * len(fits))
        fold_in = FoldIn.fit(fitted, averaged.users, averaged.items, self._weights)
        if len(fitted) < len(self._interactions):
            others = np.diff(fitted.indptr) == 0
            averaged.users[others] = fold_in.vectors(self._interactions)[others, :-1]
        factors, to = compress(self.beside(averaged, weight), self._dimension, np.sqrt(self._interactions.counts + 1))
        rows = np.empty((len(averaged.items), 0), np.float32)
        if weight:
            rows = self.sibling.rows * np.float32(np.sqrt(self._scaled(averaged, weight)))
        fold_in = fold_in.joined(rows, to).with_short_histories(self._interactions, factors.users, seed=self._seed)
        return factors, fold_in

    def _scaled(self, averaged: Factors, weight: float) -> float:
        return weight * spread(tempered(averaged, BIASES)) / self._spread if self._spread else 0.0


def ease_alone(interactions: Interactions, settings: EaseSettings, weights: NDArray[np.float32]) -> Scorer:
    """The sibling without LightFM, to be judged beside the joined model."""
    factors = ease(interactions, weights, settings).factors
    return lambda users: factors.users[users] @ factors.items.T
