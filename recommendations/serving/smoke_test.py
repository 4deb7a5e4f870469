"""A first question to a version, before anybody else asks it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import open_index
from recommendations.engine.ranking.base import Ranking, approximate_rank
from recommendations.serving.filters import Filters, Steering
from recommendations.serving.model import MOVIES_INDEX, SIMILAR_INDEX, Bundle, Ratings
from recommendations.versions.artifacts import ArtifactError

WANTED = 10
NOBODY = np.empty(0, dtype=np.int64)


def smoke_test(bundle: Bundle) -> None:
    """Raise ArtifactError unless the bundle gives a list in true order, and answers somebody who is new to it.

    All that a request calls is called here: what is compiled at its first call makes no visitor wait.
    """
    vector = bundle.embeddings.items.mean(axis=0)
    _judge(bundle.rank(vector, WANTED, exclude=NOBODY, filters=Filters()), bundle.embeddings.items @ vector)
    _meet_somebody(bundle)


def _meet_somebody(bundle: Bundle) -> None:
    known = np.arange(min(3, len(bundle.movies)), dtype=np.int32)
    rated = bundle.ids(known)
    person = bundle.person(None, Ratings.of((pk, 8) for pk in rated.tolist()))
    if person is None:
        raise ArtifactError("the version opens, but does not know its own movies")
    found = bundle.rank(person.vector, WANTED, exclude=rated, filters=Filters()).ordinals
    bundle.rank(person.vector, WANTED, exclude=rated, filters=Filters(min_ratings=1))
    bundle.rank(person.vector, WANTED, exclude=rated, filters=Filters(), steering=Steering(0.5, 0.5, 0.5))
    many = bundle.ranker.rank_many(person.vector[None], WANTED, exclude=(np.array([0, len(known)]), known))[0]
    stars = bundle.predicted_stars(person, found)
    bundle.reasons(person, found, 1)
    bundle.alike(int(rated[0]), WANTED)
    if not np.isfinite(stars).all() or np.isin([*found, *many[0]], known).any():
        raise ArtifactError("the version opens, but its answer to somebody new is wrong")


def main(folder: str) -> None:
    """Open a version and map its indexes, in a process that may crash over them."""
    bundle = Bundle.open(Path(folder), {})
    smoke_test(bundle)
    for name, vectors in ((MOVIES_INDEX, bundle.embeddings.items), (SIMILAR_INDEX, bundle.units)):
        vector = vectors.mean(axis=0)
        found = approximate_rank(vector, open_index(Path(folder, name), vectors), WANTED)
        _judge(found, vectors @ vector)


def _judge(found: Ranking, scores: NDArray[np.float32]) -> None:
    wanted = min(WANTED, len(scores))
    true = np.allclose(found.scores, scores[found.ordinals], rtol=1e-4, atol=1e-4)
    if len(found) != wanted or not np.isfinite(found.scores).all() or (np.diff(found.scores) > 0).any() or not true:
        raise ArtifactError("the version opens, but its answer to a first question is wrong")
