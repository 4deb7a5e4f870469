"""Bounds that let the exact ranker skip items: digests of their vectors, in blocks with bounding boxes.

Let μ be the mean item, r₁ … r₁₅ the principal components of the items, and for each item x the coordinates
pⱼ = rⱼ·(x − μ) and the norm t of the remainder. By the Cauchy–Schwarz inequality,

    u·x  ≤  u·μ + Σⱼ (rⱼ·u) pⱼ + ‖u − Σⱼ (rⱼ·u) rⱼ‖ t.

The 16 numbers (p, t) are the item's digest. Trained vectors vary so little outside a few directions that the bound
rules out nearly all items. Blocks are the leaves of a tree that halves the items along their widest coordinate, as in a
k-d tree. Over a block's box, the bound is at most its value at the best corner.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.exact_search import BLOCK, WIDTH
from recommendations.engine.ranking.quantization import encode

N_DIRECTIONS = WIDTH - 1


def digest(item_vectors: NDArray[np.float32]) -> dict[str, NDArray[Any]]:
    """Compute the digests and codes of `item_vectors` (n_items, d).

    Returns
    -------
    mean : (d,) float64
    directions : (15, d) float64
        Orthonormal rows; zero where d < 15.
    longest : (1,) float64
        An upper bound of all item norms.
    digests : (n_blocks, 16, 32) float32
        One column per item of the block.
    ordinals : (n_blocks, 32) int32
        The ordinals of the items; −1 where a block is not full.
    lower, upper : (16, n_blocks) float32
        The blocks' bounding boxes.
    codes, steps, errors
        See `quantization.encode`.
    """
    mean = item_vectors.mean(axis=0, dtype=np.float64)
    centred = item_vectors - mean
    directions = _widest_directions(centred)
    coordinates = centred @ directions.T
    remainder = np.linalg.norm(centred - coordinates @ directions, axis=1)
    longest = np.linalg.norm(centred, axis=1).max() + np.linalg.norm(mean)
    rows = np.column_stack([coordinates, remainder]).astype(np.float32)
    blocks = _build_blocks(rows[:, :N_DIRECTIONS])
    block_rows = np.where(blocks[:, :, None] < 0, rows[blocks[:, :1]], rows[blocks])
    return {
        "mean": mean,
        "directions": directions,
        "longest": np.array([longest]),
        "digests": np.ascontiguousarray(block_rows.transpose(0, 2, 1)),
        "ordinals": blocks,
        "lower": np.ascontiguousarray(block_rows.min(axis=1).T),
        "upper": np.ascontiguousarray(block_rows.max(axis=1).T),
        **encode(item_vectors, mean, blocks),
    }


def _widest_directions(centred: NDArray[np.float64]) -> NDArray[np.float64]:
    _, vectors = np.linalg.eigh(centred.T @ centred)
    directions = np.zeros((N_DIRECTIONS, centred.shape[1]))
    widest = vectors.T[::-1][:N_DIRECTIONS]
    directions[: len(widest)] = widest
    return directions


def _build_blocks(points: NDArray[np.float32]) -> NDArray[np.int32]:
    """(n_blocks, 32) int32: ordinals of neighbouring points; a block that is not full ends with −1."""
    depth = max(0, int(np.ceil(np.log2(len(points) / BLOCK))))
    slots = -(-len(points) // (1 << depth))
    nodes = np.full((1, slots << depth), -1, np.int32)
    nodes[0, : len(points)] = np.arange(len(points))
    for _ in range(depth):
        half = nodes.shape[1] // 2
        halves = np.argpartition(_split_keys(points, nodes), half, axis=1)
        nodes = np.take_along_axis(nodes, halves, axis=1).reshape(-1, half)
    blocks = np.full((len(nodes), BLOCK), -1, np.int32)
    blocks[:, :slots] = -np.sort(-nodes, axis=1)
    return blocks


def _split_keys(points: NDArray[np.float32], nodes: NDArray[np.int32]) -> NDArray[np.float32]:
    """The values of each node along its widest coordinate; empty slots go to both ends evenly."""
    empty = nodes < 0
    spread = np.stack([_spread(column[nodes], empty) for column in points.T], axis=1)
    keys = points[nodes, spread.argmax(axis=1)[:, None]]
    ends = np.where(np.cumsum(empty, axis=1) % 2, np.inf, -np.inf)
    return np.where(empty, ends, keys).astype(np.float32)


def _spread(values: NDArray[np.float32], empty: NDArray[np.bool_]) -> NDArray[np.float64]:
    return np.std(values, axis=1, where=~empty, dtype=np.float64)
