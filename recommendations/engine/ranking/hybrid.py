"""The ranker that answers visitors: exact, and approximate only where that was measured to lose nothing."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from recommendations.engine.ranking.annoy_index import ItemIndex
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.engine.ranking.exact import ExactRanker

DEPTH = 100
"""The index was built for the recall of lists of this length (`tuning.IndexPlan.recall_at_100`)."""


@dataclass(frozen=True)
class ServedRanker:
    """An exact ranker with an index beside it, which may be None.

    The index answers where nothing narrows the list and what is wanted, with what is left out, lies within its
    first `DEPTH` items: those alone can be in the answer then.  A longer list, a filter, or somebody who has had
    more than that is answered exactly; a full list from an index can be a wrong one there.

    Attributes
    ----------
    exact : ExactRanker
    index : ItemIndex or None
        Of the same items.
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
        """The best k; arguments and errors are those of `ranking.exact_rank_naive`."""
        n_excluded = 0 if exclude is None else np.size(exclude)
        if self.index is None or candidates is not None or k + n_excluded > DEPTH:
            return self.exact.rank(user_vector, k, exclude=exclude, candidates=candidates)
        return approximate_rank(user_vector, self.index, k, exclude=exclude)
