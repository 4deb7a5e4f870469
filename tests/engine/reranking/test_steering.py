"""Each wish follows its formula exactly and changes nothing else."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.reranking.similarity import directions
from recommendations.engine.reranking.steering import HALF_LIFE, STRENGTH, Traits, Wishes, steer

pytestmark = pytest.mark.engine

N = 600
rng = np.random.default_rng(7)
ITEMS = np.column_stack([rng.normal(size=(N, 8)), np.ones(N), rng.normal(size=N)]).astype(np.float32)
USER = np.append(rng.normal(size=9), 1).astype(np.float32)
YEARS = rng.integers(1930, 2020, N)
YEARS[::50] = 0
GENRE = np.arange(0, N, 4, dtype=np.int32)
RANKER = ExactRanker.prepare(ITEMS)
TRAITS = Traits(YEARS, directions(ITEMS))
SCORES = ITEMS.astype(float) @ USER.astype(float)


def steered(k: int = 20, **wishes: Any) -> NDArray[np.int32]:
    return steer(RANKER, USER, k, Wishes(**wishes), TRAITS)


def best(values: NDArray[np.float64], k: int = 20) -> list[int]:
    return np.argsort(-values, kind="stable")[:k].tolist()


def test_no_wish_gives_the_plain_list() -> None:
    assert steered().tolist() == RANKER.rank(USER, 20).ordinals.tolist()


@pytest.mark.parametrize("popularity", [-1, -0.5, 0.7])
def test_popularity_weights_the_item_bias(popularity: float) -> None:
    assert steered(popularity=popularity).tolist() == best(SCORES + popularity * ITEMS[:, -1])


@pytest.mark.parametrize("recency", [-0.8, 1])
def test_recency_favours_new_or_old_movies(recency: float) -> None:
    newness = np.where(YEARS > 0, 2 ** ((YEARS - YEARS.max()) / HALF_LIFE), 0)
    assert steered(recency=recency).tolist() == best(SCORES + STRENGTH * SCORES.std() * recency * newness)


@pytest.mark.parametrize("weight", [-1, 0.3])
def test_a_label_weight_gives_more_or_less_of_a_genre(weight: float) -> None:
    member = np.isin(np.arange(N), GENRE)
    assert steered(labels=[(GENRE, weight)]).tolist() == best(SCORES + STRENGTH * SCORES.std() * weight * member)


def test_diversity_is_maximal_marginal_relevance() -> None:
    worth = (SCORES - SCORES.min()) / np.ptp(SCORES)
    chosen: list[int] = []
    for _ in range(20):
        similarity = (TRAITS.directions @ TRAITS.directions[chosen].T).max(axis=1) if chosen else np.full(N, -1)
        value = 0.6 * worth - 0.4 * similarity
        value[chosen] = -np.inf
        chosen.append(int(np.argmax(value)))
    assert steered(diversity=0.4).tolist() == chosen


def test_diversity_lowers_the_similarity_within_a_list() -> None:
    def similarity_within(ordinals: NDArray[np.int32]) -> float:
        vectors = TRAITS.directions[ordinals]
        return float((vectors @ vectors.T)[np.triu_indices(len(ordinals), 1)].mean())

    assert (
        similarity_within(steered(diversity=0.5))
        < similarity_within(steered(diversity=0.2))
        < similarity_within(steered())
    )


def test_filters_hold_under_any_wishes() -> None:
    wishes = Wishes(popularity=-1, recency=1, diversity=0.5, labels=[(GENRE, 1.0)])
    chosen = steer(RANKER, USER, 50, wishes, TRAITS, exclude=GENRE[:100], candidates=GENRE)
    assert set(chosen.tolist()) == set(GENRE[100:].tolist())


def test_no_eligible_item_or_a_k_of_zero_gives_an_empty_list() -> None:
    wishes = Wishes(recency=1, diversity=1)
    assert not len(steer(RANKER, USER, 5, wishes, TRAITS, candidates=[]))
    assert not len(steer(RANKER, USER, 0, wishes, TRAITS))


@pytest.mark.parametrize(
    "wishes", [{"diversity": -0.1}, {"diversity": 2}, {"popularity": np.nan}, {"recency": 3}, {"labels": [(GENRE, 9)]}]
)
def test_a_wish_out_of_range_is_refused(wishes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="give a number from"):
        Wishes(**wishes)
