"""Top-k lists for all users, block by block, so that memory does not grow with the number of users."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.exact import ExactRanker

BLOCK = 2_048


class Block(NamedTuple):
    """Lists of the users `start`, `start + 1`, …; −1 and −inf where no item is left.

    Attributes
    ----------
    start : int
    ordinals : (m, k) int32
    scores : (m, k) float32
    """

    start: int
    ordinals: NDArray[np.int32]
    scores: NDArray[np.float32]


def rank_all(
    ranker: ExactRanker,
    user_vectors: NDArray[np.float32],
    k: int,
    *,
    exclude: tuple[NDArray[np.integer], NDArray[np.integer]],
    threads: int = 1,
) -> Iterator[Block]:
    """Rank for all users, in order.

    Parameters
    ----------
    ranker : ExactRanker
    user_vectors : (n_users, d) float32
        May be memory-mapped.
    k : int
    exclude : (indptr (n_users + 1,), ordinals)
        The items to exclude for each user, as in the rows of a CSR matrix: `interactions.indptr,
        interactions.ordinals`. For a range of users, slice the vectors and `indptr`; `ordinals` stays whole.
    threads : int
        Number of blocks ranked in parallel; up to two blocks per thread are held in memory.
    """
    indptr, ordinals = exclude
    if len(indptr) != len(user_vectors) + 1:
        raise ValueError(f"exclude has {len(indptr) - 1} rows for {len(user_vectors)} users")

    def rank(start: int) -> Block:
        bounds = np.asarray(indptr[start : start + BLOCK + 1])
        block_exclude = bounds - bounds[0], ordinals[bounds[0] : bounds[-1]]
        return Block(start, *ranker.rank_many(user_vectors[start : start + BLOCK], k, exclude=block_exclude))

    starts = iter(range(0, len(user_vectors), BLOCK))
    with ThreadPoolExecutor(threads) as pool:
        pending: deque[Future[Block]] = deque(pool.submit(rank, start) for start in islice(starts, 2 * threads))
        while pending:
            yield pending.popleft().result()
            pending.extend(pool.submit(rank, start) for start in islice(starts, 1))
