"""Somebody new gets a vector that fits their ratings, whose every rating's part is exact."""

import numpy as np
import pytest

from recommendations.engine.fold_in import FoldIn
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
    scores = model.embeddings.items @ model.fold_in.vector(liked, [10, 9, 8])
    order = [item for item in np.argsort(-scores) if item not in liked]
    assert {item % 2 for item in order[:12]} == {parity}


def test_each_rating_has_its_exact_part(model: Model) -> None:
    ordinals, half_stars = [1, 5, 8, 20], [10, 8, 6, 1]
    parts = model.fold_in.contributions(ordinals, half_stars)
    assert parts.shape == (4, 10)
    total = model.fold_in.prior + parts.sum(axis=0)
    assert model.fold_in.vector(ordinals, half_stars) == pytest.approx(total, abs=1e-6)


def test_the_order_of_the_ratings_does_not_matter(model: Model) -> None:
    forth = model.fold_in.vector([1, 5, 8], [10, 8, 6])
    assert forth == pytest.approx(model.fold_in.vector([8, 5, 1], [6, 8, 10]), abs=1e-6)


@pytest.mark.parametrize("ratings", [([], []), ([3], [1]), ([3, 4, 5], [1, 2, 1])], ids=["none", "one", "dislikes"])
def test_without_likes_there_still_is_a_vector(model: Model, ratings: tuple[list[int], list[int]]) -> None:
    vector = model.fold_in.vector(*ratings)
    assert vector.dtype == np.float32
    assert np.isfinite(vector).all()
    assert vector[-1] == 1


def test_many_at_once_are_as_one_by_one(model: Model) -> None:
    known, _ = checkerboard()
    together = model.fold_in.vectors(known)
    alone = np.array([model.fold_in.vector(*known.row(user)) for user in range(known.n_users)])
    assert together == pytest.approx(alone, abs=1e-5)


def test_it_survives_being_written_and_read(model: Model) -> None:
    again = FoldIn.from_arrays(model.fold_in.arrays())
    assert again.vector([1], [9]).tobytes() == model.fold_in.vector([1], [9]).tobytes()


@pytest.mark.parametrize(
    ("ordinals", "half_stars", "message"),
    [([1, 2], [3], "pair up"), ([99], [8], "outside 0"), ([-1], [8], "outside 0"), ([1], [0], "1 … 10")],
)
def test_what_cannot_be_ratings_is_refused(
    model: Model, ordinals: list[int], half_stars: list[int], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        model.fold_in.vector(ordinals, half_stars)
