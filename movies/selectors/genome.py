"""The tag genome of movies, as pages and trainings read it."""

import numpy as np
from numpy.typing import NDArray

from movies.models.genome import FULL, SCORE, GenomeTag, GenomeVector

CLEARLY = 0.5
"""A tag of lower relevance does not describe a movie."""


def strongest_tags(movie_id: int, n: int = 8) -> list[GenomeTag]:
    """The tags of the genome that describe a movie best, the strongest first; none where it has no vector."""
    stored = GenomeVector.objects.filter(movie=movie_id).values_list("relevances", flat=True).first()
    if stored is None:
        return []
    relevances = np.frombuffer(stored, dtype=SCORE)
    best = np.argsort(relevances, kind="stable")[::-1][:n]
    places = [int(place) for place in best if relevances[place] >= CLEARLY * FULL]
    tags = GenomeTag.objects.in_bulk(places)
    return [tags[place] for place in places if place in tags]


def genome() -> tuple[NDArray[np.int64], list[str], NDArray[np.float32]]:
    """The movies with vectors (ids ascending), the tags' names, and the relevances (movies, tags) from 0 to 1."""
    names = list(GenomeTag.objects.values_list("name", flat=True))
    rows = GenomeVector.objects.order_by("movie_id").values_list("movie_id", "relevances")
    ids = np.fromiter(rows.values_list("movie_id", flat=True), dtype=np.int64)
    relevances = np.empty((len(ids), len(names)), dtype=np.float32)
    for place, (_, stored) in enumerate(rows.iterator()):
        relevances[place] = np.frombuffer(stored, dtype=SCORE)
    relevances /= FULL
    return ids, names, relevances
