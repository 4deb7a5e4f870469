"""Matrix factorization with biases, the baseline for rating prediction.

r̂ = μ + b_u + b_i + p_u · q_i, trained by stochastic gradient descent (Koren, Bell and Volinsky, "Matrix factorization
techniques for recommender systems", 2009).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.jit import Floats, Ordinals, jit_strict

DIMENSION = 32
EPOCHS = 20
LEARNING_RATE = 0.01
REGULARIZATION = 0.05
Predict = Callable[[NDArray[np.integer], NDArray[np.integer]], NDArray[np.float64]]


def biased_mf(interactions: Interactions, *, seed: int = 0) -> Predict:
    """Fit to all ratings and return `predict`.

    `predict(user_ordinals (m,), item_ordinals (m,))` returns (m,) float64 stars, which are not clipped.
    """
    random = np.random.default_rng(seed)
    stars = (interactions.half_stars / 2).astype(np.float32)
    mean = np.float32(stars.mean() if len(stars) else 0)
    users = random.normal(scale=0.1, size=(interactions.n_users, DIMENSION + 1)).astype(np.float32)
    items = random.normal(scale=0.1, size=(interactions.n_items, DIMENSION + 1)).astype(np.float32)
    users[:, -1] = items[:, -1] = 0
    for _ in range(EPOCHS):
        order = random.permutation(len(stars)).astype(np.int32)
        _sgd_epoch(interactions.user_ordinals, interactions.ordinals, stars - mean, order, (users, items))

    def predict(user_ordinals: NDArray[np.integer], item_ordinals: NDArray[np.integer]) -> NDArray[np.float64]:
        p, q = users[user_ordinals].astype(np.float64), items[item_ordinals].astype(np.float64)
        return mean + p[:, -1] + q[:, -1] + (p[:, :-1] * q[:, :-1]).sum(axis=1)

    return predict


@jit_strict
def _sgd_epoch(
    user_ordinals: Ordinals, item_ordinals: Ordinals, stars: Floats, order: Ordinals, vectors: tuple[Floats, Floats]
) -> None:
    rate, regularization = np.float32(LEARNING_RATE), np.float32(REGULARIZATION)
    for row in order:
        p, q = vectors[0][user_ordinals[row]], vectors[1][item_ordinals[row]]
        error = stars[row] - p[DIMENSION] - q[DIMENSION]
        for j in range(DIMENSION):
            error -= p[j] * q[j]
        p[DIMENSION] += rate * (error - regularization * p[DIMENSION])
        q[DIMENSION] += rate * (error - regularization * q[DIMENSION])
        for j in range(DIMENSION):
            p[j], q[j] = (
                p[j] + rate * (error * q[j] - regularization * p[j]),
                q[j] + rate * (error * p[j] - regularization * q[j]),
            )
