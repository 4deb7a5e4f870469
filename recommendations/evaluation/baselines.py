"""Baselines to evaluate beside our model; ALS and SLIM if the libraries that fit them are installed."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from recommendations.engine.evaluation.baselines import BASELINES, DEFAULT_WEIGHTINGS, Baseline, Rows, ScoreRows


def fit_als(rows: Rows, *, dimension: int, regularization: float, alpha: float, seed: int = 0) -> ScoreRows:
    """Fit `implicit`'s alternating least squares (Hu, Koren and Volinsky 2008), with its own fold-in."""
    from implicit.als import AlternatingLeastSquares  # noqa: PLC0415 - a development dependency

    model = AlternatingLeastSquares(
        factors=dimension,
        regularization=regularization,
        alpha=alpha,
        iterations=13,
        random_state=seed,
        num_threads=1,
        use_gpu=False,
    )
    model.fit(rows, show_progress=False)

    def score(user_rows: Any) -> NDArray[np.float32]:
        users = model.recalculate_user(np.arange(user_rows.shape[0]), user_rows)
        return np.asarray(users @ model.item_factors.T, np.float32)

    return score


def fit_slim(rows: Rows, *, l1: float, l2: float) -> ScoreRows:
    """Fit SLIM (Ning and Karypis 2011).

    Scores are X · W, where W minimises ½‖X − XW‖² + ½ l2 ‖W‖² + l1 ‖W‖₁ subject to W ≥ 0 and a zero diagonal.
    """
    weights = slim_weights(rows, l1=l1, l2=l2).astype(np.float32)
    return lambda user_rows: (user_rows @ weights).toarray()


def slim_weights(rows: Rows, *, l1: float, l2: float, tolerance: float = 1e-3) -> csr_matrix:
    """Compute W, (n_items, n_items), by scikit-learn's coordinate descent, which reads all ratings for each item."""
    from sklearn.linear_model import ElasticNet  # noqa: PLC0415 - a development dependency

    n_users, n_items = rows.shape
    # scikit-learn divides the squared error by 2 n_users, but not the penalties.
    model = ElasticNet(
        alpha=(l1 + l2) / n_users,
        l1_ratio=l1 / (l1 + l2),
        positive=True,
        fit_intercept=False,
        copy_X=False,
        tol=tolerance,
    )
    others = rows.tocsc().astype(np.float64)
    columns = [csr_matrix((1, n_items))] * n_items
    for item in np.flatnonzero(np.diff(others.indptr)):
        own = slice(others.indptr[item], others.indptr[item + 1])
        ratings = others.data[own].copy()
        target = np.zeros(n_users)
        target[others.indices[own]] = ratings
        others.data[own] = 0
        columns[item] = csr_matrix(model.fit(others, target).coef_)
        others.data[own] = ratings
    return csr_matrix(vstack(columns).T)


LIBRARIES: Mapping[str, tuple[str, Baseline]] = {
    "ALS": (
        "implicit",
        Baseline(
            fit_als,
            {"weights": ("likes and half",), "dimension": (32, 64), "regularization": (10.0, 20.0), "alpha": (3.0,)},
        ),
    ),
    "SLIM": ("sklearn", Baseline(fit_slim, {"weights": DEFAULT_WEIGHTINGS, "l1": (1.0, 5.0), "l2": (10.0, 50.0)})),
}
"""Baselines from libraries: the module to import, and the baseline with its grid of parameters."""


def available_baselines() -> Mapping[str, Baseline]:
    """Return by name the baselines whose libraries are installed."""
    return {**BASELINES, **{name: baseline for name, (library, baseline) in LIBRARIES.items() if find_spec(library)}}
