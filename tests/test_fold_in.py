"""Somebody new gets a vector that fits their ratings, whose every rating's part is exact."""

import numpy as np
import pytest

from recommendations.engine.fold_in import BOLDNESS, FADE, FoldIn, rating_weights
from recommendations.engine.trained import TrainedModel
from recommendations.engine.training import TrainingConfig, train
from tests.engine_data import checkerboard, plain_features

pytestmark = pytest.mark.engine

Model = TrainedModel[TrainingConfig]


@pytest.fixture(scope="module")
def model() -> Model:
    known, _ = checkerboard()
    return train(known, plain_features(known), TrainingConfig(dimension=8, fits=2, epochs=40))


@pytest.mark.parametrize("parity", [0, 1])
def test_three_likes_tell_the_two_kinds_of_people_apart(model: Model, parity: int) -> None:
    liked = np.array([2, 6, 12]) + parity
    scores = model.embeddings.items @ model.fold_in.vector(liked, [10, 9, 8], [3, 1, 2])
    order = [item for item in np.argsort(-scores) if item not in liked]
    assert {item % 2 for item in order[:12]} == {parity}


def test_each_rating_has_its_exact_part(model: Model) -> None:
    ordinals, half_stars, times = [1, 5, 8, 20], [10, 8, 6, 1], [4, 2, 9, 9]
    parts = model.fold_in.contributions(ordinals, half_stars, times)
    assert parts.shape == (4, 10)
    total = model.fold_in.prior(half_stars) + parts.sum(axis=0)
    assert model.fold_in.vector(ordinals, half_stars, times) == pytest.approx(total, abs=1e-6)


def test_the_order_in_which_ratings_are_given_does_not_matter(model: Model) -> None:
    forth = model.fold_in.vector([1, 5, 8], [10, 8, 6], [7, 8, 9])
    assert forth == pytest.approx(model.fold_in.vector([8, 5, 1], [6, 8, 10], [9, 8, 7]), abs=1e-6)


def test_newer_ratings_count_more_and_those_of_one_moment_alike(model: Model) -> None:
    def shares(*times: int) -> list[float]:
        parts = model.fold_in.contributions([4, 5, 6], [10, 10, 10], times)
        whole = model.fold_in.contributions([4, 5, 6], [10, 10, 10], [0, 0, 0])
        return (np.linalg.norm(parts, axis=1) / np.linalg.norm(whole, axis=1) * (1 - FADE / 3)).tolist()

    assert shares(9, 9, 9) == pytest.approx([1 - FADE / 3] * 3)
    assert shares(2, 1, 3) == pytest.approx([1 - FADE / 3, 1 - FADE * 2 / 3, 1])
    assert shares(3, 1, 3) == pytest.approx([1 - FADE / 6, 1 - FADE * 2 / 3, 1 - FADE / 6])


@pytest.mark.parametrize("ratings", [([], []), ([3], [1]), ([3, 4, 5], [1, 2, 1])], ids=["none", "one", "dislikes"])
def test_without_likes_there_still_is_a_vector(model: Model, ratings: tuple[list[int], list[int]]) -> None:
    vector = model.fold_in.vector(*ratings, ratings[0])
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert vector[-1] == 1


def test_a_rating_that_does_not_count_changes_nothing(model: Model) -> None:
    with_neither = model.fold_in.vector([1, 5, 9], [10, 8, 5], [1, 2, 3])
    assert with_neither == pytest.approx(model.fold_in.vector([1, 5], [10, 8], [1, 2]), abs=1e-7)
    assert not model.fold_in.contributions([1, 5, 9], [10, 8, 5], [1, 2, 3])[2].any()


def test_who_has_told_nothing_is_like_most_people(model: Model) -> None:
    mean = model.embeddings.users.mean(axis=0, dtype=np.float64)
    assert model.fold_in.vector([], [], []) == pytest.approx(mean, abs=1e-6)


def mapped(fold_in: FoldIn, n: int) -> float:
    """What n ratings of the same moment tell, but for how much n such ratings count."""
    counted = 1 - FADE * (n - 1) / 2 / max(n, 1)
    return float(fold_in.vector(np.arange(n), [10] * n, [0] * n)[0] / max(n, 1) ** 0.5 / counted)


def test_between_two_lengths_of_history_the_maps_are_interpolated() -> None:
    maps = np.stack([np.zeros((3, 3)), np.eye(3), 3 * np.eye(3)]).astype(np.float32)
    fold_in = FoldIn(np.array([[1, 0, 0]] * 9, np.float32), np.ones(11, np.float32), np.zeros((3, 3), np.float32), maps)
    assert [mapped(fold_in, n) for n in (0, 1, 2, 9)] == pytest.approx([0, 1, 3, 3])
    longer = FoldIn(fold_in.rows, fold_in.weights, np.zeros((4, 3), np.float32), np.stack([*maps, maps[1]]))
    assert mapped(longer, 3) == pytest.approx(3 + (np.log2(3) - 1) * (1 - 3))


def test_few_likes_are_drawn_towards_what_most_people_like() -> None:
    """Where ratings tell nothing of the vectors, a regression would give everybody the mean; half of that is taken."""
    known, _ = checkerboard(200)
    known = known.where(known.half_stars == 10)
    random = np.random.default_rng(0)
    users = random.normal(size=(known.n_users, 5)).astype(np.float32) + 2
    rows = np.column_stack([random.normal(size=(known.n_items, 5)), np.zeros(known.n_items)]).astype(np.float32)
    start = FoldIn(rows, rating_weights(0, 0), np.eye(6, dtype=np.float32)[-1:], np.eye(6, dtype=np.float32)[None])
    learned = start.with_short_histories(known, users)
    error, plain = (
        np.square(one.vector(known.row(7)[0][:1], [10], [0])[:-1] - users[7]).sum() for one in (learned, start)
    )
    assert error < plain
    halfway = BOLDNESS * np.eye(5) / 2
    assert np.linalg.norm(learned.maps[1][:5, :5] - halfway) < np.linalg.norm(halfway) / 4
    assert learned.maps[-1] == pytest.approx(start.maps[-1])
    assert learned.priors[1, :5] == pytest.approx(users.mean(axis=0) / 2, abs=0.15)


def test_more_stars_count_more() -> None:
    weights = rating_weights(0.5, 0.2)
    assert weights == pytest.approx([0, -0.05, -0.05, -0.05, -0.05, 0, 0.4, 0.6, 0.8, 1, 1.2])


def test_many_at_once_are_as_one_by_one(model: Model) -> None:
    known, _ = checkerboard()
    together = model.fold_in.vectors(known)
    times = [known.timestamps[slice(*known.indptr[user : user + 2])] for user in range(known.n_users)]
    alone = np.array([model.fold_in.vector(*known.row(user), times[user]) for user in range(known.n_users)])
    assert together == pytest.approx(alone, abs=1e-5)


def test_it_survives_being_written_and_read(model: Model) -> None:
    again = FoldIn.from_arrays(model.fold_in.arrays())
    assert again.vector([1], [9], [0]).tobytes() == model.fold_in.vector([1], [9], [0]).tobytes()


@pytest.mark.parametrize(
    ("ordinals", "half_stars", "message"),
    [([1, 2], [3], "must agree"), ([99], [8], "outside 0"), ([-1], [8], "outside 0"), ([1], [0], "1 … 10")],
)
def test_what_cannot_be_ratings_is_refused(
    model: Model, ordinals: list[int], half_stars: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        model.fold_in.vector(ordinals, half_stars, half_stars)
