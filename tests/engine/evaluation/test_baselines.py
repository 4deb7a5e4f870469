"""The baselines match their papers and learn a planted pattern."""

import numpy as np
import pytest

from recommendations.engine.data.splits import Split, split_by_user_time
from recommendations.engine.evaluation.baselines import BASELINES, WEIGHTS
from recommendations.engine.evaluation.evaluate import evaluate, ndcg_at_10, popularity
from recommendations.evaluation.baselines import available_baselines, slim_weights
from tests.support.engine_data import checkerboard, some_ratings
from tests.support.environment import missing

pytestmark = pytest.mark.engine

WEIGHTS_OF_LIKES = np.asarray(WEIGHTS["likes and half"], np.float32)


@pytest.mark.parametrize(("l1", "l2"), [(0.1, 5.0), (1.0, 0.5)])
def test_our_slim_matches_the_paper(l1: float, l2: float) -> None:
    """Check the Karush–Kuhn–Tucker conditions, which only the minimum of a convex function satisfies."""
    if "SLIM" not in available_baselines():
        missing("scikit-learn is not installed")
    ratings = some_ratings(500)
    matrix = ratings.matrix(WEIGHTS_OF_LIKES[ratings.half_stars])
    rows = matrix.toarray().astype(np.float64)
    weights = slim_weights(matrix, l1=l1, l2=l2, tolerance=1e-10).toarray()
    slope = rows.T @ (rows @ weights - rows) + l2 * weights + l1
    off_diagonal = ~np.eye(len(weights), dtype=bool)
    used = weights > 0
    assert 0 < used.sum() < off_diagonal.sum()
    assert not used[~off_diagonal].any()
    assert (weights >= 0).all()
    assert slope[used] == pytest.approx(0, abs=1e-6)
    assert (slope[off_diagonal & ~used] > -1e-6).all()
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
def test_every_baseline_learns_the_checkerboard(name: str, setting: dict[str, float]) -> None:
    known, kept_back = checkerboard()
    if name not in available_baselines():
        missing(f"the library of {name} is not installed")
    scorer = available_baselines()[name].scorer(known, {"weights": "likes", **setting})
    assert evaluate(scorer, Split(known, kept_back)).metrics["recall@10"] > 0.95


def test_a_baseline_is_tuned_on_the_given_slice() -> None:
    split = split_by_user_time(some_ratings(600))
    baseline = BASELINES["item-kNN"]
    best = baseline.tune(split)
    ndcg = {str(setting): ndcg_at_10(baseline.scorer(split.train, setting), split) for setting in baseline.settings}
    assert ndcg[str(best)] == max(ndcg.values())


def test_the_fast_ndcg_equals_that_of_the_full_evaluation() -> None:
    split = split_by_user_time(some_ratings(600))
    scorer = popularity(split.train)
    assert ndcg_at_10(scorer, split) == pytest.approx(evaluate(scorer, split).metrics["ndcg@10"])
