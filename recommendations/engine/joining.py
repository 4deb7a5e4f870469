"""LightFM fits and their linear sibling side by side in one vector, made small again."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ease import Ease, EaseSettings, ease
from recommendations.engine.factors import Factors, compress, join, spread
from recommendations.engine.fold_in import WEIGHTS, FoldIn
from recommendations.engine.interactions import Interactions


class Joiner:
    """Joins fits of some ratings; the sibling is fitted once, when it is first needed.

    Parameters
    ----------
    interactions : Interactions
        What the fits were trained on.
    settings : EaseSettings
    dimension : int
        Columns of the joined vectors.
    seed : int
    """

    def __init__(self, interactions: Interactions, settings: EaseSettings, dimension: int, seed: int) -> None:
        self._interactions = interactions
        self._settings = settings
        self._dimension = dimension
        self._seed = seed

    @cached_property
    def sibling(self) -> Ease:
        whole = ease(self._interactions, np.asarray(WEIGHTS, np.float32), self._settings, seed=self._seed)
        factors, to = self._compressed(whole.factors)
        return Ease(factors, (whole.rows @ to).astype(np.float32))

    @cached_property
    def _spread(self) -> float:
        return spread(self.sibling.factors)

    def join(self, fits: Sequence[Factors], weight: float) -> Factors:
        """The fits' mean and `weight` times the sibling, whose scores are brought to the same spread first."""
        averaged = join(fits, [1 / len(fits)] * len(fits))
        return self._compressed(self._beside(averaged, weight))[0]

    def join_and_fold_in(self, fits: Sequence[Factors], weight: float) -> tuple[Factors, FoldIn]:
        """The same, and the fold-in that belongs to it: learned for LightFM, exact for the sibling."""
        averaged = join(fits, [1 / len(fits)] * len(fits))
        fold_in = FoldIn.fit(self._interactions, averaged.users, averaged.items)
        factors, to = self._compressed(self._beside(averaged, weight))
        rows = np.empty((len(averaged.items), 0), np.float32)
        if weight:
            rows = self.sibling.rows * np.float32(np.sqrt(self._scaled(averaged, weight)))
        return factors, fold_in.joined(rows, to)

    def _compressed(self, factors: Factors) -> tuple[Factors, NDArray[np.float64]]:
        """What is lost is lost on rare movies rather than on known ones."""
        return compress(factors, self._dimension, np.sqrt(self._interactions.counts + 1))

    def _beside(self, averaged: Factors, weight: float) -> Factors:
        return join([averaged, self.sibling.factors], [1, self._scaled(averaged, weight)]) if weight else averaged

    def _scaled(self, averaged: Factors, weight: float) -> float:
        return weight * spread(averaged) / self._spread if self._spread else 0.0
