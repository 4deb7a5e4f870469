"""Full-catalogue evaluation of a scorer: rank every item for each test user, except the items of the train part."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import Split
from recommendations.engine.data.targets import LIKED
from recommendations.engine.evaluation import accuracy, beyond_accuracy
from recommendations.engine.models.embeddings import Embeddings

Scorer = Callable[[NDArray[np.int32]], NDArray[np.float32]]
"""Maps (m,) user ordinals to (m, n_items) float32 scores of all items."""
CUTOFFS = (10, 20, 100)
BLOCK = 1 << 24
"""Number of scores computed at a time."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Metrics of one model on one split.

    Attributes
    ----------
    users : (m,) int32
        Ordinals of the evaluated users: those with a relevant item in the test part.
    lists : (m, k) int32
        The users' lists, best first.
    per_user : mapping of a metric's name, such as "ndcg@10", to (m,) float64
    overall : mapping of the name of a metric of all lists together, such as "coverage@10", to float
    """

    users: NDArray[np.int32]
    lists: NDArray[np.int32]
    per_user: dict[str, NDArray[np.float64]]
    overall: dict[str, float] = field(default_factory=dict)

    @property
    def metrics(self) -> dict[str, float]:
        """The mean over users of each per-user metric, and the overall metrics."""
        means = {name: float(values.mean()) if len(values) else 0.0 for name, values in self.per_user.items()}
        return means | self.overall


def evaluate(
    scorer: Scorer,
    split: Split,
    *,
    learned: Interactions | None = None,
    candidates: NDArray[np.bool_] | None = None,
    max_users: int | None = None,
) -> Evaluation:
    """Rank the whole catalogue for each user of the test part, without the items of the user's train part.

    Test items with 4 stars or more are relevant.

    Parameters
    ----------
    scorer : Scorer
        `scorer_of(embeddings)`, or a baseline's scorer.
    split : Split
    learned : Interactions, optional
        The model's training data if it is not the train part; popularity and novelty are computed from it.
    candidates : (n_items,) bool, optional
        Items to rank, at least 100 of them; by default all.
    max_users : int, optional
        Evaluate a random sample of this many users, always the same one.
    """
    relevant = split.test.matrix((split.test.half_stars >= LIKED).astype(np.float32))
    users = _test_users(relevant, max_users)
    seen = split.train.matrix(np.ones(len(split.train), np.float32))
    not_candidates = np.zeros(split.train.n_items, bool) if candidates is None else ~candidates
    k = min(max(CUTOFFS), split.train.n_items)
    lists = np.empty((len(users), k), np.int32)
    hits = np.empty((len(users), k), bool)
    aucs = np.empty(len(users))
    step = max(1, BLOCK // max(split.train.n_items, 1))
    for start in range(0, len(users), step):
        block = slice(start, start + step)
        scores = scorer(users[block])
        scores[:, not_candidates] = -np.inf
        lists[block], hits[block], aucs[block] = _rank_block(scores, seen[users[block]], relevant[users[block]], k)
    per_user = {"auc": aucs, **_accuracy(hits, np.diff(relevant.indptr)[users])}
    top_10, learned_from = lists[:, :10], learned or split.train
    per_user["novelty@10"] = beyond_accuracy.novelty(top_10, learned_from.counts, learned_from.n_users)
    per_user["popularity_lift@10"] = beyond_accuracy.popularity_lift(top_10, seen[users], learned_from.counts)
    overall = {"coverage@10": len(np.unique(top_10)) / split.train.n_items}
    return Evaluation(users, lists, per_user, overall)


def _accuracy(hits: NDArray[np.bool_], n_relevant: NDArray[np.integer]) -> dict[str, NDArray[np.float64]]:
    """Each accuracy metric of every user, from the hits (n_users, k) and the number of relevant items."""
    metrics = {}
    for cutoff in CUTOFFS:
        for name, metric in (("ndcg", accuracy.ndcg), ("recall", accuracy.recall)):
            metrics[f"{name}@{cutoff}"] = metric(hits[:, :cutoff], n_relevant)
    for name, metric in (
        ("precision", accuracy.precision),
        ("map", accuracy.average_precision),
        ("mrr", accuracy.reciprocal_rank),
    ):
        metrics[f"{name}@10"] = metric(hits[:, :10], n_relevant)
    return metrics


def with_labels(judged: Evaluation, split: Split, labels: csr_matrix) -> Evaluation:
    """Add the metrics that need the movies' genres.

    Parameters
    ----------
    judged : Evaluation
    split : Split
    labels : (n_items, n_labels) csr_matrix
    """
    top_10 = judged.lists[:, :10]
    liked = split.train.matrix((split.train.half_stars >= LIKED).astype(np.float32))[judged.users]
    metrics = {
        "diversity@10": beyond_accuracy.diversity(top_10, labels),
        "miscalibration@10": beyond_accuracy.miscalibration(top_10, liked, labels),
    }
    return replace(judged, per_user=judged.per_user | metrics)


def ndcg_at_10(scorer: Scorer, split: Split, *, max_users: int | None = None) -> float:
    """Compute `evaluate(…).metrics["ndcg@10"]` alone, at a fraction of the cost."""
    relevant = split.test.matrix((split.test.half_stars >= LIKED).astype(np.float32))
    users = _test_users(relevant, max_users)
    seen = split.train.matrix(np.ones(len(split.train), np.float32))
    total = 0.0
    step = max(1, BLOCK // max(split.train.n_items, 1))
    for start in range(0, len(users), step):
        block = users[start : start + step]
        scores = scorer(block)
        scores[seen[block].nonzero()] = -np.inf
        best = _top_k(scores, min(10, split.train.n_items))
        hits = relevant[block].toarray()[np.arange(len(block))[:, None], best] > 0
        total += accuracy.ndcg(hits, np.diff(relevant.indptr)[block]).sum()
    return total / max(len(users), 1)


def scorer_of(embeddings: Embeddings) -> Scorer:
    """Score by dot products of the stacked vectors."""
    return lambda users: embeddings.users[users] @ embeddings.items.T


def popularity(train: Interactions) -> Scorer:
    """Score every item by its number of ratings, the same for every user."""
    counts = train.counts.astype(np.float32)
    return lambda users: np.broadcast_to(counts, (len(users), len(counts))).copy()


def _test_users(relevant: csr_matrix, max_users: int | None) -> NDArray[np.int32]:
    users = np.flatnonzero(np.diff(relevant.indptr)).astype(np.int32)
    if max_users is None or len(users) <= max_users:
        return users
    return np.sort(np.random.default_rng(0).choice(users, max_users, replace=False))


def _rank_block(
    scores: NDArray[np.float32], seen: csr_matrix, relevant: csr_matrix, k: int
) -> tuple[NDArray[np.int32], NDArray[np.bool_], NDArray[np.float64]]:
    rows = np.arange(len(scores))[:, None]
    scores[seen.nonzero()] = -np.inf
    lists = _top_k(scores, k)
    is_relevant = relevant.toarray() > 0
    hits = is_relevant[rows, lists]
    return lists, hits, _auc(scores, is_relevant)


def _top_k(scores: NDArray[np.float32], k: int) -> NDArray[np.int32]:
    rows = np.arange(len(scores))[:, None]
    best = np.argpartition(-scores, k - 1, axis=1)[:, :k]
    best.sort(axis=1)
    order = np.argsort(-scores[rows, best], axis=1, kind="stable")
    return best[rows, order].astype(np.int32)


def _auc(scores: NDArray[np.float32], is_relevant: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Probability that a relevant item ranks above an irrelevant one that is not in the user's train part."""
    aucs = np.empty(len(scores))
    for row, (user_scores, hit) in enumerate(zip(scores, is_relevant, strict=True)):
        irrelevant = np.sort(user_scores[~hit & np.isfinite(user_scores)])
        below = np.searchsorted(irrelevant, user_scores[hit], "left") + np.searchsorted(
            irrelevant, user_scores[hit], "right"
        )
        aucs[row] = below.mean() / (2 * len(irrelevant)) if len(irrelevant) else 0.5
    return aucs
