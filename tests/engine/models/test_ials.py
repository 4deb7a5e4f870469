"""iALS learns co-occurrence, solves its equations, and agrees with an independent implementation."""

import numpy as np
import pytest
from implicit.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix, vstack

from recommendations.engine.models import ials
from tests.support.engine_data import checkerboard, some_ratings

pytestmark = pytest.mark.engine


def likes(n_users: int = 200) -> csr_matrix:
    known, _ = checkerboard(n_users)
    return known.matrix((known.half_stars == 10).astype(np.float32))


def test_one_rating_predicts_co_occurring_items() -> None:
    items = ials.fit_items(likes())
    scores = ials.fold_in_rows(items) @ items.T
    same_parity = (np.arange(30)[:, None] + np.arange(30)) % 2 == 0
    assert scores[same_parity].min() > scores[~same_parity].max()


def test_threads_and_repetition_give_identical_bits() -> None:
    matrix = csr_matrix(vstack([likes()] * 30))
    assert len({ials.fit_items(matrix, threads=threads).tobytes() for threads in (1, 1, 3)}) == 1
    assert ials.fit_items(matrix, seed=1).tobytes() != ials.fit_items(matrix).tobytes()


def test_items_without_ratings_have_zero_vectors() -> None:
    matrix = likes()
    padded = csr_matrix((matrix.data, matrix.indices, matrix.indptr), (matrix.shape[0], matrix.shape[1] + 2))
    items = ials.fit_items(padded)
    assert not items[-2:].any()
    assert not ials.fold_in_rows(items)[-2:].any()
    assert np.isfinite(items).all()


def test_a_fold_in_row_solves_for_one_rating() -> None:
    """(VᵀV + c v vᵀ + λ I) u = (1 + c) v."""
    ratings = some_ratings()
    items = ials.fit_items(ratings.matrix(np.ones(len(ratings), np.float32)))
    vectors = items.astype(np.float64)
    system = vectors.T @ vectors + ials.RIDGE * np.eye(vectors.shape[1])
    system += ials.CONFIDENCE * np.outer(vectors[3], vectors[3])
    expected = np.linalg.solve(system, (1 + ials.CONFIDENCE) * vectors[3])
    assert ials.fold_in_rows(items)[3] == pytest.approx(expected, rel=1e-3, abs=1e-6)


def test_it_ranks_like_another_implementation(monkeypatch: pytest.MonkeyPatch) -> None:
    """`implicit` has one λ for all; with that, and after both have converged, scores agree."""
    monkeypatch.setattr(ials, "ITEM_POWER", 0.0)
    monkeypatch.setattr(ials, "RIDGE", 5.0)
    monkeypatch.setattr(ials, "EPOCHS", 100)
    ratings = some_ratings(600)
    matrix = ratings.matrix(np.ones(len(ratings), np.float32))
    ours = ials.fit_items(matrix)
    other = AlternatingLeastSquares(
        factors=ials.DIMENSION,
        regularization=5.0,
        alpha=ials.CONFIDENCE,
        iterations=100,
        use_cg=False,
        num_threads=1,
        random_state=2,
    )
    other.fit(matrix, show_progress=False)
    scores, expected = (ials.fold_in_rows(items, ridge=5.0) @ items.T for items in (ours, other.item_factors))
    assert np.corrcoef(scores.ravel(), expected.ravel())[0, 1] > 0.999
