"""Calibrate rating prediction on held-out ratings, and compare its cross-validated error with baselines."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.splits import Split
from recommendations.engine.models.biased_mf import biased_mf
from recommendations.engine.models.rating_prediction import HIGHEST, LOWEST, RatingPredictor

FOLDS = 5
USERS = 5_000
RIDGE = 1.0
"""Penalty on the coefficients' distance from their prior, the plain sum of the parts, in held-out ratings."""


class StarError(NamedTuple):
    """RMSE and MAE of prediction − rating, in stars."""

    rmse: float
    mae: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """A calibrated rating predictor and its errors.

    Attributes
    ----------
    stars : RatingPredictor
        Coefficients fitted to all held-out ratings; μ and b_i are those of the train part.
    errors : dict of str to StarError
        Cross-validated by user on held-out ratings: "stars" beside the baselines "mean", "user mean", "movie mean" and
        "biased MF".
    """

    stars: RatingPredictor
    errors: dict[str, StarError]


def calibrate(split: Split, directions: NDArray[np.float32]) -> Calibration:
    """Fit the coefficients on the test part of up to 5,000 users.

    Parameters
    ----------
    split : Split
        The directions must come from its train part alone.
    directions : (n_items, d) float32

    Raises
    ------
    ValueError
        When the test part is empty.
    """
    if not len(split.test):
        raise ValueError("no rating is held out, so rating prediction cannot be evaluated; load more ratings")
    stars = RatingPredictor.of(split.train)
    users = _sample(np.flatnonzero(np.diff(split.test.indptr)))
    features: list[NDArray[np.float64]] = []
    true: list[NDArray[np.float64]] = []
    for user in users:
        rated, half_stars = split.train.row(user)
        ordinals, judged = split.test.row(user)
        features.append(stars.features(directions, rated, half_stars, ordinals))
        true.append(judged.astype(np.float64) / 2)
    folds = np.repeat(np.arange(len(users)) % FOLDS, [len(row) for row in true])
    table, actual = np.concatenate(features), np.concatenate(true)
    predictions = {"stars": _cross_fitted(table, actual, folds, stars.coefficients)}
    predictions |= _baselines(split, users)
    errors = {name: _error(predicted, actual) for name, predicted in predictions.items()}
    return Calibration(replace(stars, coefficients=_ridge(table, actual, stars.coefficients)), errors)


def _sample(users: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.random.default_rng(0).permutation(users)[:USERS]


def _ridge(table: NDArray[np.float64], actual: NDArray[np.float64], prior: NDArray[np.float64]) -> NDArray[np.float64]:
    gram = table.T @ table + RIDGE * np.eye(table.shape[1])
    return prior + np.linalg.solve(gram, table.T @ (actual - table @ prior))


def _cross_fitted(
    table: NDArray[np.float64], actual: NDArray[np.float64], folds: NDArray[np.int64], prior: NDArray[np.float64]
) -> NDArray[np.float64]:
    predicted = np.empty(len(actual))
    for fold in range(FOLDS):
        held_out = folds == fold
        predicted[held_out] = table[held_out] @ _ridge(table[~held_out], actual[~held_out], prior)
    return predicted


def _baselines(split: Split, users: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    rows = [split.test.row(user)[0] for user in users]
    user_ordinals, item_ordinals = np.repeat(users, [len(row) for row in rows]), np.concatenate(rows)
    train = split.train
    stars = train.half_stars / 2
    mean = stars.mean() if len(stars) else (LOWEST + HIGHEST) / 2
    return {
        "mean": np.full(len(item_ordinals), mean),
        "user mean": _group_means(train.user_ordinals, stars, train.n_users, mean)[user_ordinals],
        "movie mean": _group_means(train.ordinals, stars, train.n_items, mean)[item_ordinals],
        "biased MF": biased_mf(train)(user_ordinals, item_ordinals),
    }


def _group_means(
    groups: NDArray[np.int32], values: NDArray[np.float64], n_groups: int, default: float
) -> NDArray[np.float64]:
    counts = np.bincount(groups, minlength=n_groups)
    return np.where(counts, np.bincount(groups, values, n_groups) / np.maximum(counts, 1), default)


def _error(predicted: NDArray[np.float64], actual: NDArray[np.float64]) -> StarError:
    errors = np.clip(predicted, LOWEST, HIGHEST) - actual
    return StarError(round(float(np.sqrt((errors**2).mean())), 4), round(float(np.abs(errors).mean()), 4))
