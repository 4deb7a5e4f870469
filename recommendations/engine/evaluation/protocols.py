"""Evaluation protocols: the training data, the users to rank for, and their test part."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.data import splits
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import Split
from recommendations.engine.evaluation.baselines import Baseline
from recommendations.engine.evaluation.evaluate import Evaluation, Scorer, evaluate, scorer_of
from recommendations.engine.models.embeddings import Embeddings
from recommendations.engine.models.fold_in import FoldIn


@dataclass(frozen=True, eq=False)
class Protocol:
    """One evaluation protocol.

    Attributes
    ----------
    train : Interactions
        The training data of the models.
    judged : Split
        The known ratings of the evaluated users, and their test part.
    held_out : bool
        Whether the evaluated users are absent from `train` and have to be folded in.
    candidates : (n_items,) bool or None
        Items to rank; None for all.
    """

    train: Interactions
    judged: Split
    held_out: bool = False
    candidates: NDArray[np.bool_] | None = None

    def model_scorer(self, embeddings: Embeddings, fold_in: FoldIn) -> Scorer:
        """Return the scorer of our model."""
        if not self.held_out:
            return scorer_of(embeddings)
        vectors = fold_in.vectors(self.judged.train)
        return lambda users: vectors[users] @ embeddings.items.T

    def baseline_scorer(self, baseline: Baseline, setting: Mapping[str, object]) -> Scorer:
        """Return the scorer of a baseline with these parameters."""
        return baseline.scorer(self.train, setting, self.judged.train if self.held_out else None)

    def judge(self, scorer: Scorer, *, max_users: int | None = None) -> Evaluation:
        """Evaluate a scorer under this protocol."""
        return evaluate(scorer, self.judged, learned=self.train, candidates=self.candidates, max_users=max_users)


def _split_protocol(split: Callable[[Interactions], Split]) -> Callable[[Interactions, int], Protocol]:
    def build(interactions: Interactions, seed: int) -> Protocol:
        parts = split(interactions)
        return Protocol(parts.train, parts)

    return build


def _held_out_users(interactions: Interactions, seed: int) -> Protocol:
    held_out = splits.hold_out_users(interactions, seed=seed)
    return Protocol(held_out.train, Split(held_out.known, held_out.test), held_out=True)


def _few_likes(n: int) -> Callable[[Interactions, int], Protocol]:
    def build(interactions: Interactions, seed: int) -> Protocol:
        held_out = splits.hold_out_users(interactions, seed=seed)
        known = splits.sample_likes(held_out.known, n, seed=seed)
        return Protocol(held_out.train, Split(known, held_out.test), held_out=True)

    return build


def _cold_items(interactions: Interactions, seed: int) -> Protocol:
    parts = splits.hold_out_items(interactions, seed=seed)
    return Protocol(parts.train, parts, candidates=parts.test.counts > 0)


PROTOCOLS: Mapping[str, Callable[[Interactions, int], Protocol]] = {
    "user-time": _split_protocol(splits.split_by_user_time),
    "time": _split_protocol(splits.split_by_time),
    "last-out": _split_protocol(splits.split_leave_last_out),
    "users": _held_out_users,
    "users-1-like": _few_likes(1),
    "users-3-likes": _few_likes(3),
    "users-5-likes": _few_likes(5),
    "cold-items": _cold_items,
}
"""Protocols by the name that `manage.py evaluate --split` takes; each is built from all ratings and a seed."""
