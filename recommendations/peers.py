"""The peers that an evaluation sets beside our model; implicit's ALS where that library is installed."""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.peers import PEERS, Peer, Rows, ScoreRows

ALS = "ALS"


def fit_als(rows: Rows, *, dimension: int, regularization: float, alpha: float, seed: int = 0) -> ScoreRows:
    """`implicit`'s alternating least squares (Hu, Koren and Volinsky 2008), with its own fold-in."""
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

    def score(asked: Any) -> NDArray[np.float32]:
        users = model.recalculate_user(np.arange(asked.shape[0]), asked)
        return np.asarray(users @ model.item_factors.T, np.float32)

    return score


def peers() -> Mapping[str, Peer]:
    """By name, those that can be run here."""
    if find_spec("implicit") is None:
        return PEERS
    grid = {"weights": ("likes and half",), "dimension": (32, 64), "regularization": (10.0, 20.0), "alpha": (3.0,)}
    return {**PEERS, ALS: Peer(fit_als, grid)}
