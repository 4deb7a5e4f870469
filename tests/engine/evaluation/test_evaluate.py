"""Evaluation agrees with a slow reference implementation."""

import numpy as np
import pytest

from recommendations.engine.data.splits import split_by_user_time
from recommendations.engine.evaluation import accuracy
from recommendations.engine.evaluation.evaluate import evaluate, popularity
from tests.support.engine_data import some_ratings

pytestmark = pytest.mark.engine


def slow_ndcg(listed: list[int], relevant: set[int], k: int) -> float:
    gain = sum(1 / np.log2(row + 2) for row, item in enumerate(listed[:k]) if item in relevant)
    return gain / sum(1 / np.log2(row + 2) for row in range(min(k, len(relevant))))


def test_lists_leave_out_known_items_and_are_evaluated_by_likes() -> None:
    split = split_by_user_time(some_ratings())
    random = np.random.default_rng(9).normal(size=(25, 60)).astype(np.float32)
    judged = evaluate(lambda users: random[users], split)
    for row, user in enumerate(judged.users):
        known = set(split.train.row(user)[0].tolist())
        ordinals, half_stars = split.test.row(user)
        relevant = set(ordinals[half_stars >= 8].tolist())
        listed = [item for item in np.argsort(-random[user]).tolist() if item not in known]
        assert judged.lists[row, : len(listed)].tolist() == listed
        assert judged.per_user["ndcg@10"][row] == pytest.approx(slow_ndcg(listed, relevant, 10))
        assert judged.per_user["recall@10"][row] == pytest.approx(len(relevant & set(listed[:10])) / len(relevant))
        ordered = [random[user][hit] > random[user][miss] for hit in relevant for miss in set(listed) - relevant]
        assert judged.per_user["auc"][row] == pytest.approx(np.mean(ordered))


def test_metrics_match_values_computed_by_hand() -> None:
    hits, n_relevant = np.array([[True, False, True, False]]), np.array([3])
    assert accuracy.recall(hits, n_relevant) == pytest.approx([2 / 3])
    assert accuracy.precision(hits, n_relevant) == pytest.approx([1 / 2])
    assert accuracy.average_precision(hits, n_relevant) == pytest.approx([(1 + 2 / 3) / 3])
    assert accuracy.reciprocal_rank(np.array([[False, True, False]]), n_relevant) == pytest.approx([1 / 2])
    assert accuracy.reciprocal_rank(np.zeros((1, 3), bool), n_relevant) == pytest.approx([0])


def test_popularity_is_the_same_for_every_user() -> None:
    split = split_by_user_time(some_ratings())
    scores = popularity(split.train)(np.array([0, 3], np.int32))
    assert (scores[0] == scores[1]).all()
    assert scores[0].argmax() == split.train.counts.argmax()


def test_a_sample_of_users_is_always_the_same_one() -> None:
    split = split_by_user_time(some_ratings())
    first, second = (evaluate(popularity(split.train), split, max_users=7) for _ in range(2))
    assert first.users.tolist() == second.users.tolist()
    assert len(first.users) == 7
