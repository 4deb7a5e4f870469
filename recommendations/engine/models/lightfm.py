"""LightFM behind one class: parallel fits of the same data that differ only in their seeds."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from lightfm import LightFM
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

from recommendations.engine.data.features import IDENTITY, ItemFeatures
from recommendations.engine.data.targets import Feedback, Loss
from recommendations.engine.models.factors import Factors

COLD_BIAS_QUANTILE = 0.25
"""A cold movie has no learned bias of its own; it gets this quantile of the rated movies' biases."""


@dataclass(frozen=True)
class FitSettings:
    """Hyperparameters of LightFM.

    Attributes
    ----------
    loss : {"warp", "bpr", "warp-kos", "logistic"}
    dimension : int
        Columns of one fit.
    learning_rate : float
        Learning rate of Adagrad.
    item_alpha, user_alpha : float
        L2 penalties on item features and users.
    max_sampled : int
        Maximum number of negatives that WARP samples before it skips a positive.
    """

    loss: Loss
    dimension: int
    learning_rate: float
    item_alpha: float
    user_alpha: float
    max_sampled: int


class LightFMFits:
    """Parallel fits, one thread each.

    With more threads than fits, each fit uses several threads and is no longer reproducible. Movies without any entry
    are left out of training: sampled as negatives, they would only learn that nobody rated them.

    Parameters
    ----------
    feedback : Feedback
    features : ItemFeatures
    settings : FitSettings
    seeds : sequence of int
        One fit per seed.
    threads : int
    """

    def __init__(
        self, feedback: Feedback, features: ItemFeatures, settings: FitSettings, seeds: Sequence[int], threads: int
    ) -> None:
        matrix = feedback.matrix
        self._features = features
        self._warm = np.bincount(matrix.col, minlength=matrix.shape[1]) > 0
        self._rows = csr_matrix(features.matrix[self._warm])
        self._matrix = _columns(matrix, self._warm)
        self._weights = None if feedback.weights is None else _columns(feedback.weights, self._warm)
        self._threads = threads
        # `warp-kos` takes the logarithm of (items − 1) // draws, which must not reach 0.
        max_sampled = min(settings.max_sampled, max(1, int(self._warm.sum()) - 1))
        self.models = [
            LightFM(
                no_components=settings.dimension,
                loss=settings.loss,
                learning_rate=settings.learning_rate,
                item_alpha=settings.item_alpha,
                user_alpha=settings.user_alpha,
                max_sampled=max_sampled,
                random_state=seed,
            )
            for seed in seeds
        ]

    def run_epoch(self) -> None:
        """Train every fit for one more epoch.

        Raises
        ------
        ValueError
            When a fit diverges.
        """
        with ThreadPoolExecutor(min(self._threads, len(self.models))) as pool:
            list(pool.map(self._run_epoch, self.models))

    def _run_epoch(self, model: LightFM) -> None:
        model.fit_partial(
            self._matrix,
            item_features=self._rows,
            sample_weight=self._weights,
            epochs=1,
            num_threads=max(1, self._threads // len(self.models)),
        )

    def factors(self) -> list[Factors]:
        """Return the current factors of each fit."""
        return [self._factors(model) for model in self.models]

    def _factors(self, model: LightFM) -> Factors:
        embeddings = np.column_stack([model.item_embeddings, model.item_biases])
        users = np.column_stack([model.user_embeddings, model.user_biases])
        parts = {
            name: csr_matrix(self._features.matrix[:, columns]) @ embeddings[columns]
            for name, columns in self._features.blocks.items()
        }
        parts[IDENTITY] = self._own_part(parts[IDENTITY])
        return Factors(users, parts)

    def _own_part(self, part: NDArray[np.float32]) -> NDArray[np.float32]:
        own = np.where(self._warm[:, None], part, np.float32(0))
        own[~self._warm, -1] = np.quantile(part[self._warm, -1], COLD_BIAS_QUANTILE)
        return own


def _columns(matrix: coo_matrix, kept: NDArray[np.bool_]) -> coo_matrix:
    positions = np.cumsum(kept, dtype=np.int32) - 1
    return coo_matrix((matrix.data, (matrix.row, positions[matrix.col])), (matrix.shape[0], int(kept.sum())))
