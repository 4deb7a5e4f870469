"""The peers that our model is measured against are what they are called."""

import numpy as np
import pytest

from recommendations.engine.data.splits import Split, split_by_user_time
from recommendations.engine.evaluation.baselines import PEERS, WEIGHTS
from recommendations.engine.evaluation.evaluate import evaluate, ndcg_at_10, popularity
from recommendations.evaluation.baselines import peers, slim_weights
from tests.support.engine_data import checkerboard, some_ratings
from tests.support.environment import missing

pytestmark = pytest.mark.engine

WEIGHTS_OF_LIKES = np.asarray(WEIGHTS["likes and half"], np.float32)


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 5.0), (1.0, 0.5)])
def test_our_slim_is_the_papers(l1: float, l2: float) -> None:
    """By the conditions of Karush, Kuhn and Tucker, which only the least of a convex function meets."""
    if "SLIM" not in peers():
        missing("scikit-learn is not installed")
    ratings = some_ratings(500)
    matrix = ratings.matrix(WEIGHTS_OF_LIKES[ratings.half_stars])
    rows = matrix.toarray().astype(np.float64)
    weights = slim_weights(matrix, l1=l1, l2=l2, tolerance=1e-10).toarray()
    slope = rows.T @ (rows @ weights - rows) + l2 * weights + l1
    others = ~np.eye(len(weights), dtype=bool)
    used = weights > 0
    assert 0 < used.sum() < others.sum()
    assert not used[~others].any()
    assert (weights >= 0).all()
    assert slope[used] == pytest.approx(0, abs=1e-6)
    assert (slope[others & ~used] > -1e-6).all()
    assert (matrix.toarray() == rows).all()


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("EASE", {"ridge": 20, "popularity_ridge": 0.3}),
        ("item-kNN", {"neighbours": 50, "shrink": 0}),
        ("PureSVD", {"dimension": 2}),
        ("ALS", {"dimension": 4, "regularization": 1, "alpha": 1}),
        ("SLIM", {"l1": 1, "l2": 5}),
    ],
)
def test_every_peer_sees_the_checkerboard(name: str, setting: dict[str, float]) -> None:
    known, kept_back = checkerboard()
    if name not in peers():
        missing(f"the library of {name} is not installed")
    scorer = peers()[name].scorer(known, {"weights": "likes", **setting})
    assert evaluate(scorer, Split(known, kept_back)).metrics["recall@10"] > 0.95


def test_a_peer_is_tuned_on_the_slice_it_is_given() -> None:
    split = split_by_user_time(some_ratings(600))
    peer = PEERS["item-kNN"]
    best = peer.tune(split)
    found = {str(setting): ndcg_at_10(peer.scorer(split.train, setting), split) for setting in peer.settings}
    assert found[str(best)] == max(found.values())


def test_the_quick_measure_is_the_whole_ones() -> None:
    split = split_by_user_time(some_ratings(600))
    scorer = popularity(split.train)
    assert ndcg_at_10(scorer, split) == pytest.approx(evaluate(scorer, split).metrics["ndcg@10"])
