"""Invalid embeddings are refused with the reason."""

from dataclasses import replace

import numpy as np
import pytest

from recommendations.engine.models.embeddings import Embeddings

pytestmark = pytest.mark.engine


def valid_embeddings() -> Embeddings:
    random = np.random.default_rng(1)
    return Embeddings.stack(
        np.array([1, 4]),
        np.array([2, 3, 9]),
        (random.normal(size=(2, 5)), random.normal(size=2)),
        (random.normal(size=(3, 5)), random.normal(size=3)),
    )


def test_one_dot_product_adds_both_biases() -> None:
    vectors = valid_embeddings()
    users, items = vectors.users, vectors.items
    expected = users[1, :5] @ items[2, :5] + users[1, 5] + items[2, 6]
    assert users[1] @ items[2] == pytest.approx(expected, abs=1e-6)
    assert vectors.dimension == 5
    assert users.dtype == items.dtype == np.float32


def changed_embeddings(**changes: np.ndarray) -> Embeddings:
    return replace(valid_embeddings(), **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"user_ids": np.array([4, 1])}, "ascending"),
        ({"item_ids": np.array([1, 2])}, "2 item ids and 3 item vectors"),
        ({"users": valid_embeddings().users.astype(np.float64)}, "float32"),
        ({"users": valid_embeddings().users * 2}, "must be 1"),
        ({"items": np.full((3, 7), np.nan, np.float32)}, "NaN"),
        ({"items": np.ones((3, 6), np.float32)}, "7 columns, item vectors 6"),
    ],
)
def test_invalid_vectors_are_refused(changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        changed_embeddings(**changes)
