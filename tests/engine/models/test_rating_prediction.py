"""Predicted ratings are on the scale, close to the true ratings, and reported with an unbiased error."""

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import split_by_user_time
from recommendations.engine.models.biased_mf import biased_mf
from recommendations.engine.models.rating_calibration import calibrate
from recommendations.engine.models.rating_prediction import RatingPredictor
from recommendations.engine.reranking.similarity import directions

pytestmark = pytest.mark.engine

N_USERS, N_ITEMS = 120, 80


@pytest.fixture(scope="module")
def two_tastes() -> Interactions:
    """A checkerboard: half of the users love even movies and dislike odd ones, the others the reverse."""
    rng = np.random.default_rng(9)
    users, items = (
        np.repeat(np.arange(N_USERS), 30),
        np.concatenate([rng.choice(N_ITEMS, 30, replace=False) for _ in range(N_USERS)]),
    )
    loved = users % 2 == items % 2
    half_stars = np.where(loved, 9, 3) + rng.integers(-1, 2, len(users))
    return Interactions.from_columns(users, items, half_stars, rng.permutation(len(users)))


@pytest.fixture(scope="module")
def movie_directions() -> NDArray[np.float32]:
    """Directions that express which movies are similar, like a trained model's."""
    side = np.where(np.arange(N_ITEMS) % 2, 1, -1)[:, None]
    noise = np.random.default_rng(1).normal(scale=0.3, size=(N_ITEMS, 8))
    return directions(np.column_stack([side + noise, np.ones((N_ITEMS, 2))]).astype(np.float32))


def test_taste_is_inferred_from_ratings_of_similar_movies(
    two_tastes: Interactions, movie_directions: NDArray[np.float32]
) -> None:
    stars = calibrate(split_by_user_time(two_tastes), movie_directions).stars
    rated, given = np.array([0, 2, 4, 1, 3], np.int32), np.array([9, 10, 9, 3, 2], np.int8)
    loved, disliked = stars.predict(movie_directions, rated, given, np.array([6, 7], np.int32))
    assert loved > 3.8
    assert disliked < 2.2


def test_the_error_is_reported_beside_those_of_baselines(
    two_tastes: Interactions, movie_directions: NDArray[np.float32]
) -> None:
    errors = calibrate(split_by_user_time(two_tastes), movie_directions).errors
    assert set(errors) == {"stars", "mean", "user mean", "movie mean", "biased MF"}
    assert errors["stars"].rmse < 0.7
    assert min(errors["user mean"].rmse, errors["movie mean"].rmse) > 1.2
    assert all(0 < error.mae <= error.rmse for error in errors.values())


def test_the_error_is_that_of_unseen_ratings(two_tastes: Interactions, movie_directions: NDArray[np.float32]) -> None:
    split = split_by_user_time(two_tastes)
    shuffled = split.test.half_stars.copy()
    np.random.default_rng(0).shuffle(shuffled)
    split.test.half_stars[:] = shuffled
    assert calibrate(split, movie_directions).errors["stars"].rmse > 1.2


def test_predictions_stay_on_the_scale(movie_directions: NDArray[np.float32]) -> None:
    stars = RatingPredictor(np.asarray(3.5), np.full(N_ITEMS, 9, np.float32), np.array([3.5, 1, 1, 1]))
    rated, given = np.array([1], np.int32), np.array([10], np.int8)
    assert stars.predict(movie_directions, rated, given, np.array([2], np.int32)).tolist() == [5]


def test_a_user_without_ratings_gets_the_movies_mean(
    two_tastes: Interactions, movie_directions: NDArray[np.float32]
) -> None:
    stars = RatingPredictor.of(two_tastes)
    nothing = np.empty(0, np.int32)
    predicted = stars.predict(movie_directions, nothing, nothing.astype(np.int8), np.arange(3, dtype=np.int32))
    np.testing.assert_allclose(predicted, stars.mean + stars.offsets[:3])


def test_a_movie_without_ratings_is_at_the_mean() -> None:
    stars = RatingPredictor.of(
        Interactions.from_columns([1, 1, 2], [0, 1, 2], [10, 8, 2], [0, 0, 0]).where(np.array([1, 1, 0]) > 0)
    )
    assert stars.offsets[2] == 0


def test_it_is_restored_from_its_arrays(two_tastes: Interactions, movie_directions: NDArray[np.float32]) -> None:
    stars = calibrate(split_by_user_time(two_tastes), movie_directions).stars.with_offsets_of(two_tastes)
    restored = RatingPredictor(**vars(stars))
    row = two_tastes.row(3)
    others = np.setdiff1d(np.arange(N_ITEMS), row[0]).astype(np.int32)
    np.testing.assert_array_equal(
        restored.predict(movie_directions, *row, others), stars.predict(movie_directions, *row, others)
    )


def test_without_held_out_ratings_there_is_nothing_to_evaluate(movie_directions: NDArray[np.float32]) -> None:
    single_ratings = Interactions.from_columns([1, 2], [0, 1], [10, 8], [0, 0])
    with pytest.raises(ValueError, match="no rating is held out"):
        calibrate(split_by_user_time(single_ratings), movie_directions[:2])


def test_the_baseline_learns_both_tastes(two_tastes: Interactions) -> None:
    predict = biased_mf(two_tastes)
    even_users = predict(np.arange(0, N_USERS, 2), np.zeros(N_USERS // 2, np.int32))
    odd_users = predict(np.arange(1, N_USERS, 2), np.zeros(N_USERS // 2, np.int32))
    assert even_users.mean() > odd_users.mean() + 0.5
