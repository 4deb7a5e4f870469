"""Time lift: items rated mostly in one period are recommended to users of that period."""

import numpy as np
import pytest

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.models.time_drift import period_centers_of, period_weights, time_lift
from recommendations.engine.reranking.similarity import directions
from recommendations.engine.training import TrainingConfig, train
from tests.support.engine_data import plain_features

pytestmark = pytest.mark.engine

EARLY, ALWAYS, LATE = range(8), range(8, 16), range(16, 24)
START, YEAR = 1_000_000_000, 31_557_600


def two_times(n_users: int = 80) -> Interactions:
    """Half of the users rate early and like early items, the others late ones; some items are always there."""
    random = np.random.default_rng(0)
    rows = [
        (user, item, random.integers(7, 11), START + (user >= n_users / 2) * 10 * YEAR + random.integers(YEAR))
        for user in range(n_users)
        for item in random.choice([*(LATE if user >= n_users / 2 else EARLY), *ALWAYS], 8, replace=False)
    ]
    return Interactions.from_columns(*np.array(rows).T)


def test_items_rated_in_one_period_only_have_lift_then_and_negative_lift_otherwise() -> None:
    ratings = two_times()
    lift = time_lift(ratings, period_centers_of(ratings))
    assert lift.shape == (24, len(period_centers_of(ratings)))
    early, late = lift[:, :8].mean(axis=1), lift[:, 8:].mean(axis=1)
    assert (early[EARLY] > 0.3).all()
    assert (late[EARLY] < -0.5).all()
    assert (late[LATE] > 0.3).all()
    assert np.abs([early[ALWAYS], late[ALWAYS]]).max() < 0.25


def test_few_ratings_give_little_lift_and_none_give_none() -> None:
    ratings = two_times()
    rare = ratings.where((ratings.ordinals != 0) | (ratings.user_ordinals == ratings.user_ordinals[0]))
    none = ratings.where(ratings.ordinals != 0)
    period_centers = period_centers_of(ratings)
    assert 0 < np.abs(time_lift(rare, period_centers)[0]).max() < np.abs(time_lift(ratings, period_centers)[0]).max()
    assert not time_lift(none, period_centers)[0].any()


def test_simultaneous_ratings_form_one_period() -> None:
    ratings = Interactions.from_columns([1, 1, 2], [1, 2, 2], [8, 9, 10], [7, 7, 7])
    assert period_centers_of(ratings).tolist() == [7]
    assert time_lift(ratings, period_centers_of(ratings)) == pytest.approx(np.zeros((2, 1)))
    empty = ratings.where(np.zeros(3, bool))
    assert not time_lift(empty, period_centers_of(empty)).any()


def test_between_two_centers_both_periods_count() -> None:
    shares = period_weights(np.array([100, 200, 400]), [0, 100, 125, 300, 400, 9_999])
    assert shares == pytest.approx(
        np.array([[1, 0, 0], [1, 0, 0], [0.75, 0.25, 0], [0, 0.5, 0.5], [0, 0, 1], [0, 0, 1]])
    )


def test_a_new_user_is_shown_movies_of_their_period() -> None:
    ratings = two_times()
    model = train(ratings, plain_features(ratings), TrainingConfig(dimension=24, fits=1, epochs=20))

    def gap(when: list[int], *liked: int) -> float:
        scores = model.embeddings.items @ model.fold_in.vector(liked, [10] * len(liked), when)
        return float(scores[LATE].mean() - scores[EARLY].mean())

    always = ALWAYS[0]
    assert gap([START], always) < 0 < gap([START + 10 * YEAR], always)
    assert gap([START + 40 * YEAR], always) == pytest.approx(gap([START + 11 * YEAR], always))
    assert gap([]) > 0


def test_being_rated_at_the_same_time_does_not_make_items_similar() -> None:
    ratings = two_times()
    model = train(ratings, plain_features(ratings), TrainingConfig(dimension=24, fits=1, epochs=20))
    units = directions(model.embeddings.items, model.fold_in.periods)
    assert units @ model.fold_in.periods[:, :-2].T == pytest.approx(0, abs=0.05 * np.abs(model.fold_in.periods).max())
    assert np.linalg.norm(units, axis=1) == pytest.approx(1, abs=1e-5)
