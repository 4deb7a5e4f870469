"""A slow, obvious reference ranker, and vectors to rank."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def reference(
    user_vector: NDArray[np.float32],
    item_vectors: NDArray[np.float32],
    k: int,
    exclude: Iterable[int] | None = None,
    candidates: Iterable[int] | None = None,
) -> list[tuple[int, float]]:
    """Return (ordinal, score) of the top k: score every eligible item and sort them all."""
    eligible = set(range(len(item_vectors)) if candidates is None else candidates)
    eligible -= set(() if exclude is None else exclude)
    scores = {item: score(user_vector, item_vectors[item]) for item in eligible}
    return sorted(scores.items(), key=lambda pair: (-pair[1], pair[0]))[:k]


def score(user_vector: NDArray[np.float32], item_vector: NDArray[np.float32]) -> float:
    """Dot product in float64, summed in four lanes and rounded once to float32."""
    lanes = [0.0] * 4
    for j, (u, x) in enumerate(zip(user_vector.tolist(), item_vector.tolist(), strict=True)):
        lanes[j % 4 if j < len(user_vector) // 4 * 4 else 0] += u * x
    return float(np.float32((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])))


def whole_numbers(n_items: int, dimension: int, seed: int = 0) -> NDArray[np.float32]:
    """Return vectors of small integers: float32 sums them without rounding, and many items tie."""
    return np.random.default_rng(seed).integers(-3, 4, (n_items, dimension)).astype(np.float32)
