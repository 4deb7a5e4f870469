"""Steering: rerank by popularity, recency, labels and diversity, without retraining.

s is the score, σ its standard deviation over the best `POOL` movies, and each wish w is in −1 … 1:

* `popularity` p: the user vector's last entry, which multiplies the movie's bias, becomes 1 + p. −1 ranks by taste
  alone, and 1 counts a movie's general appeal twice. The ranker applies this exactly, over the whole catalogue.
* `recency` r and each label l (a genre or tag): among the best POOL movies by that score,

      s' = s + STRENGTH · σ · (r · 2^((year − newest year) / HALF_LIFE) + Σ w_l · [the movie has l])

* `diversity` λ: repeatedly choose from these the movie that maximizes

      (1 − λ) · s'' − λ · max cos(movie, chosen movies)

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
"""Years after which a movie's newness is halved."""


@dataclass(frozen=True)
class Wishes:
    """A visitor's steering; all zeros change nothing.

    Attributes
    ----------
    popularity : float
        −1 (hidden gems) … 1 (well known).
    recency : float
        −1 (classics) … 1 (new).
    diversity : float
        0 … 1.
    labels : sequence of ((m,) int32, float)
        Ordinals of the movies with a genre or tag, and its weight, −1 (less of it) … 1 (more).

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
        """Whether the best `POOL` movies are reordered after scoring."""
        return bool(self.recency or self.diversity or any(weight for _, weight in self.labels))


@dataclass(frozen=True)
class Traits:
    """Properties of the movies that steering uses.

    Attributes
    ----------
    years : (n_items,) int
        0 where unknown, which counts as oldest.
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
    """Return the ordinals of the best k movies by the formulas above; exclusion and errors are the ranker's.

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
    """Return the indices of the chosen movies; `scores` descend, so the first of equals has the lowest ordinal."""
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
