"""Bulk ranking gives every user the same list as a single query."""

import numpy as np
import pytest

from recommendations.engine.ranking import bulk
from recommendations.engine.ranking.bulk import rank_all
from recommendations.engine.ranking.exact import ExactRanker

pytestmark = pytest.mark.engine

N_USERS, N_ITEMS, D = 50, 400, 8
rng = np.random.default_rng(8)
USERS = rng.normal(size=(N_USERS, D)).astype(np.float32)
RANKER = ExactRanker.prepare(rng.normal(size=(N_ITEMS, D)).astype(np.float32))
RATED = [np.sort(rng.choice(N_ITEMS, size, replace=False)) for size in rng.integers(0, N_ITEMS, N_USERS)]
EXCLUDE = np.cumsum([0, *map(len, RATED)]), np.concatenate(RATED)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "BLOCK", 7)


@pytest.mark.parametrize("threads", [1, 3])
def test_each_user_appears_once_in_order_with_their_own_list(threads: int) -> None:
    blocks = list(rank_all(RANKER, USERS, 100, exclude=EXCLUDE, threads=threads))
    assert [block.start for block in blocks] == list(range(0, N_USERS, 7))
    ordinals = np.concatenate([block.ordinals for block in blocks])
    for user, rated, listed in zip(USERS, RATED, ordinals, strict=True):
        single = RANKER.rank(user, 100, exclude=rated).ordinals
        assert listed[listed >= 0].tolist() == single.tolist()


def test_a_range_of_users_can_be_ranked_by_itself() -> None:
    all_blocks = list(rank_all(RANKER, USERS, 10, exclude=EXCLUDE))
    part_blocks = list(rank_all(RANKER, USERS[14:30], 10, exclude=(EXCLUDE[0][14:31], EXCLUDE[1])))
    whole, part = (np.concatenate([block.ordinals for block in blocks]) for blocks in (all_blocks, part_blocks))
    assert part.tolist() == whole[14:30].tolist()


@pytest.mark.parametrize("kind", ["ties", "one score", "the smallest numbers", "one far above"])
@pytest.mark.parametrize("k", [0, 1, 10, 3_000])
def test_lists_are_exact_for_any_vectors(kind: str, k: int) -> None:
    random = np.random.default_rng(9)
    items = {
        "ties": random.integers(-2, 3, (2_500, 6)),
        "one score": np.ones((2_500, 6)),
        "the smallest numbers": random.integers(-2, 3, (2_500, 6)) * 1e-45,
        "one far above": random.normal(size=(2_500, 6)) * np.where(np.arange(2_500) == 77, 1e14, 1)[:, None],
    }[kind].astype(np.float32)
    users = random.integers(-2, 3, (7, 6)).astype(np.float32)
    rated = [random.permutation(2_500)[:size] for size in (0, 1, 2_500, 2_495, 20, 300, 0)]
    ranker = ExactRanker.prepare(items)
    ordinals, scores = ranker.rank_many(users, k, exclude=(np.cumsum([0, *map(len, rated)]), np.concatenate(rated)))
    for i, user in enumerate(users):
        single = ranker.rank(user, k, exclude=rated[i])
        assert ordinals[i][ordinals[i] >= 0].tolist() == single.ordinals.tolist()
        assert scores[i][ordinals[i] >= 0].tolist() == single.scores.tolist()


def test_no_users_give_no_blocks() -> None:
    assert not list(rank_all(RANKER, USERS[:0], 5, exclude=(np.array([0]), np.empty(0, np.int32))))


def test_rows_of_other_users_are_refused() -> None:
    with pytest.raises(ValueError, match="exclude has 50 rows for 49 users"):
        list(rank_all(RANKER, USERS[:-1], 5, exclude=EXCLUDE))
