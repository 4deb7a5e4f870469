"""ALS trained by an external solver such as Spark: its parameters, its input, and the model built from its factors.

The solver returns vectors only of the users and items that it has seen.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.features import IDENTITY
from recommendations.engine.data.interactions import IdMap, Interactions
from recommendations.engine.data.rating_weights import rating_weights
from recommendations.engine.data.targets import FeedbackKind, without_likes
from recommendations.engine.models.ease import EaseSettings
from recommendations.engine.models.embeddings import Embeddings
from recommendations.engine.models.factors import with_zero_biases
from recommendations.engine.models.fold_in import FoldIn
from recommendations.engine.models.fold_in_fitting import fit_fold_in_rows, item_covariance, scale_to_average_spread
from recommendations.engine.models.ials import fold_in_rows
from recommendations.engine.models.trained_model import TrainedModel


@dataclass(frozen=True)
class AlsConfig:
    """Training parameters; the defaults suit MovieLens.

    Attributes
    ----------
    feedback : {"implicit", "explicit"}
        "implicit": predicts which movies are liked, with more confidence in stronger likes (Hu, Koren and Volinsky
        2008). "explicit": predicts stars.
    dimension : int
    epochs : int
        Each epoch solves for all items and all users once.
    ridge : float
        Penalty of a vector, multiplied by the number of its ratings (Zhou et al. 2008).
    confidence : float
        Implicit feedback: the confidence in a like, relative to 1 for a movie without a rating.
    so_so_weight : float
        Implicit feedback: the weight of ratings of 3 and 3.5 stars; likes weigh 1.
    blocks : int
        Number of blocks that users and items are partitioned into; more than the cluster has cores.
    seed : int
    """

    feedback: FeedbackKind = "implicit"
    dimension: int = 64
    epochs: int = 15
    ridge: float = 0.2
    confidence: float = 4.0
    so_so_weight: float = 0.5
    blocks: int = 10
    seed: int = 1

    def __post_init__(self) -> None:
        if min(self.dimension, self.epochs, self.blocks) < 1:
            raise ValueError("dimension, epochs and blocks must be at least 1")
        if self.ridge < 0 or self.confidence <= 0 or not 0 <= self.so_so_weight <= 1:
            raise ValueError("ridge must not be negative, confidence above 0, and so_so_weight between 0 and 1")
        if self.feedback not in ("implicit", "explicit"):
            raise ValueError(f"feedback is {self.feedback!r}; give implicit or explicit")

    @property
    def ease(self) -> EaseSettings:
        """Parameters of the EASE baseline that a trial is compared with."""
        return EaseSettings(100.0, 0.3)

    @property
    def weights(self) -> NDArray[np.float32]:
        """(11,) float32: the weight of a rating by its half stars, for EASE and fold-in."""
        return rating_weights(self.so_so_weight, 0)

    @property
    def entries(self) -> NDArray[np.float32]:
        """(11,) float32: a rating's entry in the training matrix by its half stars; 0 is no entry."""
        if self.feedback == "explicit":
            return np.linspace(0, 5, 11, dtype=np.float32)
        return np.maximum(self.weights, 0)


@dataclass(frozen=True, eq=False)
class Solved:
    """Solved vectors (n, d) float32 and their ids (n,) int64, in any order."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.float32]

    def align(self, wanted: IdMap) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Return the vectors aligned with `wanted`, 0 where an id is unknown, and a mask of the known ids."""
        rows = wanted.ordinals(self.ids, missing="mark")
        vectors = np.zeros((len(wanted), self.vectors.shape[1]), np.float32)
        known = np.zeros(len(wanted), bool)
        vectors[rows[rows >= 0]] = self.vectors[rows >= 0]
        known[rows[rows >= 0]] = True
        return vectors, known


def check(interactions: Interactions, n_items: int, config: AlsConfig) -> None:
    """Raise ValueError when there is nothing to learn from, or the features are of another number of items."""
    if n_items != interactions.n_items:
        raise ValueError(f"there are features of {n_items} items and ratings of {interactions.n_items}")
    if not config.entries[interactions.half_stars].any():
        raise ValueError(without_likes(interactions))


def assemble(interactions: Interactions, users: Solved, items: Solved, config: AlsConfig) -> TrainedModel[AlsConfig]:
    """Build the model from solved vectors: no biases, a fitted fold-in, and unseen users folded in.

    Parameters
    ----------
    interactions : Interactions
        The training ratings; the solver may have seen more users and items.
    users, items : Solved
    config : AlsConfig
    """
    user_vectors, trained_users = users.align(interactions.users)
    item_vectors, _ = items.align(interactions.items)
    stacked = with_zero_biases(item_vectors)
    trained = with_zero_biases(user_vectors)
    long_history_rows, prior = fit_fold_in_rows(interactions, trained, stacked, config.weights)
    average = trained[trained_users].mean(axis=0) if trained_users.any() else trained[0]
    short_history_rows = with_zero_biases(fold_in_rows(item_vectors, confidence=config.confidence, ridge=config.ridge))
    covariance = item_covariance(stacked)
    single_history_rows, short_history_rows = (
        scale_to_average_spread(array, covariance, average, interactions.counts)
        for array in (stacked, short_history_rows)
    )
    fold_in = FoldIn.build(
        config.weights,
        long_history_rows=long_history_rows,
        single_history_rows=single_history_rows,
        short_history_rows=short_history_rows,
        prior=prior,
        average=average,
        neutral=np.zeros_like(average),
    )
    embeddings = Embeddings.stack(
        interactions.users.ids,
        interactions.items.ids,
        (user_vectors, trained[:, -1]),
        (item_vectors, stacked[:, -1]),
    )
    vectors = fold_in.vectors(interactions, embeddings.users)
    untrained = interactions.where(~trained_users[interactions.user_ordinals])
    vectors[~trained_users] = fold_in.vectors(untrained)[~trained_users]
    return TrainedModel(replace(embeddings, users=vectors), fold_in, {IDENTITY: stacked}, config, [])
