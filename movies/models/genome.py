"""What some releases of MovieLens tell beside ratings: who the people are, and the tag genome of the movies."""

from typing import ClassVar

import numpy as np
from django.db import models
from numpy.typing import NDArray

SCORE = np.dtype("<u2")
FULL = 65_535
"""A relevance of 1 as it is stored: MovieLens' steps of 0.00025 stay apart."""
CLEARLY = 0.5
"""A tag of lower relevance does not describe a movie."""


class Demographics(models.Model):
    """What the oldest releases tell of their people; an age may be the youngest of a group."""

    user = models.OneToOneField("movies.User", models.CASCADE, primary_key=True, related_name="demographics")
    gender = models.CharField(max_length=1)
    age = models.PositiveSmallIntegerField()
    occupation = models.CharField(max_length=60)

    class Meta:
        verbose_name_plural = "demographics"

    def __str__(self) -> str:
        return f"{self.occupation}, {self.age}"


class GenomeTag(models.Model):
    """A tag that the genome scores movies by, and its place in their vectors."""

    place = models.PositiveSmallIntegerField(primary_key=True)
    name = models.CharField(max_length=255)

    class Meta:
        ordering: ClassVar = ["place"]

    def __str__(self) -> str:
        return self.name


class GenomeVector(models.Model):
    """How well each tag of the genome fits a movie: 16 bits a tag, in the order of their places."""

    movie = models.OneToOneField("movies.Movie", models.CASCADE, primary_key=True, related_name="genome_vector")
    relevances = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.relevances) // SCORE.itemsize} relevances"


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
