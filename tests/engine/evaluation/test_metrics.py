"""The measures agree with ranx, an implementation that is not ours, and those beyond accuracy with sums by hand."""

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


def test_every_measure_is_what_ranx_says(judged: tuple[Evaluation, Split], monkeypatch: pytest.MonkeyPatch) -> None:
    # Compiling it takes much longer than what it has to do here.
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
        runs[str(user)] = {str(item): float(len(listed) - at) for at, item in enumerate(listed)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = ranx.evaluate(ranx.Qrels(relevant), ranx.Run(runs), list(NAMES))
    assert {name: ours.metrics[name] for name in NAMES} == pytest.approx(theirs)


def test_lists_of_rare_movies_are_novel_and_lists_of_known_ones_are_lifted() -> None:
    counts = np.array([8, 4, 1, 0])
    lists = np.array([[0, 1], [2, 3]], np.int32)
    assert beyond_accuracy.novelty(lists, counts, 16).tolist() == [1.5, 4.0]
    profiles = csr_matrix(np.array([[0, 1, 0, 0], [1, 0, 0, 0]]))
    assert beyond_accuracy.popularity_lift(lists, profiles, counts).tolist() == [0.5, (0.5 - 8) / 8]


def test_a_list_of_one_genre_has_no_diversity() -> None:
    labels = csr_matrix(np.array([[1.0, 0], [2, 0], [0, 1], [0, 0]]))
    lists = np.array([[0, 1], [0, 2], [0, 3]], np.int32)
    assert beyond_accuracy.diversity(lists, labels).tolist() == pytest.approx([0, 1, 1])


def test_a_list_with_the_genres_that_somebody_likes_is_calibrated() -> None:
    labels = csr_matrix(np.array([[1.0, 0], [0, 1], [1, 0], [0, 1]]))
    profiles = csr_matrix(np.array([[1.0, 1, 0, 0], [1, 0, 0, 0]]))
    true, wrong = beyond_accuracy.miscalibration(np.array([[2, 3], [3, 1]], np.int32), profiles, labels)
    assert true == pytest.approx(0, abs=1e-9)
    assert wrong == pytest.approx(-np.log2(0.01))


def test_an_interval_holds_the_mean_and_shrinks_with_users() -> None:
    values = np.random.default_rng(0).normal(1, 1, 4000)
    few, many = interval(values[:100]), interval(values)
    assert few.low < few.mean < few.high
    assert many.high - many.low < (few.high - few.low) / 4
    assert interval(values) == many
    assert interval(np.empty(0)) == (0, 0, 0)


def test_slices_part_the_users_and_the_items(judged: tuple[Evaluation, Split]) -> None:
    ours, split = judged
    users = by_users(ours, split)
    assert sum(n for n, _ in users.values()) == len(ours.users)
    total = sum(n * interval_of_slice.mean for n, interval_of_slice in users.values())
    assert total / len(ours.users) == pytest.approx(ours.metrics["ndcg@10"])
    items = by_items(ours, split, split.train.counts)
    assert [name.split(" items")[0] for name in items] == ["head", "tail", "cold"]
    assert all(0 <= interval_of_slice.mean <= 1 for _, interval_of_slice in items.values())
