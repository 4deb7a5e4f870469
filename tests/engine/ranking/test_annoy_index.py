"""The Annoy index is correct for dot products, reproducible, and validated when opened."""

from pathlib import Path

import numpy as np
import pytest

from recommendations.engine.ranking.annoy_index import IndexFileError, build_index, open_index
from recommendations.engine.ranking.base import approximate_rank, exact_rank_naive
from recommendations.engine.reranking.similarity import directions, well_rated

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def items() -> np.ndarray:
    """Bias-stacked vectors whose norms differ widely, as a trained model's do."""
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(3_000, 16)) * rng.lognormal(sigma=0.7, size=(3_000, 1))
    return np.column_stack([vectors, np.ones(3_000), rng.normal(size=3_000)]).astype(np.float32)


def users(n: int) -> np.ndarray:
    vectors = np.random.default_rng(2).normal(size=(n, 18)).astype(np.float32)
    vectors[:, -1] = 1
    return vectors


def recall(items: np.ndarray, path: Path, search_k: int) -> float:
    index = open_index(path, items, search_k=search_k)
    recalls = [
        np.isin(exact_rank_naive(user, items, 10).ordinals, approximate_rank(user, index, 10).ordinals).mean()
        for user in users(100)
    ]
    return float(np.mean(recalls))


def test_items_of_different_norms_are_found(items: np.ndarray, tmp_path: Path) -> None:
    build_index(items, tmp_path / "movies.ann", n_trees=10)
    assert recall(items, tmp_path / "movies.ann", search_k=1_500) > 0.95


def test_inspecting_more_nodes_finds_more_and_is_reported(items: np.ndarray, tmp_path: Path) -> None:
    build_index(items, tmp_path / "movies.ann", n_trees=10)
    assert recall(items, tmp_path / "movies.ann", 100) < recall(items, tmp_path / "movies.ann", 3_000)
    index = open_index(tmp_path / "movies.ann", items, search_k=1_000)
    assert approximate_rank(users(1)[0], index, 10, exclude=[1, 2, 3]).examined < len(items)


def test_scores_are_exact(items: np.ndarray, tmp_path: Path) -> None:
    build_index(items, tmp_path / "movies.ann", n_trees=10)
    user = users(1)[0]
    ranking = approximate_rank(user, open_index(tmp_path / "movies.ann", items), 50)
    np.testing.assert_array_equal(
        ranking.scores, (items[ranking.ordinals].astype(float) @ user.astype(float)).astype(np.float32)
    )


def test_the_same_vectors_give_the_same_file(items: np.ndarray, tmp_path: Path) -> None:
    for name in ("one.ann", "two.ann"):
        build_index(items, tmp_path / name, n_trees=3)
    assert (tmp_path / "one.ann").read_bytes() == (tmp_path / "two.ann").read_bytes()


def test_a_file_that_cannot_be_written_leaves_nothing(items: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "movies.ann").mkdir()
    with pytest.raises(OSError, match="movies"):
        build_index(items, tmp_path / "movies.ann", n_trees=1)
    assert [path.name for path in tmp_path.iterdir()] == ["movies.ann"]


@pytest.mark.parametrize(
    ("n_rows", "n_columns", "message"),
    [
        (3_000, 17, "no index of 3000 × 17"),
        (2_999, 18, "holds 3000 items"),
        (100_000, 18, "no index of 100000"),
    ],
)
def test_the_index_of_other_vectors_is_refused(
    items: np.ndarray, tmp_path: Path, n_rows: int, n_columns: int, message: str
) -> None:
    build_index(items, tmp_path / "movies.ann", n_trees=2)
    with pytest.raises(IndexFileError, match=message):
        open_index(tmp_path / "movies.ann", np.ones((n_rows, n_columns), np.float32))


@pytest.mark.parametrize("kept", [0.5, 0.9])
def test_a_truncated_file_is_refused(items: np.ndarray, tmp_path: Path, kept: float) -> None:
    path = tmp_path / "movies.ann"
    build_index(items, path, n_trees=1)
    node = 16 + 4 * 19
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * kept) // node * node])
    with pytest.raises(IndexFileError):
        open_index(path, items)


def test_empty_or_non_finite_vectors_are_refused(items: np.ndarray, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no item"):
        build_index(items[:0], tmp_path / "movies.ann", n_trees=1)
    with pytest.raises(ValueError, match="NaN"):
        build_index(np.full((3, 4), np.nan, np.float32), tmp_path / "movies.ann", n_trees=1)


def test_similar_movies_ignore_norm_and_bias() -> None:
    items = np.array([[1, 1, 1, 0], [5, 5, 1, 9], [3, 0, 1, 0], [-1, -1, 1, 99], [0, 0, 1, 0]], np.float32)
    units = directions(items)
    ranking = exact_rank_naive(units[0], units, 4, exclude=[0])
    assert ranking.ordinals.tolist() == [1, 2, 4, 3]
    np.testing.assert_allclose(ranking.scores, [1, np.sqrt(0.5), 0, -1], rtol=1e-6)


def test_similar_movies_come_from_an_index_too(items: np.ndarray, tmp_path: Path) -> None:
    units = directions(items)
    build_index(units, tmp_path / "similar.ann", n_trees=20)
    index = open_index(tmp_path / "similar.ann", units, search_k=100_000)
    ranking = approximate_rank(units[5], index, 10, exclude=[5])
    assert ranking.ordinals.tolist() == exact_rank_naive(units[5], units, 10, exclude=[5]).ordinals.tolist()


def test_movies_with_few_ratings_are_left_out() -> None:
    assert well_rated(np.array([19, 20, 0, 500])).tolist() == [1, 3]
