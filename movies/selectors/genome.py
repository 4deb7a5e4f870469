"""Queries of the tag genome, for movie pages and training."""

import numpy as np
from numpy.typing import NDArray

from movies.models.genome import FULL, SCORE, GenomeTag, GenomeVector

MIN_RELEVANCE = 0.5
"""A tag of lower relevance does not describe a movie."""


def strongest_tags(movie_id: int, n: int = 8) -> list[GenomeTag]:
    """Return the genome tags most relevant to a movie, strongest first; empty if it has no vector."""
    stored = GenomeVector.objects.filter(movie=movie_id).values_list("relevances", flat=True).first()
    if stored is None:
        return []
    relevances = np.frombuffer(stored, dtype=SCORE)
    best = np.argsort(relevances, kind="stable")[::-1][:n]
    positions = [int(position) for position in best if relevances[position] >= MIN_RELEVANCE * FULL]
    tags = GenomeTag.objects.in_bulk(positions)
    return [tags[position] for position in positions if position in tags]


def genome() -> tuple[NDArray[np.int64], list[str], NDArray[np.float32]]:
    """Return the ids of movies with vectors, ascending, the tag names, and relevances (movies, tags) from 0 to 1."""
    names = list(GenomeTag.objects.values_list("name", flat=True))
    rows = GenomeVector.objects.order_by("movie_id").values_list("movie_id", "relevances")
    ids = np.fromiter(rows.values_list("movie_id", flat=True), dtype=np.int64)
    relevances = np.empty((len(ids), len(names)), dtype=np.float32)
    for row, (_, stored) in enumerate(rows.iterator()):
        relevances[row] = np.frombuffer(stored, dtype=SCORE)
    relevances /= FULL
    return ids, names, relevances
