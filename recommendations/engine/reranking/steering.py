"""What a visitor may turn, without any training: well known or hidden, new or old, varied, more or less of a kind.

With s the score, σ its standard deviation over the best `POOL` movies, and each wish w in −1 … 1:

* `popularity` p: the user vector's last entry, which meets the movie's bias, becomes 1 + p.  So −1 ranks by taste
  alone and 1 counts a movie's general appeal twice; the ranker does this exactly, over the whole catalogue.
* `recency` r and each label l (a genre or tag): among the best POOL movies by that score,

      s' = s + FORCE · σ · (r · 2^((year − newest year) / HALF_LIFE) + Σ w_l · [the movie has l])

* `diversity` λ: from those, one after the other, the movie with the greatest

      (1 − λ) · s'' − λ · max cos(movie, those already chosen)

  where s'' is s' scaled to 0 … 1 over the pool: maximal marginal relevance (Carbonell and Goldstein 1998).

Ties go to the lower ordinal.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from recommendations.engine.ranking.base import checked_count
from recommendations.engine.ranking.exact import ExactRanker

POOL = 1_000
STRENGTH = 2.0
HALF_LIFE = 10.0
"""Years after which a movie's newness counts half."""


@dataclass(frozen=True)
class Wishes:
    """What to lean towards; all at 0 changes nothing.

    Attributes
    ----------
    popularity : float
        −1 (hidden gems) … 1 (well known).
    recency : float
        −1 (classics) … 1 (new).
    diversity : float
        0 … 1.
    labels : sequence of ((m,) int32, float)
        Ordinals of the movies of a genre or with a tag, and −1 (less of it) … 1 (more).

    Raises
    ------
    ValueError
        When a wish is outside its range.
    """

    popularity: float = 0.0
    recency: float = 0.0
    diversity: float = 0.0
    labels: Sequence[tuple[NDArray[np.int32], float]] = field(default=())

    def __post_init__(self) -> None:
        if not 0 <= self.diversity <= 1:
            raise ValueError(f"diversity is {self.diversity}; give a number from 0 to 1")
        for wish in (self.popularity, self.recency, *(weight for _, weight in self.labels)):
            if not -1 <= wish <= 1:
                raise ValueError(f"a wish is {wish}; give a number from −1 to 1")

    @property
    def reorder(self) -> bool:
        """Whether the best `POOL` movies stand in another order than that of the vector's scores."""
        return bool(self.recency or self.diversity or any(weight for _, weight in self.labels))


@dataclass(frozen=True)
class Traits:
    """What steering needs to know of the movies.

    Attributes
    ----------
    years : (n_items,) int
        0 where unknown; counts as oldest.
    directions : (n_items, d) float32
        `similarity.directions`.
    """

    years: NDArray[np.integer]
    directions: NDArray[np.float32]


def steer(
    ranker: ExactRanker,
    user_vector: NDArray[np.float32],
    k: int,
    wishes: Wishes,
    traits: Traits,
    *,
    exclude: ArrayLike | None = None,
    candidates: ArrayLike | None = None,
) -> NDArray[np.int32]:
    """Ordinals of the best k movies by the formulas above, in order; what is left out and why is as in the ranker.

    Parameters
    ----------
    ranker : ExactRanker
    user_vector : (d + 2,) float32
        `[u, b_u, 1]`.
    k : int
    wishes : Wishes
    traits : Traits
    exclude, candidates : ordinals, optional
    """
    steered_vector = np.array(user_vector, np.float32)
    steered_vector[-1] += wishes.popularity
    if not wishes.reorder:
        return ranker.rank(steered_vector, k, exclude=exclude, candidates=candidates).ordinals
    pool = ranker.rank(steered_vector, max(POOL, checked_count(k)), exclude=exclude, candidates=candidates)
    scores = _adjusted_scores(pool.ordinals, pool.scores.astype(np.float64), wishes, traits)
    order = np.lexsort((pool.ordinals, -scores))
    if wishes.diversity and len(order):
        order = order[_diversify(scores[order], traits.directions[pool.ordinals[order]], k, wishes.diversity)]
    return pool.ordinals[order[:k]]


def _adjusted_scores(
    ordinals: NDArray[np.int32], scores: NDArray[np.float64], wishes: Wishes, traits: Traits
) -> NDArray[np.float64]:
    adjustment = np.zeros(len(ordinals))
    if wishes.recency:
        years = traits.years[ordinals]
        ages = traits.years.max() - np.where(years > 0, years, -np.inf)
        adjustment += wishes.recency * 2 ** (-ages / HALF_LIFE)
    for movies, weight in wishes.labels:
        adjustment += weight * np.isin(ordinals, movies)
    spread = scores.std() if len(scores) else 0.0
    return scores + STRENGTH * spread * adjustment


def _diversify(
    scores: NDArray[np.float64], directions: NDArray[np.float32], k: int, diversity: float
) -> NDArray[np.intp]:
    """Places of the chosen ones; `scores` descend, so the first of equals is the right one."""
    span = scores[0] - scores[-1]
    worth = (1 - diversity) * ((scores - scores[-1]) / span if span else np.ones(len(scores)))
    similarity = np.full(len(scores), -1.0)
    chosen = np.empty(min(k, len(scores)), np.intp)
    for rank in range(len(chosen)):
        best = int(np.argmax(worth - diversity * similarity))
        chosen[rank] = best
        worth[best] = -np.inf
        np.maximum(similarity, directions @ directions[best], out=similarity)
    return chosen
