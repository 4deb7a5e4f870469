"""Movies, genres and tags."""

from functools import lru_cache
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F
from django.db.models.functions import Cast, NullIf
from django.urls import reverse
from django.utils.functional import cached_property

from movies.titles import search_key, sort_key

PRIOR_RATINGS = 20
PRIOR_MEAN = 3.5
"""`Movie.rating_score` is a Bayesian average: the mean after adding this many ratings of this many stars."""


@lru_cache(maxsize=8192)
def _url(view: str, pk: int) -> str:
    """Return a movie's URL, cached because a page has about a hundred, mostly of the same movies."""
    return reverse(view, args=[pk])


class Genre(models.Model):
    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(max_length=60, unique=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class Movie(models.Model):
    """A movie with the count and sum of its ratings.

    Database triggers maintain `rating_count` and `rating_sum`, whatever writes a rating (migration
    `0002_rating_counters`).
    """

    id = models.AutoField(primary_key=True)
    movielens_id = models.PositiveIntegerField("MovieLens id", unique=True, null=True, blank=True)
    title = models.CharField(max_length=400, help_text="Title as displayed: “The Matrix”.")
    alternative_title = models.CharField(
        max_length=400, blank=True, help_text="Other names, such as the one in the original language."
    )
    sort_title = models.CharField(max_length=400, editable=False, help_text="Sort key: “matrix”.")
    search_text = models.CharField(
        max_length=1000, editable=False, help_text="Words of the titles and the year, in lower case without accents."
    )
    year = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1870), MaxValueValidator(2100)]
    )
    genres = models.ManyToManyField(Genre, related_name="movies", blank=True)
    imdb_id = models.PositiveIntegerField("IMDb id", null=True, blank=True)
    tmdb_id = models.PositiveIntegerField("TMDB id", null=True, blank=True)
    poster = models.CharField(
        max_length=100, null=True, blank=True, editable=False, help_text="Name of the file in the poster storage."
    )
    poster_sought_at = models.DateTimeField(null=True, blank=True, editable=False)
    rating_count = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    rating_sum = models.PositiveIntegerField(default=0, db_default=0, editable=False, help_text="In half stars.")
    rating_mean = models.GeneratedField(
        expression=Cast("rating_sum", models.FloatField()) / 2.0 / NullIf("rating_count", 0),
        output_field=models.FloatField(null=True),
        db_persist=True,
    )
    rating_score = models.GeneratedField(
        expression=(Cast("rating_sum", models.FloatField()) / 2.0 + PRIOR_RATINGS * PRIOR_MEAN)
        / (F("rating_count") + PRIOR_RATINGS),
        output_field=models.FloatField(),
        db_persist=True,
    )

    class Meta:
        ordering: ClassVar = ["sort_title", "year", "id"]
        # Each rating updates its movie's counters, and PostgreSQL then writes to every index: only those pages need.
        indexes: ClassVar = [
            models.Index(F("rating_count").desc(), "id", name="movie_by_popularity"),
            models.Index(F("rating_score").desc(), "id", name="movie_by_score"),
            models.Index("sort_title", "year", "id", name="movie_by_title"),
            models.Index("year", name="movie_by_year"),
        ]

    def __str__(self) -> str:
        return f"{self.title} ({self.year})" if self.year else self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_title = sort_key(self.title)
        self.search_text = search_key(self.title, self.alternative_title, self.year)
        super().save(*args, **kwargs)

    def get_absolute_url(self) -> str:
        return _url("movies:detail", self.pk)

    @cached_property
    def genre_list(self) -> list[Genre]:
        """The genres; `selectors.movies` fills this at a lower cost than a prefetched `genres.all`."""
        return list(self.genres.all())

    @property
    def cover_url(self) -> str:
        """URL of the fetched poster, or else of the drawn cover."""
        return _url("movies:poster" if self.poster else "movies:cover", self.pk)

    @property
    def imdb_url(self) -> str | None:
        return f"https://www.imdb.com/title/tt{self.imdb_id:07}/" if self.imdb_id else None

    @property
    def tmdb_url(self) -> str | None:
        return f"https://www.themoviedb.org/movie/{self.tmdb_id}" if self.tmdb_id else None


class Tag(models.Model):
    """A word or phrase that users have applied to movies.

    `key` is the name in lower case with single spaces, so that “Time Travel” and “time travel” are one tag.
    """

    id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255)
    key = models.CharField(max_length=255, unique=True, editable=False)

    class Meta:
        ordering: ClassVar = ["key"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.key = self.key_of(self.name)
        super().save(*args, **kwargs)

    @staticmethod
    def key_of(name: str) -> str:
        return " ".join(name.casefold().split())[:255]
