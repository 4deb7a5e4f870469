"""Accuracy metrics agree with ranx, an independent implementation, and beyond-accuracy metrics with sums by hand."""

import warnings

import numba
import numpy as np
import pytest
from scipy.sparse import csr_matrix

from recommendations.engine.data.splits import Split, split_by_user_time
from recommendations.engine.evaluation import beyond_accuracy
from recommendations.engine.evaluation.bootstrap import interval
from recommendations.engine.evaluation.evaluate import Evaluation, evaluate
from recommendations.engine.evaluation.slices import by_items, by_users
from tests.support.engine_data import some_ratings

pytestmark = pytest.mark.engine

NAMES = ("ndcg@10", "ndcg@20", "recall@10", "precision@10", "map@10", "mrr@10")


@pytest.fixture(scope="module")
def judged() -> tuple[Evaluation, Split]:
    split = split_by_user_time(some_ratings(600))
    scores = np.random.default_rng(1).normal(size=(25, 60)).astype(np.float32)
    return evaluate(lambda users: scores[users], split), split


def test_every_metric_matches_ranx(judged: tuple[Evaluation, Split], monkeypatch: pytest.MonkeyPatch) -> None:
    # Compiling ranx takes much longer than the evaluation itself.
    monkeypatch.setattr(numba.config, "DISABLE_JIT", True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ranx  # noqa: PLC0415
    ours, split = judged
    relevant, runs = {}, {}
    for row, user in enumerate(ours.users.tolist()):
        ordinals, half_stars = split.test.row(user)
        relevant[str(user)] = {str(item): 1 for item in ordinals[half_stars >= 8].tolist()}
        known = set(split.train.row(user)[0].tolist())
        listed = [item for item in ours.lists[row].tolist() if item not in known]
        runs[str(user)] = {str(item): float(len(listed) - rank) for rank, item in enumerate(listed)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = ranx.evaluate(ranx.Qrels(relevant), ranx.Run(runs), list(NAMES))
    assert {name: ours.metrics[name] for name in NAMES} == pytest.approx(expected)


def test_rare_movies_are_novel_and_popular_movies_have_lift() -> None:
    counts = np.array([8, 4, 1, 0])
    lists = np.array([[0, 1], [2, 3]], np.int32)
    assert beyond_accuracy.novelty(lists, counts, 16).tolist() == [1.5, 4.0]
    profiles = csr_matrix(np.array([[0, 1, 0, 0], [1, 0, 0, 0]]))
    assert beyond_accuracy.popularity_lift(lists, profiles, counts).tolist() == [0.5, (0.5 - 8) / 8]


def test_a_list_of_one_genre_has_no_diversity() -> None:
    labels = csr_matrix(np.array([[1.0, 0], [2, 0], [0, 1], [0, 0]]))
    lists = np.array([[0, 1], [0, 2], [0, 3]], np.int32)
    assert beyond_accuracy.diversity(lists, labels).tolist() == pytest.approx([0, 1, 1])


def test_a_list_with_the_genres_of_the_likes_is_calibrated() -> None:
    labels = csr_matrix(np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]]))
    profiles = csr_matrix(np.array([[1.0, 1, 0, 0], [1, 0, 0, 0]]))
    calibrated, miscalibrated = beyond_accuracy.miscalibration(np.array([[2, 3], [3, 1]], np.int32), profiles, labels)
    assert calibrated == pytest.approx(0, abs=1e-9)
    assert miscalibrated == pytest.approx(-np.log2(0.01))


def test_an_interval_contains_the_mean_and_shrinks_with_users() -> None:
    values = np.random.default_rng(0).normal(1, 1, 4000)
    few, many = interval(values[:100]), interval(values)
    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert interval(values) == many
    assert interval(np.empty(0)) == (0, 0, 0)


def test_slices_partition_the_users_and_the_items(judged: tuple[Evaluation, Split]) -> None:
    ours, split = judged
    users = by_users(ours, split)
    assert sum(n for n, _ in users.values()) == len(ours.users)
    total = sum(n * slice_interval.mean for n, slice_interval in users.values())
    assert total / len(ours.users) == pytest.approx(ours.metrics["ndcg@10"])
    items = by_items(ours, split, split.train.counts)
    assert [name.split(" items")[0] for name in items] == ["head", "tail", "cold"]
    assert all(0 <= slice_interval.mean <= 1 for _, slice_interval in items.values())
