"""The tag genome: how well each of a fixed set of tags fits a movie."""

from typing import ClassVar

import numpy as np
from django.db import models

SCORE = np.dtype("<u2")
FULL = 65_535
"""A relevance of 1 as it is stored: MovieLens' steps of 0.00025 stay apart."""


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
