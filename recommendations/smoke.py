"""A first question to a version, before anybody else asks it."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommendations.artifacts import ArtifactError
from recommendations.bundle import MOVIES_INDEX, SIMILAR_INDEX, Bundle
from recommendations.engine.index import open_index
from recommendations.engine.ranking import Ranking, approximate_rank
from recommendations.filters import Filters

WANTED = 10
NOBODY = np.empty(0, dtype=np.int64)


def smoke_test(bundle: Bundle) -> None:
    """Raise ArtifactError unless the bundle gives a list in true order."""
    vector = bundle.embeddings.items.mean(axis=0)
    _judge(bundle.rank(vector, WANTED, exclude=NOBODY, filters=Filters()), bundle.embeddings.items @ vector)


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
