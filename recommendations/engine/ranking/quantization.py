"""Scalar quantization of item vectors to int8, with error bounds: the second filter of the exact ranker.

An item's code q is its difference from the mean item, x − μ, in steps of a = max |x − μ| / 127, rounded. With e the
norm of the rounding error, the Cauchy–Schwarz inequality gives

    u·x  ≤  u·μ + a (u·q) + ‖u‖ e,

which is within a percent or so of the true score and reads a quarter of the memory.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_CODE = 127
BLOCKS_PER_STEP = 1_024
"""Number of blocks encoded at a time: intermediate results are float64."""
ROUND_UP = 1 + 1e-6


def encode(
    item_vectors: NDArray[np.float32], mean: NDArray[np.float64], blocks: NDArray[np.int32]
) -> dict[str, NDArray[Any]]:
    """Encode `item_vectors` (n_items, d), in the order of their blocks.

    Parameters
    ----------
    item_vectors : (n_items, d) float32
    mean : (d,) float64
    blocks : (n_blocks, 32) int32
        Ordinals, −1 where a block is not full.

    Returns
    -------
    codes : (n_blocks, 32, d) int8
    steps : (n_blocks, 32) float32
        Step a of each code.
    errors : (n_blocks, 32) float32
        Error norm e of each code, rounded up.
    """
    codes = np.zeros((*blocks.shape, len(mean)), np.int8)
    steps, errors = (np.zeros(blocks.shape, np.float32) for _ in range(2))
    for first in range(0, len(blocks), BLOCKS_PER_STEP):
        block = slice(first, first + BLOCKS_PER_STEP)
        centred = item_vectors[blocks[block]] - mean
        steps[block] = np.abs(centred).max(axis=2) / LARGEST_CODE
        step = np.maximum(steps[block], np.finfo(np.float32).tiny)[:, :, None].astype(np.float64)
        codes[block] = np.clip(np.rint(centred / step), -LARGEST_CODE, LARGEST_CODE)
        steps[block] = step[:, :, 0]
        errors[block] = np.linalg.norm(centred - codes[block] * step, axis=2) * ROUND_UP
    return {"codes": codes, "steps": steps, "errors": errors}
