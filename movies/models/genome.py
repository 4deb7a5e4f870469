"""The tag genome: relevance of each of a fixed set of tags to a movie."""

from typing import ClassVar

import numpy as np
from django.db import models

SCORE = np.dtype("<u2")
FULL = 65_535
"""The stored value of relevance 1; MovieLens' steps of 0.00025 remain distinct."""


class GenomeTag(models.Model):
    """A tag of the genome, and its position in the vectors."""

    place = models.PositiveSmallIntegerField(primary_key=True)
    name = models.CharField(max_length=255)

    class Meta:
        ordering: ClassVar = ["place"]

    def __str__(self) -> str:
        return self.name


class GenomeVector(models.Model):
    """Relevance of every genome tag to a movie: 16 bits per tag, in the order of `GenomeTag.place`."""

    movie = models.OneToOneField("movies.Movie", models.CASCADE, primary_key=True, related_name="genome_vector")
    relevances = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.relevances) // SCORE.itemsize} relevances"
