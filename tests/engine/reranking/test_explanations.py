"""Explanations sum to the score that they explain."""

import numpy as np
import pytest

from recommendations.engine.models.embeddings import stack_items
from recommendations.engine.models.fold_in import FoldIn
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.reranking.explanations import parts_by_block, parts_by_rating

pytestmark = pytest.mark.engine

N_ITEMS, D = 200, 16


@pytest.fixture
def parts() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.normal(size=(N_ITEMS, D + 1)).astype(np.float32) for name in ("identity", "genres", "tags")}


@pytest.fixture
def items(parts: dict[str, np.ndarray]) -> np.ndarray:
    total = np.sum([part.astype(np.float64) for part in parts.values()], axis=0)
    return stack_items(total[:, :-1], total[:, -1])


def test_blocks_and_biases_add_up_to_the_score(parts: dict[str, np.ndarray], items: np.ndarray) -> None:
    rng = np.random.default_rng(1)
    for user in np.column_stack([rng.normal(size=(50, D + 1)), np.ones(50)]).astype(np.float32):
        ranking = ExactRanker.prepare(items).rank(user, 10)
        explained = parts_by_block(user, parts, ranking.ordinals)
        np.testing.assert_allclose(sum(explained.values()), ranking.scores, atol=1e-5)


def test_a_block_is_credited_with_its_own_part_only(parts: dict[str, np.ndarray], items: np.ndarray) -> None:
    user = np.random.default_rng(2).normal(size=D + 2).astype(np.float32)
    user[-1] = 1
    before = parts_by_block(user, parts, np.arange(5, dtype=np.int32))
    parts["genres"][:, :-1] = 0
    after = parts_by_block(user, parts, np.arange(5, dtype=np.int32))
    assert not after["genres"].any()
    for name in ("bias", "identity", "tags"):
        np.testing.assert_array_equal(after[name], before[name])


def test_rating_shares_add_up_to_the_score_and_follow_their_ratings(items: np.ndarray) -> None:
    rng = np.random.default_rng(3)
    rows, single_history_rows, short_history_rows = rng.normal(size=(3, N_ITEMS, D + 1))
    prior, average, neutral = rng.normal(size=(3, D + 1))
    weights = np.linspace(0.1, 1, 11, dtype=np.float32)
    fold_in = FoldIn.build(
        weights,
        long_history_rows=rows,
        single_history_rows=single_history_rows,
        short_history_rows=short_history_rows,
        prior=prior,
        average=average,
        neutral=neutral,
    )
    rated, half_stars, times = np.array([3, 50, 120]), np.array([10, 2, 8]), np.array([7, 9, 7])
    ranking = ExactRanker.prepare(items).rank(fold_in.vector(rated, half_stars, times), 10)
    prior = fold_in.base(half_stars, times)
    base, shares = parts_by_rating(fold_in.contributions(rated, half_stars, times), prior, items[ranking.ordinals])
    np.testing.assert_allclose(base + shares.sum(axis=1), ranking.scores, atol=1e-5)
    other_base, other_shares = parts_by_rating(
        fold_in.contributions(rated[[0, 2, 1]], half_stars[[0, 2, 1]], times[[0, 2, 1]]), prior, items[ranking.ordinals]
    )
    np.testing.assert_array_equal(other_base, base)
    np.testing.assert_allclose(other_shares, shares[:, [0, 2, 1]], rtol=1e-12)
