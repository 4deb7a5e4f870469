"""Evaluation slices: users by history length, and items by popularity."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data.splits import Split
from recommendations.engine.data.targets import LIKED
from recommendations.engine.evaluation.bootstrap import Interval, interval
from recommendations.engine.evaluation.evaluate import Evaluation

LIGHT, HEAVY = 20, 100
"""Ratings in the train part at or above which a user is light, and heavy; users with fewer are new."""
HEAD_SHARE = 0.5
"""The head is the smallest set of items that holds this share of the train part's ratings."""
ITEM_CUTOFF = 20
Table = Mapping[str, tuple[int, Interval]]
"""By the slice's name: the number of users it covers, and the metric's mean with its interval."""


def by_users(judged: Evaluation, split: Split, measure: str = "ndcg@10") -> Table:
    """Compute a metric for new, light and heavy users."""
    counts = np.diff(split.train.indptr)[judged.users]
    groups = {
        f"new users (< {LIGHT})": counts < LIGHT,
        f"light users ({LIGHT}–{HEAVY - 1})": (counts >= LIGHT) & (counts < HEAVY),
        f"heavy users (≥ {HEAVY})": counts >= HEAVY,
    }
    values = judged.per_user[measure]
    return {name: (int(group.sum()), interval(values[group])) for name, group in groups.items()}


def by_items(judged: Evaluation, split: Split, counts: NDArray[np.integer]) -> Table:
    """Compute recall@20 of the relevant items among head, tail and cold items.

    Parameters
    ----------
    judged : Evaluation
    split : Split
    counts : (n_items,) int
        Number of training ratings of each item.
    """
    groups = _item_groups(counts)
    liked = split.test.half_stars >= LIKED
    table = {}
    for name, in_group in groups.items():
        relevant = split.test.matrix((liked & in_group[split.test.ordinals]).astype(np.float32))[judged.users]
        n_relevant = np.diff(relevant.indptr)
        has_relevant = n_relevant > 0
        rows = np.arange(len(judged.users))[:, None]
        hits = relevant.toarray()[rows, judged.lists[:, :ITEM_CUTOFF]].sum(axis=1)
        table[f"{name}, recall@{ITEM_CUTOFF}"] = (
            int(has_relevant.sum()),
            interval(hits[has_relevant] / n_relevant[has_relevant]),
        )
    return table


def _item_groups(counts: NDArray[np.integer]) -> dict[str, NDArray[np.bool_]]:
    order = np.argsort(-counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    head = np.zeros(len(counts), bool)
    head[order[before < HEAD_SHARE * counts.sum()]] = True
    cold = counts == 0
    return {"head items": head & ~cold, "tail items": ~head & ~cold, "cold items": cold}
