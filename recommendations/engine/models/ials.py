"""Implicit alternating least squares (iALS), which predicts better from few ratings than models of whole histories.

User and item vectors u, v minimize

    Σ c (1 − u·v)² + Σ_all (u·v)² + Σ λ_u ‖u‖² + Σ λ_v ‖v‖²

where c is `CONFIDENCE` times a rating's weight and λ_u is `RIDGE` (Hu, Koren and Volinsky, "Collaborative filtering for
implicit feedback datasets", 2008). λ_v grows with the number of ratings (Rendle et al., "Revisiting the performance of
iALS on item recommendation benchmarks", 2022). Each vector is solved for by a few steps of conjugate gradients from its
current value (Takács, Pilászy and Tikk, "Applications of the conjugate gradient method for implicit feedback
collaborative filtering", 2011).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommendations.engine.jit import jit_strict

DIMENSION = 128
CONFIDENCE = 24.0
RIDGE = 53.0
ITEM_POWER = 0.85
"""λ_v is `RIDGE` for an item with the mean number of ratings, and grows with the number of ratings to this power.

A higher power reduces the lead of the most-rated movies.
"""
EPOCHS, CG_STEPS = 5, 3
"""Few on purpose: vectors that have not fully converged predict better than converged ones."""
RESIDUAL_TOLERANCE = 1e-20
ROWS_PER_TASK = 2_000


def fit_items(
    matrix: csr_matrix, *, seed: int = 0, threads: int = 1, progress: Callable[[int, int], None] | None = None
) -> NDArray[np.float32]:
    """Fit the item vectors to all rows.

    Parameters
    ----------
    matrix : (n_rows, n_items) csr_matrix of float32
        Weights of the ratings, none negative.
    seed : int
    threads : int
        The result does not depend on it.
    progress : callable, optional
        Called after each epoch with its number, counted from 1, and the total.

    Returns
    -------
    (n_items, `DIMENSION`) float32
    """
    by_row = csr_matrix(matrix * np.float32(CONFIDENCE))
    by_item = csr_matrix(by_row.T)
    random = np.random.default_rng(seed)
    users, items = ((random.standard_normal((n, DIMENSION)) / 100).astype(np.float32) for n in matrix.shape)
    row_ridges, item_ridges = np.full(len(users), RIDGE, np.float32), _item_ridges(by_item)
    with ThreadPoolExecutor(threads) as pool:
        for epoch in range(1, EPOCHS + 1):
            _sweep(pool, by_row, row_ridges, items, users)
            _sweep(pool, by_item, item_ridges, users, items)
            if progress:
                progress(epoch, EPOCHS)
    return items


def fold_in_rows(
    items: NDArray[np.float32], *, confidence: float = CONFIDENCE, ridge: float = RIDGE
) -> NDArray[np.float32]:
    """(n_items, d) float32: for each item, the vector of a user who has rated only that item.

    The sum of such vectors approximates the vector of a user with several ratings, as long as they are few.
    """
    vectors = items.astype(np.float64)
    gram = vectors.T @ vectors
    gram[np.diag_indices_from(gram)] += ridge
    solutions = np.linalg.solve(gram, vectors.T).T
    leverage = (solutions * vectors).sum(axis=1, keepdims=True)
    return (solutions * (1 + confidence) / (1 + confidence * leverage)).astype(np.float32)


def _item_ridges(by_item: csr_matrix) -> NDArray[np.float32]:
    lengths = np.diff(by_item.indptr) + 1.0
    rated = lengths[lengths > 1]
    return (RIDGE * (lengths / (rated.mean() if len(rated) else 1)) ** ITEM_POWER).astype(np.float32)


class _Side(NamedTuple):
    """Inputs for solving one side's vectors: the ratings by row, and the vectors of the other side."""

    indptr: NDArray[np.int32]
    indices: NDArray[np.int32]
    confidences: NDArray[np.float32]
    ridges: NDArray[np.float32]
    others: NDArray[np.float32]
    gram: NDArray[np.float32]


def _sweep(
    pool: ThreadPoolExecutor,
    matrix: csr_matrix,
    ridges: NDArray[np.float32],
    others: NDArray[np.float32],
    vectors: NDArray[np.float32],
) -> None:
    """Solve for all rows of `vectors`, in place."""
    side = _Side(matrix.indptr, matrix.indices, matrix.data, ridges, others, others.T @ others)
    starts = range(0, len(vectors), ROWS_PER_TASK)
    list(pool.map(lambda start: _solve(side, vectors, start, min(start + ROWS_PER_TASK, len(vectors))), starts))


@jit_strict
def _solve(side: _Side, vectors: NDArray[np.float32], start: int, stop: int) -> None:
    for row in range(start, stop):
        if side.indptr[row] == side.indptr[row + 1]:
            vectors[row, :] = 0
        else:
            _conjugate_gradients(side, row, vectors[row])


@jit_strict
def _conjugate_gradients(side: _Side, row: int, vector: NDArray[np.float32]) -> None:
    """Improve `vector` in place by conjugate gradients on (G + Σ c v vᵀ + λ I) vector = Σ (1 + c) v."""
    product = np.empty_like(vector)
    _apply_system(side, row, vector, product)
    residual = -product
    for entry in range(side.indptr[row], side.indptr[row + 1]):
        other = side.others[side.indices[entry]]
        for j in range(len(vector)):
            residual[j] += (1 + side.confidences[entry]) * other[j]
    direction = residual.copy()
    residual_square = np.dot(residual, residual)
    for _ in range(CG_STEPS):
        if residual_square < RESIDUAL_TOLERANCE:
            return
        _apply_system(side, row, direction, product)
        step = residual_square / np.dot(direction, product)
        for j in range(len(vector)):
            vector[j] += step * direction[j]
            residual[j] -= step * product[j]
        next_square = np.dot(residual, residual)
        for j in range(len(vector)):
            direction[j] = residual[j] + next_square / residual_square * direction[j]
        residual_square = next_square


@jit_strict
def _apply_system(side: _Side, row: int, vector: NDArray[np.float32], product: NDArray[np.float32]) -> None:
    """Write (G + Σ c v vᵀ + λ I) vector to `product`."""
    np.dot(side.gram, vector, product)
    for j in range(len(vector)):
        product[j] += side.ridges[row] * vector[j]
    for entry in range(side.indptr[row], side.indptr[row + 1]):
        other = side.others[side.indices[entry]]
        share = side.confidences[entry] * np.dot(other, vector)
        for j in range(len(vector)):
            product[j] += share * other[j]
