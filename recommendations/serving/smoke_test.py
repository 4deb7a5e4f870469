"""A first question to a version, before anybody else asks it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import open_index
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.serving.filters import Filters, Steering
from recommendations.serving.model import MOVIES_INDEX, SIMILAR_INDEX, Ratings, ServingModel
from recommendations.versions.artifacts import ArtifactError

WANTED = 10
NOBODY = np.empty(0, dtype=np.int64)


def smoke_test(model: ServingModel) -> None:
    """Raise ArtifactError unless the model gives a list in true order, and answers somebody who is new to it.

    All that a request calls is called here: what is compiled at its first call makes no visitor wait.
    """
    vector = model.embeddings.items.mean(axis=0)
    _judge(model.rank(vector, WANTED, exclude=NOBODY, filters=Filters()), model.embeddings.items @ vector)
    _meet_somebody(model)


def _meet_somebody(model: ServingModel) -> None:
    known = np.arange(min(3, len(model.movies)), dtype=np.int32)
    rated = model.ids(known)
    profile = model.profile(None, Ratings.of((pk, 8) for pk in rated.tolist()))
    if profile is None:
        raise ArtifactError("the version opens, but does not know its own movies")
    found = model.rank(profile.vector, WANTED, exclude=rated, filters=Filters()).ordinals
    model.rank(profile.vector, WANTED, exclude=rated, filters=Filters(min_ratings=1))
    model.rank(profile.vector, WANTED, exclude=rated, filters=Filters(), steering=Steering(0.5, 0.5, 0.5))
    many = model.ranker.rank_many(profile.vector[None], WANTED, exclude=(np.array([0, len(known)]), known))[0]
    stars = model.predicted_stars(profile, found)
    model.reasons(profile, found, 1)
    model.similar_ids(int(rated[0]), WANTED)
    if not np.isfinite(stars).all() or np.isin([*found, *many[0]], known).any():
        raise ArtifactError("the version opens, but its answer to somebody new is wrong")


def main(folder: str) -> None:
    """Open a version and map its indexes, in a process that may crash over them."""
    model = ServingModel.open(Path(folder), {})
    smoke_test(model)
    for name, vectors in ((MOVIES_INDEX, model.embeddings.items), (SIMILAR_INDEX, model.directions)):
        vector = vectors.mean(axis=0)
        found = approximate_rank(vector, open_index(Path(folder, name), vectors), WANTED)
        _judge(found, vectors @ vector)


def _judge(found: Ranking, scores: NDArray[np.float32]) -> None:
    wanted = min(WANTED, len(scores))
    true = np.allclose(found.scores, scores[found.ordinals], rtol=1e-4, atol=1e-4)
    if len(found) != wanted or not np.isfinite(found.scores).all() or (np.diff(found.scores) > 0).any() or not true:
        raise ArtifactError("the version opens, but its answer to a first question is wrong")
