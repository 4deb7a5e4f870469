"""The article's comparison of rankers: speed relative to exact ranking by partition, and recall."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from time import process_time

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import METRIC, SEED, open_index
from recommendations.engine.ranking.annoy_tuning import tune_index
from recommendations.engine.ranking.base import Ranking, approximate_rank, exact_rank_naive, exact_rank_partition
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.timing import Rank, lists, recall, sample, speed

USERS = 200
ARTICLE_TREES = 50
MANY_RATED = 2_000
GENRE_SHARE = 0.05
JITTER = 0.1
TARGET, LARGE_TARGET = 0.99, 0.95
"""Target recall@10 of the tuned Annoy index."""
LARGE = 500_000
Filters = Callable[[int], dict[str, NDArray[np.integer]]]
"""Maps the index of a sampled user to filters, as keyword arguments of a ranker."""


def no_filter(user: int) -> dict[str, NDArray[np.integer]]:
    """Apply no filter."""
    return {}


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """Measurements of one ranker.

    Attributes
    ----------
    name : str
    p50, p99 : float
        CPU time of a top-10 query on one thread, in microseconds.
    ratio : float
        p50 divided by that of `exact_rank_partition` without filters, in the same process.
    recall_at_10, recall_at_100 : float
        Recall of the true list under the same filter.
    bytes : int
        Memory or file size beyond the vectors.
    build_seconds : float
        CPU time.
    """

    name: str
    p50: float
    p99: float
    ratio: float
    recall_at_10: float
    recall_at_100: float
    bytes: int
    build_seconds: float


def compare(
    item_vectors: NDArray[np.float32], user_vectors: NDArray[np.float32], folder: Path
) -> Iterator[BenchmarkRow]:
    """Compare the rankers on up to 200 users; yield one row per ranker.

    Parameters
    ----------
    item_vectors : (n_items, d) float32
    user_vectors : (n_users, d) float32
    folder : Path
        Folder for the index files.
    """
    target = TARGET if len(item_vectors) < LARGE else LARGE_TARGET
    data = BenchmarkData(item_vectors, sample(user_vectors, USERS))
    yield data.measure("exact_rank_naive", data.bind(exact_rank_naive))
    yield data.measure("exact_rank_partition", data.bind(exact_rank_partition))
    yield _article_row(data, folder / "article.ann")
    start = process_time()
    ranker = ExactRanker.prepare(item_vectors)
    prepared = process_time() - start
    kept = sum(array.nbytes for array in ranker.arrays().values())
    plan = tune_index(item_vectors, data.users, folder / "tuned.ann", ranker=ranker, target=target)
    index = open_index(folder / "tuned.ann", item_vectors, search_k=plan.search_k)
    name = f"approximate_rank, equal norms, {plan.n_trees} trees, search_k {plan.search_k}"
    rank = data.bind(lambda user, _, k: approximate_rank(user, index, k))
    yield data.measure(name, rank, size=plan.bytes, seconds=plan.build_seconds)
    for suffix, user_filters in _filters(data).items():
        rank = data.bind(lambda user, _, k, **filters: ranker.rank(user, k, **filters), user_filters)
        yield data.measure(f"ExactRanker{suffix}", rank, user_filters, size=kept, seconds=prepared)


@dataclass(frozen=True)
class BenchmarkData:
    """The items, and the sample of users that all rankers are queried with."""

    items: NDArray[np.float32]
    users: NDArray[np.float32]

    def bind(self, rank: Callable[..., Ranking], filters: Filters = no_filter) -> Rank:
        """Bind `rank(user vector, items, k, **filters)` to the items, the sample and the filters."""
        return lambda user, k: rank(self.users[user], self.items, k, **filters(user))

    @cached_property
    def partition_p50(self) -> float:
        """The p50 of `exact_rank_partition` without filters."""
        return speed(self.bind(exact_rank_partition), len(self.users)).p50

    def measure(
        self, name: str, rank: Rank, filters: Filters = no_filter, *, size: int = 0, seconds: float = 0.0
    ) -> BenchmarkRow:
        """Measure the speed and recall of a bound ranker, against `exact_rank_partition` with the same filters."""
        true_lists = lists(self.bind(exact_rank_partition, filters), len(self.users), 100)
        retrieved_lists = [lists(rank, len(self.users), k) for k in (10, 100)]
        times = speed(rank, len(self.users))
        shares = [
            round(recall(retrieved, true_lists, k), 4) for retrieved, k in zip(retrieved_lists, (10, 100), strict=True)
        ]
        ratio = round(times.p50 / self.partition_p50, 3)
        return BenchmarkRow(name, times.p50, times.p99, ratio, shares[0], shares[1], size, round(seconds, 2))


def resized(item_vectors: NDArray[np.float32], n_items: int) -> NDArray[np.float32]:
    """Resample the catalogue to another size: random rows, jittered where it grows.

    Parameters
    ----------
    item_vectors : (n, d) float32
    n_items : int

    Returns
    -------
    (n_items, d) float32
        Where it grows, each entry's noise is a tenth of its column's standard deviation.
    """
    random = np.random.default_rng(0)
    if n_items <= len(item_vectors):
        return item_vectors[np.sort(random.choice(len(item_vectors), n_items, replace=False))]
    rows = item_vectors[random.integers(0, len(item_vectors), n_items)]
    noise = random.standard_normal(rows.shape, dtype=np.float32)
    return rows + noise * (JITTER * item_vectors.std(axis=0))


def _filters(data: BenchmarkData) -> dict[str, Filters]:
    n_items, n_users = len(data.items), len(data.users)
    best = lists(data.bind(exact_rank_partition), n_users, min(MANY_RATED, n_items // 4))
    random = np.random.default_rng(0)
    genre = np.sort(random.choice(n_items, round(n_items * GENRE_SHARE), replace=False))
    return {
        "": no_filter,
        ", 20 rated excluded": lambda user: {"exclude": best[user][:20]},
        f", own best {MANY_RATED:,} excluded": lambda user: {"exclude": best[user]},
        f", genre of {GENRE_SHARE:.0%}": lambda user: {"candidates": genre},
    }


def _article_row(data: BenchmarkData, path: Path) -> BenchmarkRow:
    """Annoy on the plain vectors, which its `dot` does not rank correctly."""
    start = process_time()
    annoy = AnnoyIndex(data.items.shape[1], METRIC)
    annoy.set_seed(SEED)
    for ordinal, vector in enumerate(data.items):
        annoy.add_item(ordinal, vector)
    annoy.build(ARTICLE_TREES, n_jobs=1)
    annoy.save(str(path))
    built = process_time() - start

    def rank(user: NDArray[np.float32], _: NDArray[np.float32], k: int) -> Ranking:
        ordinals, scores = annoy.get_nns_by_vector(user, k, include_distances=True)
        return Ranking(np.array(ordinals, np.int32), np.array(scores, np.float32), len(ordinals))

    name = f"Annoy as in the article, {ARTICLE_TREES} trees"
    return data.measure(name, data.bind(rank), size=path.stat().st_size, seconds=built)
