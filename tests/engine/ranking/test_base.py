"""The contract of every ranker."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import build_index, open_index
from recommendations.engine.ranking.base import Ranking, approximate_rank, exact_rank_naive, exact_rank_partition
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.hybrid import ServedRanker
from tests.support.ranking_reference import reference, whole_numbers

pytestmark = pytest.mark.engine

Vectors = NDArray[np.float32]
Rank = Callable[..., Ranking]
N_ITEMS, DIMENSION = 300, 6


@pytest.fixture(params=["naive", "partition", "approximate", "exact", "served"])
def prepare(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Vectors], Rank]:
    """Make a ranker `rank(user_vector, k, exclude=…, candidates=…)` of item vectors."""

    def naive(items: Vectors) -> Rank:
        return lambda user, k, **filters: exact_rank_naive(user, items, k, **filters)

    def partition(items: Vectors) -> Rank:
        return lambda user, k, **filters: exact_rank_partition(user, items, k, **filters)

    def approximate(items: Vectors) -> Rank:
        build_index(items, tmp_path / "movies.ann", n_trees=10)
        index = open_index(tmp_path / "movies.ann", items, search_k=100_000)
        return lambda user, k, **filters: approximate_rank(user, index, k, **filters)

    def exact(items: Vectors) -> Rank:
        return ExactRanker.prepare(items).rank

    def served(items: Vectors) -> Rank:
        build_index(items, tmp_path / "movies.ann", n_trees=10)
        index = open_index(tmp_path / "movies.ann", items, search_k=100_000)
        return ServedRanker(ExactRanker.prepare(items), index).rank

    rankers = {"naive": naive, "partition": partition, "approximate": approximate, "exact": exact, "served": served}
    return rankers[request.param]


@pytest.fixture
def items() -> Vectors:
    return whole_numbers(N_ITEMS, DIMENSION)


@pytest.fixture
def rank(prepare: Callable[[Vectors], Rank], items: Vectors) -> Rank:
    return prepare(items)


def pairs(ranking: Ranking) -> list[tuple[int, float]]:
    return list(zip(ranking.ordinals.tolist(), ranking.scores.tolist(), strict=True))


USER = np.array([1, -2, 0, 1, 3, -1], dtype=np.float32)


@pytest.mark.parametrize("k", [1, 2, 10, 37, N_ITEMS - 1, N_ITEMS])
def test_best_first_and_ties_by_lower_ordinal(rank: Rank, items: Vectors, k: int) -> None:
    assert pairs(rank(USER, k)) == reference(USER, items, k)


@pytest.mark.parametrize("k", [1, 10, 250, N_ITEMS])
def test_excluded_items_never_appear(rank: Rank, items: Vectors, k: int) -> None:
    best = [item for item, _ in reference(USER, items, 120)]
    assert pairs(rank(USER, k, exclude=best)) == reference(USER, items, k, exclude=best)


@pytest.mark.parametrize("k", [1, 10, 40, 250])
@pytest.mark.parametrize("size", [1, 7, 40, 200])
def test_only_candidates_appear(rank: Rank, items: Vectors, k: int, size: int) -> None:
    candidates = np.sort(np.random.default_rng(size).choice(N_ITEMS, size, replace=False))
    assert pairs(rank(USER, k, candidates=candidates)) == reference(USER, items, k, candidates=candidates)


def test_candidates_may_be_excluded(rank: Rank, items: Vectors) -> None:
    candidates, exclude = range(0, N_ITEMS, 3), range(0, N_ITEMS, 2)
    ranking = rank(USER, 20, exclude=list(exclude), candidates=list(candidates))
    assert pairs(ranking) == reference(USER, items, 20, exclude, candidates)


def test_repeated_and_unsorted_ordinals_count_once(rank: Rank, items: Vectors) -> None:
    ranking = rank(USER, 9, exclude=[8, 3, 3], candidates=[9, 5, 5, 8, 3, 1, 9])
    assert pairs(ranking) == reference(USER, items, 9, [3, 8], [1, 3, 5, 8, 9])


def test_tied_items_come_in_order_of_ordinals(rank: Rank) -> None:
    assert rank(np.zeros(DIMENSION, np.float32), 10, exclude=[2]).ordinals.tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 9, 10]


def test_a_k_beyond_the_catalogue_gives_the_catalogue(rank: Rank, items: Vectors) -> None:
    assert pairs(rank(USER, 10 * N_ITEMS)) == reference(USER, items, N_ITEMS)


@pytest.mark.parametrize(
    "filters",
    [{"candidates": []}, {"exclude": range(N_ITEMS)}, {"candidates": [4], "exclude": [4]}],
    ids=["no candidate", "all excluded", "the only candidate excluded"],
)
def test_nothing_eligible_gives_an_empty_ranking(rank: Rank, filters: dict[str, list[int]]) -> None:
    ranking = rank(USER, 10, **{name: np.array(values, np.int32) for name, values in filters.items()})
    assert len(ranking) == 0


def test_a_k_of_zero_gives_an_empty_ranking(rank: Rank) -> None:
    ranking = rank(USER, 0)
    assert (ranking.ordinals.dtype, ranking.scores.dtype, len(ranking)) == (np.int32, np.float32, 0)


def test_dtypes_are_those_of_the_contract(rank: Rank) -> None:
    ranking = rank(USER, 3, exclude=np.array([1], np.int64))
    assert (ranking.ordinals.dtype, ranking.scores.dtype) == (np.int32, np.float32)


def test_a_single_item_is_a_catalogue(prepare: Callable[[Vectors], Rank]) -> None:
    assert pairs(prepare(whole_numbers(1, DIMENSION, seed=3))(USER, 5))[0][0] == 0


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_user_vector_that_is_not_finite_is_refused(rank: Rank, bad: float) -> None:
    with pytest.raises(ValueError, match="NaN or infinity"):
        rank(np.array([1, 2, bad, 3, 4, 5], np.float32), 3)


def test_item_vectors_that_are_not_finite_are_refused(prepare: Callable[[Vectors], Rank], items: Vectors) -> None:
    items[7, 2] = np.nan
    with pytest.raises(ValueError, match=r"finite|NaN or infinity"):
        prepare(items)(np.ones(DIMENSION, np.float32), 3)


def test_a_vector_of_another_model_is_refused(rank: Rank) -> None:
    with pytest.raises(ValueError, match=r"shape \(5,\).*want \(6,\)"):
        rank(np.ones(5, np.float32), 3)


def test_a_negative_k_is_refused(rank: Rank) -> None:
    with pytest.raises(ValueError, match="k is -1"):
        rank(USER, -1)


@pytest.mark.parametrize("name", ["exclude", "candidates"])
@pytest.mark.parametrize("ordinal", [-1, N_ITEMS])
def test_an_ordinal_outside_the_catalogue_is_refused(rank: Rank, name: str, ordinal: int) -> None:
    with pytest.raises(ValueError, match=f"{name} names an item outside 0 … {N_ITEMS - 1}"):
        rank(USER, 3, **{name: [0, ordinal]})


@pytest.mark.parametrize("name", ["exclude", "candidates"])
def test_a_mask_is_not_taken_for_ordinals(rank: Rank, name: str) -> None:
    with pytest.raises(TypeError, match="give a list of ordinals"):
        rank(USER, 3, **{name: np.zeros(N_ITEMS, bool)})
