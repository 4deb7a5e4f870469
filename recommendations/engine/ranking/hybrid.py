"""Hybrid ranker for serving: exact, and approximate only where that was measured to lose nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from recommendations.engine.ranking.annoy_index import ItemIndex
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.engine.ranking.exact import ExactRanker

DEPTH = 100
"""Length of the lists for which the index was built and its recall measured (`IndexPlan.recall_at_100`)."""


@dataclass(frozen=True)
class ServedRanker:
    """An exact ranker with an optional Annoy index.

    The index answers queries without candidates whose k and number of excluded items together are at most `DEPTH`:
    only its first `DEPTH` items can then be in the list. Longer lists, filters, and users with more excluded items are
    ranked exactly, because a full list from the index can be wrong there.

    Attributes
    ----------
    exact : ExactRanker
    index : ItemIndex or None
        Index of the same items.
    """

    exact: ExactRanker
    index: ItemIndex | None = None

    def rank(
        self,
        user_vector: ArrayLike,
        k: int,
        *,
        exclude: ArrayLike | None = None,
        candidates: ArrayLike | None = None,
    ) -> Ranking:
        """Return the top k; parameters and errors are those of `base.exact_rank_naive`."""
        n_excluded = 0 if exclude is None else np.size(exclude)
        if self.index is None or candidates is not None or k + n_excluded > DEPTH:
            return self.exact.rank(user_vector, k, exclude=exclude, candidates=candidates)
        return approximate_rank(user_vector, self.index, k, exclude=exclude)
