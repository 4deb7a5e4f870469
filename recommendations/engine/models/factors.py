"""Factor matrices of users and items: weighted sums of models by concatenation, and compression by SVD."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

ROWS_PER_STEP = 65_536


@dataclass(frozen=True, eq=False)
class Factors:
    """Vectors with their biases in the last column; score = u · v + b_u + b_v.

    Attributes
    ----------
    users : (n_users, d + 1) float32
        `[u, b_u]`.
    parts : mapping of str to (n_items, d + 1) float32
        The contribution of each block of features to `[v, b_v]`.
    """

    users: NDArray[np.float32]
    parts: Mapping[str, NDArray[np.float32]]

    @property
    def items(self) -> NDArray[np.float32]:
        """(n_items, d + 1) float32: `[v, b_v]`."""
        return sum_parts(self.parts)


def with_zero_biases(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, d + 1) float32: the vectors (n, d) with a last column of zero biases."""
    return np.column_stack([vectors, np.zeros(len(vectors), np.float32)])


def sum_parts(parts: Mapping[str, NDArray[np.float32]]) -> NDArray[np.float32]:
    """Sum the parts in float64 and round once to float32."""
    return np.sum([part.astype(np.float64) for part in parts.values()], axis=0).astype(np.float32)


def join(factors: Sequence[Factors], weights: Sequence[float]) -> Factors:
    """Concatenate factors, so that the scores are the weighted sum of the given factors' scores.

    Parameters
    ----------
    factors : sequence of Factors
        Factors of the same users and items.
    weights : sequence of float
        Weights of their scores, none negative.
    """
    users = _concatenate([factor.users for factor in factors], weights)
    names = dict.fromkeys(name for factor in factors for name in factor.parts)
    zeros = [np.zeros_like(next(iter(factor.parts.values()))) for factor in factors]
    parts = {
        name: _concatenate([factor.parts.get(name, zero) for factor, zero in zip(factors, zeros, strict=True)], weights)
        for name in names
    }
    return Factors(users, parts)


def scale_item_biases(factors: Factors, share: float) -> Factors:
    """Scale the items' biases by `share`."""
    parts = {
        name: np.column_stack([part[:, :-1], part[:, -1] * np.float32(share)]) for name, part in factors.parts.items()
    }
    return replace(factors, parts=parts)


def score_spread(factors: Factors) -> float:
    """Standard deviation of a user's scores over the items, averaged over the users."""
    items = factors.items.astype(np.float64)
    users = factors.users.astype(np.float64)
    users[:, -1] = 1
    variances = ((users @ np.cov(items.T, bias=True)) * users).sum(axis=1)
    return float(np.sqrt(np.maximum(variances, 0)).mean())


def compress(
    factors: Factors,
    dimension: int,
    weights: NDArray[np.floating] | None = None,
    extra_users: NDArray[np.floating] | None = None,
) -> tuple[Factors, NDArray[np.float64]]:
    """Compress to `dimension` columns so that scores change least in the sum of squares.

    With G = UᵀU and H = VᵀV, the singular vectors of G^½ H^½ give the best approximation of U Vᵀ without forming the
    product (Eckart and Young 1936).

    Parameters
    ----------
    factors : Factors
        Users may have fewer vector columns than items; the missing ones count as 0.
    dimension : int
    weights : (n_items,) float, optional
        Weights of the items in the sum; by default all items weigh the same.
    extra_users : (m, D) float, optional
        Vectors (without bias) of further users whose scores are approximated too.

    Returns
    -------
    Factors
    (D, dimension) float64
        Projection that user vectors (without bias) are multiplied by.
    """
    items = factors.items[:, :-1].astype(np.float64)
    width, n_user_columns = items.shape[1], factors.users.shape[1] - 1
    if width <= dimension:
        to_users = to_items = np.eye(width)
    else:
        gram = np.zeros((width, width))
        gram[:n_user_columns, :n_user_columns] = _gram(factors.users[:, :-1])
        if extra_users is not None:
            gram += _gram(extra_users)
        root_users, inverse_users = _square_roots(gram)
        root_items, inverse_items = _square_roots(items.T @ (items if weights is None else items * weights[:, None]))
        left, values, right = np.linalg.svd(root_users @ root_items)
        scale = np.sqrt(values[:dimension])
        to_users, to_items = inverse_users @ left[:, :dimension] * scale, inverse_items @ right[:dimension].T * scale
    parts = {name: _project(part, to_items) for name, part in factors.parts.items()}
    return Factors(_project(factors.users, to_users[:n_user_columns]), parts), to_users


def _gram(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    gram = np.zeros((vectors.shape[1], vectors.shape[1]))
    for block in _blocks(vectors):
        gram += block.T @ block
    return gram


def _project(vectors: NDArray[np.float32], matrix: NDArray[np.float64]) -> NDArray[np.float32]:
    projected = [(block[:, :-1] @ matrix).astype(np.float32) for block in _blocks(vectors)]
    return np.column_stack([np.concatenate(projected), vectors[:, -1]])


def _blocks(vectors: NDArray[np.floating]) -> Iterator[NDArray[np.float64]]:
    """Yield all rows in float64, block by block: a copy of many users' vectors would be large."""
    return (
        vectors[start : start + ROWS_PER_STEP].astype(np.float64)
        for start in range(0, max(len(vectors), 1), ROWS_PER_STEP)
    )


def _square_roots(gram: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The square root of a positive semidefinite matrix, and that root's pseudo-inverse."""
    values, vectors = np.linalg.eigh(gram)
    roots = np.sqrt(np.maximum(values, 0))
    inverses = np.divide(1, roots, out=np.zeros_like(roots), where=roots > 1e-7 * roots.max(initial=0))
    return vectors * roots @ vectors.T, vectors * inverses @ vectors.T


def _concatenate(blocks: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float32]:
    roots = np.sqrt(np.asarray(weights))
    vectors = [block[:, :-1] * root for block, root in zip(blocks, roots, strict=True)]
    biases = sum(block[:, -1] * weight for block, weight in zip(blocks, weights, strict=True))
    return np.column_stack([*vectors, biases]).astype(np.float32)
