"""Fold-in gives a new user a vector that fits their ratings, with an exact contribution of each rating."""

import numpy as np
import pytest

from recommendations.engine.data.rating_weights import RECENCY_FADE, rating_weights
from recommendations.engine.models.fold_in import LONG_HISTORY_RATINGS, SHORT_HISTORY_RATINGS, FoldIn
from recommendations.engine.models.fold_in_fitting import item_covariance, scale_to_average_spread
from recommendations.engine.models.trained_model import TrainedModel
from recommendations.engine.training import TrainingConfig, train
from tests.support.engine_data import checkerboard, plain_features, some_ratings

pytestmark = pytest.mark.engine

Model = TrainedModel[TrainingConfig]


@pytest.fixture(scope="module")
def model() -> Model:
    known, _ = checkerboard()
    return train(known, plain_features(known), TrainingConfig(dimension=8, fits=2, epochs=40))


@pytest.mark.parametrize("parity", [0, 1])
def test_three_likes_separate_the_two_groups_of_users(model: Model, parity: int) -> None:
    liked = np.array([2, 6, 12]) + parity
    scores = model.embeddings.items @ model.fold_in.vector(liked, [10, 9, 8], [3, 1, 2])
    order = [item for item in np.argsort(-scores) if item not in liked]
    assert {item % 2 for item in order[:12]} == {parity}


def test_each_rating_has_its_exact_contribution(model: Model) -> None:
    ordinals, half_stars, times = [1, 5, 8, 20], [10, 8, 6, 1], [4, 2, 9, 9]
    parts = model.fold_in.contributions(ordinals, half_stars, times)
    assert parts.shape == (4, 10)
    total = model.fold_in.base(half_stars, times) + parts.sum(axis=0)
    assert model.fold_in.vector(ordinals, half_stars, times) == pytest.approx(total, abs=1e-6)


def test_the_order_of_the_arguments_does_not_matter(model: Model) -> None:
    forward = model.fold_in.vector([1, 5, 8], [10, 8, 6], [7, 8, 9])
    assert forward == pytest.approx(model.fold_in.vector([8, 5, 1], [6, 8, 10], [9, 8, 7]), abs=1e-6)


def test_newer_ratings_weigh_more_and_simultaneous_ones_the_same(model: Model) -> None:
    def shares(*times: int) -> list[float]:
        parts = model.fold_in.contributions([4, 5, 6], [10, 10, 10], times)
        whole = model.fold_in.contributions([4, 5, 6], [10, 10, 10], [0, 0, 0])
        return (np.linalg.norm(parts, axis=1) / np.linalg.norm(whole, axis=1) * (1 - RECENCY_FADE / 3)).tolist()

    assert shares(9, 9, 9) == pytest.approx([1 - RECENCY_FADE / 3] * 3)
    assert shares(2, 1, 3) == pytest.approx([1 - RECENCY_FADE / 3, 1 - RECENCY_FADE * 2 / 3, 1])
    assert shares(3, 1, 3) == pytest.approx([1 - RECENCY_FADE / 6, 1 - RECENCY_FADE * 2 / 3, 1 - RECENCY_FADE / 6])


@pytest.mark.parametrize("ratings", [([], []), ([3], [1]), ([3, 4, 5], [1, 2, 1])], ids=["none", "one", "dislikes"])
def test_without_likes_there_is_still_a_vector(model: Model, ratings: tuple[list[int], list[int]]) -> None:
    vector = model.fold_in.vector(*ratings, ratings[0])
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert vector[-1] == 1


def test_a_rating_of_weight_zero_changes_only_the_period(model: Model) -> None:
    with_neither = model.fold_in.vector([1, 5, 9], [10, 8, 5], [1, 2, 2])
    assert with_neither == pytest.approx(model.fold_in.vector([1, 5], [10, 8], [1, 2]), abs=1e-7)
    assert not model.fold_in.contributions([1, 5, 9], [10, 8, 5], [1, 2, 3])[2].any()


def test_a_user_without_ratings_is_like_the_average_user() -> None:
    ratings = some_ratings(600)
    model = train(ratings, plain_features(ratings), TrainingConfig(dimension=8, fits=2, epochs=40))
    scores = model.embeddings.items @ model.fold_in.vector([], [], [])
    likes = ratings.where(ratings.half_stars >= 8).counts
    assert np.corrcoef(scores, likes)[0, 1] > 0.7


def planted(n_items: int = 30) -> FoldIn:
    """Each vector in its own column: long 0, single 1, short history rows 2, average 3, prior 4, periods 5, 6."""
    columns = np.eye(8, dtype=np.float32)
    rows, single_history_rows, short_history_rows = (np.tile(columns[place], (n_items, 1)) for place in range(3))
    return FoldIn.build(
        rating_weights(0.5, 0),
        long_history_rows=rows,
        single_history_rows=single_history_rows,
        short_history_rows=short_history_rows,
        prior=columns[4],
        average=columns[3],
        neutral=np.zeros(8, np.float32),
        periods=columns[5:7],
        period_centers=np.array([1000, 2000]),
    )


def test_row_shares_depend_on_the_number_of_ratings() -> None:
    fold_in = planted()
    vectors = [fold_in.vector(np.arange(n), [9] * n, [0] * n) for n in (1, 2, 4, LONG_HISTORY_RATINGS, 30)]
    long, single, short, average, prior, period = np.array(vectors).T[:6]
    assert single[0] > 50 * long[0]
    assert (single > short).tolist() == [n < SHORT_HISTORY_RATINGS for n in (1, 2, 4, LONG_HISTORY_RATINGS, 30)]
    assert (np.diff(short / single) > 0).all()
    assert (np.diff(long / (single + short)) > 0).all()
    assert long[3] == pytest.approx(single[3] + short[3])
    assert (np.diff(prior) > 0).all()
    assert period == pytest.approx(1 - prior)
    assert not average.any()


def test_the_newest_rating_sets_the_period() -> None:
    fold_in = planted()

    def periods(*times: int) -> list[float]:
        vector = fold_in.vector(np.arange(len(times)), [1] * len(times), times)
        return vector[5:7].tolist()

    assert periods(1100, 900) == pytest.approx([0.9, 0.1])
    assert periods(500) == pytest.approx([1, 0])
    assert periods(2100, 1000) == periods() == pytest.approx([0, 1])


def test_a_user_without_likes_is_like_the_average_user_except_for_dislikes() -> None:
    fold_in = planted()
    assert fold_in.vector([], [], []) == pytest.approx([0, 0, 0, 1, 0, 0, 1, 0, 1])
    disliked = fold_in.vector([4], [1], [0])
    assert disliked[0] < 0
    assert disliked[1:] == pytest.approx([0, 0, 1, 0, 1, 0, 0, 1])


def test_one_rating_spreads_the_scores_as_the_average_does() -> None:
    random = np.random.default_rng(0)
    items, rows = random.normal(size=(2, 50, 6)).astype(np.float32)
    rows[:, -1] = 0
    average = np.array([3, 0, 0, 0, 0, 1], np.float32)
    scaled = scale_to_average_spread(rows, item_covariance(items), average, np.ones(50, np.int64))
    assert (scaled @ items.T).std(axis=1).mean() == pytest.approx((items @ average).std(), rel=1e-4)
    assert not scale_to_average_spread(
        np.zeros_like(rows), item_covariance(items), average, np.ones(50, np.int64)
    ).any()


def test_the_neutral_vector_cancels_the_biases(model: Model) -> None:
    scores = model.embeddings.items @ model.fold_in.neutral
    assert scores == pytest.approx(scores[0], abs=1e-6)


def test_trained_vectors_are_kept_for_long_histories() -> None:
    known, _ = checkerboard(60, 400)
    fold_in = planted(400)
    trained = np.random.default_rng(1).normal(size=(known.n_users, 9)).astype(np.float32)
    trained[:, -1] = 1
    short = known.where(known.ordinals < 3)
    long_gap, short_gap = (np.abs(fold_in.vectors(ratings, trained) - trained).max() for ratings in (known, short))
    assert long_gap < 0.05 < short_gap
    without_first = known.where(known.user_ordinals > 0)
    assert fold_in.vectors(without_first, trained)[0] == pytest.approx(fold_in.vector([], [], []))


def test_more_stars_weigh_more() -> None:
    weights = rating_weights(0.5, 0.2)
    assert weights == pytest.approx([0, -0.05, -0.05, -0.05, -0.05, 0, 0.4, 0.6, 0.8, 1, 1.2])


def test_a_batch_equals_single_vectors(model: Model) -> None:
    known, _ = checkerboard()
    batch = model.fold_in.vectors(known)
    times = [known.timestamps[slice(*known.indptr[user : user + 2])] for user in range(known.n_users)]
    single = np.array([model.fold_in.vector(*known.row(user), times[user]) for user in range(known.n_users)])
    assert batch == pytest.approx(single, abs=1e-5)


def test_it_is_restored_from_its_attributes(model: Model) -> None:
    restored = FoldIn(**vars(model.fold_in))
    assert restored.vector([1], [9], [0]).tobytes() == model.fold_in.vector([1], [9], [0]).tobytes()


@pytest.mark.parametrize(
    ("ordinals", "half_stars", "message"),
    [([1, 2], [3], "must agree"), ([99], [8], "outside 0"), ([-1], [8], "outside 0"), ([1], [0], "1 … 10")],
)
def test_invalid_ratings_are_refused(model: Model, ordinals: list[int], half_stars: list[int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        model.fold_in.vector(ordinals, half_stars, half_stars)
