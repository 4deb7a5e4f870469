"""Embeddings: one vector per user and item with stacked biases, so that a score is one dot product."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.data.interactions import IdMap

ROWS_PER_CHECK = 65_536


@dataclass(frozen=True, eq=False)
class Embeddings:
    """Immutable vectors with stacked biases, and the ids they belong to; score = `users[i] @ items[j]`.

    Attributes
    ----------
    user_ids : (n_users,) int64
        Ascending and unique.
    item_ids : (n_items,) int64
        Ascending and unique.
    users : (n_users, d + 2) float32
        `[u, b_u, 1]`.
    items : (n_items, d + 2) float32
        `[v, 1, b_v]`.

    Raises
    ------
    ValueError
        When a shape, dtype or constant column is wrong, or a value is not finite.
    """

    user_ids: NDArray[np.int64]
    item_ids: NDArray[np.int64]
    users: NDArray[np.float32]
    items: NDArray[np.float32]

    def __post_init__(self) -> None:
        for name, ids, vectors, constant in (
            ("user", self.user_ids, self.users, -1),
            ("item", self.item_ids, self.items, -2),
        ):
            IdMap(ids)
            if vectors.dtype != np.float32 or vectors.ndim != 2 or vectors.shape[1] < 2:
                raise ValueError(f"{name} vectors are {vectors.shape} {vectors.dtype}; expected (n, d + 2) float32")
            if len(vectors) != len(ids):
                raise ValueError(f"there are {len(ids)} {name} ids and {len(vectors)} {name} vectors")
            if not _finite(vectors):
                raise ValueError(f"{name} vectors hold NaN or infinity; train with a lower learning rate")
            if (vectors[:, constant] != 1).any():
                raise ValueError(
                    f"column {constant} of the {name} vectors must be 1: it multiplies the other side's bias"
                )
        if self.users.shape[1] != self.items.shape[1]:
            raise ValueError(f"user vectors have {self.users.shape[1]} columns, item vectors {self.items.shape[1]}")

    @classmethod
    def stack(
        cls,
        user_ids: NDArray[np.int64],
        item_ids: NDArray[np.int64],
        users: tuple[NDArray[np.floating], NDArray[np.floating]],
        items: tuple[NDArray[np.floating], NDArray[np.floating]],
    ) -> Self:
        """Stack vectors (n, d) and biases (n,) of both sides, given as (vectors, biases)."""
        return cls(user_ids, item_ids, stack_users(*users), stack_items(*items))

    @property
    def dimension(self) -> int:
        """d: the number of columns that are neither bias nor constant."""
        return self.items.shape[1] - 2


def _finite(vectors: NDArray[np.float32]) -> bool:
    """Check in blocks: memory-mapped vectors of many users must not be loaded, or their mask held, as a whole."""
    return all(
        np.isfinite(vectors[start : start + ROWS_PER_CHECK]).all() for start in range(0, len(vectors), ROWS_PER_CHECK)
    )


def stack_users(vectors: ArrayLike, biases: ArrayLike) -> NDArray[np.float32]:
    """(n, d) and (n,) to `[u, b_u, 1]`, (n, d + 2) float32."""
    biases = np.asarray(biases, np.float32)
    return np.column_stack([np.asarray(vectors, np.float32), biases, np.ones_like(biases)])


def stack_items(vectors: ArrayLike, biases: ArrayLike) -> NDArray[np.float32]:
    """(n, d) and (n,) to `[v, 1, b_v]`, (n, d + 2) float32."""
    biases = np.asarray(biases, np.float32)
    return np.column_stack([np.asarray(vectors, np.float32), np.ones_like(biases), biases])
