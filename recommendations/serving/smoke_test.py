"""Smoke-test a version before it serves requests."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import open_index
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.serving.filters import Filters, Steering
from recommendations.serving.model import MOVIES_INDEX, SIMILAR_INDEX, ServingModel
from recommendations.serving.profile import Ratings
from recommendations.versions.artifacts import ArtifactError

K = 10
NO_MOVIES = np.empty(0, dtype=np.int64)


def smoke_test(model: ServingModel) -> None:
    """Raise ArtifactError unless the model ranks correctly, for a fixed vector and for a new user.

    The test calls all that a request calls, so that no visitor waits for code that is compiled at its first call.
    """
    vector = model.embeddings.items.mean(axis=0)
    _check_ranking(model.rank(vector, K, exclude=NO_MOVIES, filters=Filters()), model.embeddings.items @ vector)
    _check_new_user(model)


def _check_new_user(model: ServingModel) -> None:
    rated = np.arange(min(3, len(model.movies)), dtype=np.int32)
    rated_ids = model.ids(rated)
    profile = model.profile(None, Ratings.of((pk, 8) for pk in rated_ids.tolist()))
    if profile is None:
        raise ArtifactError("the version opens but does not know its own movies")
    best = model.rank(profile.vector, K, exclude=rated_ids, filters=Filters()).ordinals
    model.rank(profile.vector, K, exclude=rated_ids, filters=Filters(min_ratings=1))
    model.rank(profile.vector, K, exclude=rated_ids, filters=Filters(), steering=Steering(0.5, 0.5, 0.5))
    batch = model.ranker.rank_many(profile.vector[None], K, exclude=(np.array([0, len(rated)]), rated))[0]
    stars = model.predicted_stars(profile, best)
    model.reasons(profile, best, 1)
    model.similar_ids(int(rated_ids[0]), K)
    if not np.isfinite(stars).all() or np.isin([*best, *batch[0]], rated).any():
        raise ArtifactError("the version opens but gives a wrong list for a new user")


def main(folder: str) -> None:
    """Open a version and map its indexes, in a child process that may crash on damaged files."""
    model = ServingModel.open(Path(folder), {})
    smoke_test(model)
    for name, vectors in ((MOVIES_INDEX, model.embeddings.items), (SIMILAR_INDEX, model.directions)):
        vector = vectors.mean(axis=0)
        ranking = approximate_rank(vector, open_index(Path(folder, name), vectors), K)
        _check_ranking(ranking, vectors @ vector)


def _check_ranking(ranking: Ranking, scores: NDArray[np.float32]) -> None:
    length = min(K, len(scores))
    is_true = np.allclose(ranking.scores, scores[ranking.ordinals], rtol=1e-4, atol=1e-4)
    is_sorted = not (np.diff(ranking.scores) > 0).any()
    if len(ranking) != length or not np.isfinite(ranking.scores).all() or not is_sorted or not is_true:
        raise ArtifactError("the version opens but ranks wrongly")
