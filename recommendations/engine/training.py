"""Train the joined model: LightFM fits with early stopping, combined with EASE and iALS into one dot product."""

from dataclasses import dataclass, replace
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.presets import MAX_SEARCH_RATINGS, sample_users, size_of
from recommendations.engine.data.rating_weights import rating_weights
from recommendations.engine.data.splits import split_by_user_time
from recommendations.engine.data.targets import FeedbackKind, Loss, to_feedback, without_likes
from recommendations.engine.evaluation.evaluate import ndcg_at_10, scorer_of
from recommendations.engine.models.ease import EaseSettings
from recommendations.engine.models.embeddings import Embeddings, stack_items, stack_users
from recommendations.engine.models.factors import Factors
from recommendations.engine.models.joining import Joiner
from recommendations.engine.models.lightfm import FitSettings, LightFMFits
from recommendations.engine.models.trained_model import Progress, TrainedModel

Recipe = Literal["joined", "article"]
EASE_WEIGHTS = (0.7, 0.35, 1.0)
TOLERANCE = 0.01
"""Epochs whose NDCG@10 is within this share of the best count as equally good.

The last of them is taken, because averaged fits can train longer than a single one.
"""
CHECKS = 6
"""Validation checks in a search that runs to `max_epochs`."""
PATIENCE = 2
"""Consecutive checks worse than `TOLERANCE` allows after which the search stops."""
VALIDATION_USERS = 2000


@dataclass(frozen=True)
class TrainingConfig:
    """Training parameters; the defaults were tuned with `benchmarks/quality.py`.

    Attributes
    ----------
    recipe : {"joined", "article"}
        "joined": the mean of several LightFM fits, EASE, and iALS for short histories in one dot product. "article":
        one plain LightFM fit.
    feedback : {"implicit", "explicit"}
    loss : {"warp", "bpr", "warp-kos", "logistic"}
    dimension : int or None
        Columns of the served vectors, and of the article's fit. None: chosen by the size of the data.
    fits : int or None
        Number of LightFM fits that are averaged. None: chosen by the size of the data.
    fit_dimension : int
        Columns of each fit.
    epochs : int or None
        None: found on a validation slice, the latest ratings of each user.
    max_epochs : int or None
        Upper limit of the search for `epochs`. None: chosen by the size of the data.
    max_fitted : int
        Maximum number of ratings that LightFM is fitted to: all ratings of users drawn at random. The other users are
        folded in, and EASE and iALS use all ratings. The article's fit uses all ratings.
    ease_weight : float or None
        Weight of EASE's scores relative to LightFM's, at equal spread. None: found on the validation slice.
    ridge, popularity_ridge, length_power, ease_features : float
        See `EaseSettings`.
    ease_so_so, grade : float
        Weights of ratings by stars in EASE and fold-in; see `rating_weights`. `rating_weights.RECENCY_FADE` sets how
        weights fall with age.
    learning_rate, item_alpha, user_alpha, max_sampled
        See `FitSettings`.
    so_so_weight, low_weight : float
        Implicit feedback: weights of ratings of 3 and 3.5 stars, and of lower ones; likes weigh 1.
    threshold : int or None
        Explicit feedback: half stars at or above which a rating is positive. None: the user's own mean.
    seed : int
    threads : int
        Up to `fits` threads the result is identical, bit for bit, to that of one thread. With more it is not
        reproducible.
    """

    recipe: Recipe = "joined"
    feedback: FeedbackKind = "implicit"
    loss: Loss = "warp"
    dimension: int | None = None
    fits: int | None = None
    fit_dimension: int = 32
    epochs: int | None = None
    max_epochs: int | None = None
    max_fitted: int = 1_000_000
    ease_weight: float | None = None
    ridge: float = 100.0
    popularity_ridge: float = 1.0
    length_power: float = 0.15
    ease_features: float = 10.0
    ease_so_so: float = 0.5
    grade: float = 0.2
    learning_rate: float = 0.05
    item_alpha: float = 1.2e-8
    user_alpha: float = 1e-4
    max_sampled: int = 39
    so_so_weight: float = 0.5
    low_weight: float = 0.0
    threshold: int | None = None
    seed: int = 1
    threads: int = 1

    def __post_init__(self) -> None:
        counts = (self.dimension, self.fits, self.fit_dimension, self.threads, self.max_epochs, self.max_fitted)
        if any(count is not None and count < 1 for count in counts):
            raise ValueError("dimension, fits, fit_dimension, threads, max_epochs and max_fitted must be at least 1")
        if self.loss == "logistic" and self.feedback == "implicit":
            raise ValueError("logistic loss needs negatives to learn from; use explicit feedback with it")
        if not (0 <= self.ease_so_so <= 1 and 0 <= self.grade < 1):
            raise ValueError("ease_so_so and grade must be between 0 and 1, so that more stars never weigh less")
        if not (0 <= self.so_so_weight <= 1 and 0 <= self.low_weight <= 1):
            raise ValueError("so_so_weight and low_weight must be between 0 and 1; WARP clips larger weights")
        if self.epochs is not None and self.epochs < 1:
            raise ValueError(f"epochs is {self.epochs}; give 1 or more, or None to find the best number")

    @property
    def settings(self) -> FitSettings:
        """Hyperparameters of each LightFM fit."""
        columns = self.dimension if self.recipe == "article" and self.dimension else self.fit_dimension
        return FitSettings(self.loss, columns, self.learning_rate, self.item_alpha, self.user_alpha, self.max_sampled)

    @property
    def ease(self) -> EaseSettings:
        """Parameters of EASE."""
        return EaseSettings(self.ridge, self.popularity_ridge, self.length_power, self.ease_features)

    @property
    def weights(self) -> NDArray[np.float32]:
        """(11,) float32: the weight of a rating by its half stars, for EASE and fold-in."""
        return rating_weights(self.ease_so_so, self.grade)

    def sized(self, n_ratings: int) -> Self:
        """Fill in the parameters that are None with the presets for this number of ratings."""
        size = size_of(n_ratings)
        return replace(
            self,
            dimension=self.dimension or size.dimension,
            fits=1 if self.recipe == "article" else self.fits or size.fits,
            max_epochs=self.max_epochs or size_of(self.max_fit_ratings(n_ratings)).max_epochs,
        )

    def max_fit_ratings(self, n_ratings: int) -> int:
        """Return the maximum number of ratings that LightFM is fitted to, of `n_ratings`."""
        return n_ratings if self.recipe == "article" else min(n_ratings, self.max_fitted)


def train(
    interactions: Interactions, features: ItemFeatures, config: TrainingConfig, *, progress: Progress | None = None
) -> TrainedModel[TrainingConfig]:
    """Train LightFM, combine it with EASE and iALS, and fit the fold-in.

    Parameters
    ----------
    interactions : Interactions
    features : ItemFeatures
        Features of the same items.
    config : TrainingConfig
    progress : callable, optional
        Called after each epoch.

    Raises
    ------
    ValueError
        When there is nothing to learn from, the features are of other items, or a fit diverges.
    """
    if features.n_items != interactions.n_items:
        raise ValueError(f"there are features of {features.n_items} items and ratings of {interactions.n_items}")
    report = progress or (lambda *_: None)
    history: list[dict[str, Any]] = []
    config = config.sized(len(interactions))
    if config.epochs is None:
        config, history = search(interactions, features, config, report)
    config = replace(config, ease_weight=_ease_weight_candidates(config)[0])
    fit_interactions = sample_users(interactions, config.max_fit_ratings(len(interactions)), seed=config.seed)
    fits = _fits(fit_interactions, features, config)
    for epoch in range(1, (config.epochs or 0) + 1):
        fits.run_epoch()
        report("fit", epoch, config.epochs or 0)
    joiner = _joiner(interactions, features, config, report)
    factors, fold_in = joiner.join_and_fold_in(fits.factors(), fit_interactions, config.ease_weight or 0)
    embeddings = _embeddings(interactions, factors)
    embeddings = replace(embeddings, users=fold_in.vectors(interactions, embeddings.users))
    return TrainedModel(embeddings, fold_in, factors.parts, config, history)


def _fits(interactions: Interactions, features: ItemFeatures, config: TrainingConfig) -> LightFMFits:
    feedback = to_feedback(
        interactions,
        config.feedback,
        config.loss,
        config.so_so_weight,
        low_weight=config.low_weight,
        threshold=config.threshold,
    )
    if not (feedback.matrix.data > 0).any():
        raise ValueError(without_likes(interactions))
    seeds = range(config.seed, config.seed + (config.fits or 1))
    return LightFMFits(feedback, features, config.settings, seeds, config.threads)


def _joiner(interactions: Interactions, features: ItemFeatures, config: TrainingConfig, report: Progress) -> Joiner:
    return Joiner(
        interactions,
        features,
        config.ease,
        config.weights,
        dimension=config.dimension or 1,
        seed=config.seed,
        threads=config.threads,
        progress=report,
    )


def _ease_weight_candidates(config: TrainingConfig) -> tuple[float, ...]:
    """Return the EASE weights to search over; the first is the default when there is no search."""
    if config.recipe == "article":
        return (0.0,)
    return EASE_WEIGHTS if config.ease_weight is None else (config.ease_weight,)


def search(
    interactions: Interactions, features: ItemFeatures, config: TrainingConfig, report: Progress
) -> tuple[TrainingConfig, list[dict[str, Any]]]:
    """Find the number of epochs and EASE's weight on the latest ratings of each user.

    A single fit is enough: the noise that averaging removes does not decide when to stop.

    Returns
    -------
    TrainingConfig
        With `epochs` and `ease_weight` set.
    list of dict
        The validation checks: "epoch", "ease_weight" and "ndcg@10" on the validation slice.
    """
    config = config.sized(len(interactions))
    split = split_by_user_time(sample_users(interactions, MAX_SEARCH_RATINGS, seed=config.seed))
    fits = _fits(split.train, features, replace(config, fits=1, threads=1))
    joiner = _joiner(split.train, features, config, report)
    max_epochs = config.max_epochs or 1
    interval = max(1, max_epochs // CHECKS)
    history: list[dict[str, Any]] = []
    for epoch in range(1, max_epochs + 1):
        fits.run_epoch()
        report("search", epoch, max_epochs)
        if epoch % interval and epoch < max_epochs:
            continue
        (factors,) = fits.factors()
        for weight in _ease_weight_candidates(config):
            embeddings = _embeddings(split.train, joiner.combine_with_ease(factors, weight))
            value = ndcg_at_10(scorer_of(embeddings), split, max_users=VALIDATION_USERS)
            history.append({"epoch": epoch, "ease_weight": weight, "ndcg@10": value})
        if epoch - last_good_epoch(history) >= PATIENCE * interval:
            break
    weights = _means(history, "ease_weight")
    best_config = replace(config, epochs=last_good_epoch(history), ease_weight=max(weights, key=weights.__getitem__))
    return best_config, history


def last_good_epoch(history: list[dict[str, Any]]) -> int:
    """Return the last epoch whose mean NDCG@10 over the EASE weights is within `TOLERANCE` of the best."""
    means = _means(history, "epoch")
    return int(max(epoch for epoch, value in means.items() if value >= (1 - TOLERANCE) * max(means.values())))


def _means(history: list[dict[str, Any]], by: str) -> dict[float, float]:
    """Mean NDCG@10 by epoch or by weight: a mean of several checks is less noisy than the best of them."""
    return {
        key: float(np.mean([entry["ndcg@10"] for entry in history if entry[by] == key]))
        for key in dict.fromkeys(entry[by] for entry in history)
    }


def _embeddings(interactions: Interactions, factors: Factors) -> Embeddings:
    items = factors.items
    return Embeddings(
        interactions.users.ids,
        interactions.items.ids,
        stack_users(factors.users[:, :-1], factors.users[:, -1]),
        stack_items(items[:, :-1], items[:, -1]),
    )
