"""Ratings become positives, negatives and sample weights."""

import numpy as np
import pytest

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.targets import Feedback, to_feedback

pytestmark = pytest.mark.engine

RATINGS = Interactions.from_columns([1] * 5 + [2] * 2, [1, 2, 3, 4, 5, 1, 2], [10, 8, 7, 4, 1, 2, 4], [0] * 7)


def entries(feedback: Feedback) -> dict[tuple[int, int], float]:
    matrix = feedback.matrix
    return dict(zip(zip(matrix.row.tolist(), matrix.col.tolist(), strict=True), matrix.data.tolist(), strict=True))


def test_implicit_ratings_are_positives_weighted_by_stars() -> None:
    feedback = to_feedback(RATINGS, "implicit", "warp", 0.5, low_weight=0.25)
    assert set(entries(feedback).values()) == {1.0}
    assert feedback.weights is not None
    assert feedback.weights.data.tolist() == [1, 1, 0.5, 0.25, 0.25, 0.25, 0.25]
    assert len(entries(to_feedback(RATINGS, "implicit", "warp", 0.5))) == 3


def test_explicit_ratings_are_split_at_each_users_mean_or_at_a_threshold() -> None:
    by_mean = entries(to_feedback(RATINGS, "explicit", "logistic", 0.5))
    assert list(by_mean.values()) == [1, 1, 1, -1, -1, -1, 1]
    by_threshold = entries(to_feedback(RATINGS, "explicit", "logistic", 0.5, threshold=8))
    assert list(by_threshold.values()) == [1, 1, -1, -1, -1, -1, -1]


@pytest.mark.parametrize("kind", ["implicit", "explicit"])
def test_kos_gets_only_full_positives(kind: str) -> None:
    feedback = to_feedback(RATINGS, kind, "warp-kos", 0.5, low_weight=0.25)  # type: ignore[arg-type]
    assert feedback.weights is None
    assert (feedback.matrix.data == 1).all()
    assert np.isin([(0, 0), (0, 1)], list(entries(feedback))).all()
