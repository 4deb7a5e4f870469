"""The article's comparison of rankers: what each costs beside the partition, and how much of the truth it finds."""

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
RATED = 2_000
GENRE = 0.05
JITTER = 0.1
TARGET, TARGET_OF_LARGE = 0.99, 0.95
"""Recall@10 that our index is built for."""
LARGE = 500_000
Only = Callable[[int], dict[str, NDArray[np.integer]]]
"""The filters of a user of the sample, as keyword arguments of a ranker."""


def everything(user: int) -> dict[str, NDArray[np.integer]]:
    """No filter."""
    return {}


@dataclass(frozen=True, slots=True)
class BenchmarkRow:
    """One ranker of the comparison.

    Attributes
    ----------
    name : str
    p50, p99 : float
        Processor time of a top 10 on one thread, in microseconds.
    ratio : float
        p50 over that of `exact_rank_partition` without filters, in the same process.
    recall_at_10, recall_at_100 : float
        Of the true list under the same filter.
    bytes : int
        What the ranker keeps beside the vectors.
    build_seconds : float
        Processor time.
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
    """Compare the rankers on up to 200 users, a line at a time.

    Parameters
    ----------
    item_vectors : (n_items, d) float32
    user_vectors : (n_users, d) float32
    folder : Path
        Where index files go.
    """
    target = TARGET if len(item_vectors) < LARGE else TARGET_OF_LARGE
    field = Field(item_vectors, sample(user_vectors, USERS))
    yield field.line("exact_rank_naive", field.asking(exact_rank_naive))
    yield field.line("exact_rank_partition", field.asking(exact_rank_partition))
    yield _of_article(field, folder / "article.ann")
    start = process_time()
    ranker = ExactRanker.prepare(item_vectors)
    prepared = process_time() - start
    kept = sum(array.nbytes for array in ranker.arrays().values())
    plan = tune_index(item_vectors, field.users, folder / "tuned.ann", ranker=ranker, target=target)
    index = open_index(folder / "tuned.ann", item_vectors, search_k=plan.search_k)
    name = f"approximate_rank, equal norms, {plan.n_trees} trees, search_k {plan.search_k}"
    asked = field.asking(lambda user, _, k: approximate_rank(user, index, k))
    yield field.line(name, asked, size=plan.bytes, seconds=plan.build_seconds)
    for what, only in _filters(field).items():
        asked = field.asking(lambda user, _, k, **filters: ranker.rank(user, k, **filters), only)
        yield field.line(f"ExactRanker{what}", asked, only, size=kept, seconds=prepared)


@dataclass(frozen=True)
class Field:
    """Items, and the sample of users that all rankers are asked about."""

    items: NDArray[np.float32]
    users: NDArray[np.float32]

    def asking(self, rank: Callable[..., Ranking], only: Only = everything) -> Rank:
        """`rank(user vector, items, k, **filters)` as a ranker of this field."""
        return lambda user, k: rank(self.users[user], self.items, k, **only(user))

    @cached_property
    def unit(self) -> float:
        """What a query of `exact_rank_partition` costs."""
        return speed(self.asking(exact_rank_partition), len(self.users)).p50

    def line(
        self, name: str, rank: Rank, only: Only = everything, *, size: int = 0, seconds: float = 0.0
    ) -> BenchmarkRow:
        true = lists(self.asking(exact_rank_partition, only), len(self.users), 100)
        found = [lists(rank, len(self.users), k) for k in (10, 100)]
        taken = speed(rank, len(self.users))
        shares = [round(recall(lists_of, true, k), 4) for lists_of, k in zip(found, (10, 100), strict=True)]
        ratio = round(taken.p50 / self.unit, 3)
        return BenchmarkRow(name, taken.p50, taken.p99, ratio, shares[0], shares[1], size, round(seconds, 2))


def resized(item_vectors: NDArray[np.float32], n_items: int) -> NDArray[np.float32]:
    """A catalogue of another size that looks alike: rows drawn at random; jittered where it is larger.

    Parameters
    ----------
    item_vectors : (n, d) float32
    n_items : int

    Returns
    -------
    (n_items, d) float32
        Each entry of a larger one differs from its model's by a tenth of its column's standard deviation.
    """
    random = np.random.default_rng(0)
    if n_items <= len(item_vectors):
        return item_vectors[np.sort(random.choice(len(item_vectors), n_items, replace=False))]
    rows = item_vectors[random.integers(0, len(item_vectors), n_items)]
    noise = random.standard_normal(rows.shape, dtype=np.float32)
    return rows + noise * (JITTER * item_vectors.std(axis=0))


def _filters(field: Field) -> dict[str, Only]:
    n_items, n_users = len(field.items), len(field.users)
    best = lists(field.asking(exact_rank_partition), n_users, min(RATED, n_items // 4))
    random = np.random.default_rng(0)
    genre = np.sort(random.choice(n_items, round(n_items * GENRE), replace=False))
    return {
        "": everything,
        ", 20 rated out": lambda user: {"exclude": best[user][:20]},
        f", own best {RATED:,} out": lambda user: {"exclude": best[user]},
        f", genre of {GENRE:.0%}": lambda user: {"candidates": genre},
    }


def _of_article(field: Field, path: Path) -> BenchmarkRow:
    """Annoy on the vectors as they are, which its `dot` does not rank rightly."""
    start = process_time()
    annoy = AnnoyIndex(field.items.shape[1], METRIC)
    annoy.set_seed(SEED)
    for ordinal, vector in enumerate(field.items):
        annoy.add_item(ordinal, vector)
    annoy.build(ARTICLE_TREES, n_jobs=1)
    annoy.save(str(path))
    built = process_time() - start

    def rank(user: NDArray[np.float32], _: NDArray[np.float32], k: int) -> Ranking:
        ordinals, scores = annoy.get_nns_by_vector(user, k, include_distances=True)
        return Ranking(np.array(ordinals, np.int32), np.array(scores, np.float32), len(ordinals))

    name = f"Annoy as in the article, {ARTICLE_TREES} trees"
    return field.line(name, field.asking(rank), size=path.stat().st_size, seconds=built)
