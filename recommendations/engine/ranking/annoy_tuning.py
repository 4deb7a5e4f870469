"""Tune an Annoy index for a target recall: its trees, its search_k, and whether it beats exact ranking."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import ItemIndex, build_index, open_index
from recommendations.engine.ranking.base import approximate_rank, exact_rank_partition
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.timing import Rank, Speed, lists, recall, sample, speed

TREES = (10, 20, 40)
MAX_FOREST_SIZE = 20_000_000
"""Maximum of trees times items; larger forests take minutes to build."""
TREE_COST = 8
"""Cost of descending one tree in a query, in inspected items; measured at 62,423 items."""
INITIAL_SEARCH_K, SEARCH_K_GROWTH = 100, 1.1
SAMPLE_USERS = 200
MAX_TIME_RATIO = 0.5
"""Maximum share of the exact ranker's time that justifies an approximate list."""


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """The chosen index and its measurements; all fields are plain numbers and strings, for the manifest.

    Attributes
    ----------
    n_trees, search_k : int
        Parameters of `build_index` and `open_index`.
    recall_at_10, recall_at_100 : float
        Share of the true top k that the index finds, averaged over the sample.
    users : int
        Number of users in the sample.
    bytes : int
        Size of the file.
    build_seconds : float
        Processor time.
    approximate, exact, partition : Speed
        Speed of a top-10 query.
    serve : {"exact", "approximate"}
        The ranker that this machine should serve unfiltered lists from.
    """

    n_trees: int
    search_k: int
    recall_at_10: float
    recall_at_100: float
    users: int
    bytes: int
    build_seconds: float
    approximate: Speed
    exact: Speed
    partition: Speed
    serve: Literal["exact", "approximate"]


def tune_index(
    item_vectors: NDArray[np.float32],
    user_vectors: NDArray[np.float32],
    path: Path,
    *,
    ranker: ExactRanker,
    target: float = 0.99,
) -> IndexPlan:
    """Build the cheapest index at `path` whose recall@10 reaches the target.

    For each number of trees, `search_k` grows until the recall is reached. The choice minimizes `search_k + 8 · trees`,
    which depends only on the vectors, so a rebuild gives the same file.

    Parameters
    ----------
    item_vectors : (n_items, d) float32
    user_vectors : (n_users, d) float32
        User vectors; a sample of up to 200 is queried.
    path : Path
    ranker : ExactRanker
        Ranker of the same items.
    target : float
        Target recall@10, 0 … 1.

    Raises
    ------
    ValueError
        When there is no user to query.
    """
    if not len(user_vectors):
        raise ValueError("there is no user to measure the index with")
    users = sample(user_vectors, SAMPLE_USERS)
    true_lists = lists(_exact_rank(ranker, users), len(users), 100)
    n_trees, search_k = _choose(item_vectors, path, users, true_lists, target)
    build_seconds = _build(item_vectors, path, n_trees)
    rank = _index_rank(open_index(path, item_vectors, search_k=search_k), users)
    approximate, exact = speed(rank, len(users)), speed(_exact_rank(ranker, users), len(users))
    return IndexPlan(
        n_trees,
        search_k,
        recall(lists(rank, len(users), 10), true_lists, 10),
        recall(lists(rank, len(users), 100), true_lists, 100),
        len(users),
        path.stat().st_size,
        build_seconds,
        approximate,
        exact,
        speed(lambda user, k: exact_rank_partition(users[user], item_vectors, k), len(users)),
        "approximate" if approximate.p50 < MAX_TIME_RATIO * exact.p50 else "exact",
    )


def _choose(
    item_vectors: NDArray[np.float32],
    path: Path,
    users: NDArray[np.float32],
    true_lists: list[NDArray[np.int32]],
    target: float,
) -> tuple[int, int]:
    plans = []
    for n_trees in TREES:
        if n_trees * len(item_vectors) <= MAX_FOREST_SIZE or n_trees == TREES[0]:
            build_index(item_vectors, path, n_trees=n_trees)
            search_k = _tune_search_k(open_index(path, item_vectors), n_trees, users, true_lists, target)
            plans.append((n_trees, search_k))
    return min(plans, key=lambda plan: plan[1] + TREE_COST * plan[0])


def _build(item_vectors: NDArray[np.float32], path: Path, n_trees: int) -> float:
    """Build the index and return the CPU seconds that it took."""
    start = time.process_time()
    build_index(item_vectors, path, n_trees=n_trees)
    return round(time.process_time() - start, 2)


def _exact_rank(ranker: ExactRanker, users: NDArray[np.float32]) -> Rank:
    return lambda user, k: ranker.rank(users[user], k)


def _index_rank(index: ItemIndex, users: NDArray[np.float32]) -> Rank:
    return lambda user, k: approximate_rank(users[user], index, k)


def _tune_search_k(
    index: ItemIndex,
    n_trees: int,
    users: NDArray[np.float32],
    true_lists: list[NDArray[np.int32]],
    target: float,
) -> int:
    search_k = float(INITIAL_SEARCH_K)
    while search_k < n_trees * index.n_items:
        rank = _index_rank(replace(index, search_k=int(search_k)), users)
        if recall(lists(rank, len(users), 10), true_lists, 10) >= target:
            break
        search_k *= SEARCH_K_GROWTH
    return int(search_k)
