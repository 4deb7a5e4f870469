"""Matrix factorisation with biases, the baseline that predicted stars are measured against.

r̂ = μ + b_u + b_i + p_u · q_i by stochastic gradient descent (Koren, Bell and Volinsky, "Matrix factorization
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
PENALTY = 0.05
Predict = Callable[[NDArray[np.integer], NDArray[np.integer]], NDArray[np.float64]]


def biased_mf(interactions: Interactions, *, seed: int = 0) -> Predict:
    """Fit to all ratings; `predict(user ordinals (m,), item ordinals (m,))` gives (m,) stars, not clipped."""
    random = np.random.default_rng(seed)
    stars = (interactions.half_stars / 2).astype(np.float32)
    mean = np.float32(stars.mean() if len(stars) else 0)
    users = random.normal(scale=0.1, size=(interactions.n_users, DIMENSION + 1)).astype(np.float32)
    items = random.normal(scale=0.1, size=(interactions.n_items, DIMENSION + 1)).astype(np.float32)
    users[:, -1] = items[:, -1] = 0
    for _ in range(EPOCHS):
        order = random.permutation(len(stars)).astype(np.int32)
        _descend(interactions.user_ordinals, interactions.ordinals, stars - mean, order, (users, items))

    def predict(whose: NDArray[np.integer], what: NDArray[np.integer]) -> NDArray[np.float64]:
        p, q = users[whose].astype(np.float64), items[what].astype(np.float64)
        return mean + p[:, -1] + q[:, -1] + (p[:, :-1] * q[:, :-1]).sum(axis=1)

    return predict


@jit_strict
def _descend(
    users_of: Ordinals, items_of: Ordinals, stars: Floats, order: Ordinals, vectors: tuple[Floats, Floats]
) -> None:
    rate, penalty = np.float32(LEARNING_RATE), np.float32(PENALTY)
    for place in order:
        p, q = vectors[0][users_of[place]], vectors[1][items_of[place]]
        off = stars[place] - p[DIMENSION] - q[DIMENSION]
        for j in range(DIMENSION):
            off -= p[j] * q[j]
        p[DIMENSION] += rate * (off - penalty * p[DIMENSION])
        q[DIMENSION] += rate * (off - penalty * q[DIMENSION])
        for j in range(DIMENSION):
            p[j], q[j] = p[j] + rate * (off * q[j] - penalty * p[j]), q[j] + rate * (off * p[j] - penalty * q[j])
