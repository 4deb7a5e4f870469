"""Ratings, applied tags, and the lists of users: watchlist, seen, not interested."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from movies.models.catalogue import Movie, Tag
from movies.models.people import User
from recsite.database.unix_time import UnixTimeField


class Rating(models.Model):
    """A user's rating of a movie, stored exactly as half stars."""

    rated_at = UnixTimeField(default=timezone.now)
    user = models.ForeignKey(User, models.CASCADE, related_name="ratings", db_index=False)
    movie = models.ForeignKey(Movie, models.CASCADE, related_name="ratings", db_index=False)
    half_stars = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(10)])

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "movie"], name="one_rating_per_user_and_movie"),
            models.CheckConstraint(condition=Q(half_stars__range=(1, 10)), name="rating_from_half_a_star_to_five"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["movie", "half_stars"], name="rating_by_movie_and_stars"),
            models.Index(fields=["rated_at"], name="rating_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.stars:g} stars"

    @property
    def stars(self) -> float:
        return self.half_stars / 2


class MovieTag(models.Model):
    """A user's application of a tag to a movie."""

    tagged_at = UnixTimeField(default=timezone.now)
    user = models.ForeignKey(User, models.CASCADE, related_name="movie_tags", db_index=False)
    movie = models.ForeignKey(Movie, models.CASCADE, related_name="movie_tags", db_index=False)
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="movie_tags", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "movie", "tag"], name="one_application_per_user_movie_and_tag"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["tag", "movie"], name="movies_of_a_tag"),
            models.Index(fields=["movie", "tag"], name="tags_of_a_movie"),
        ]

    def __str__(self) -> str:
        return str(self.tag)


class KeptMovie(models.Model):
    """A movie in one of a member's lists."""

    added_at = models.DateTimeField(default=timezone.now)
    user = models.ForeignKey(User, models.CASCADE, db_index=False)
    movie = models.ForeignKey(Movie, models.CASCADE)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.movie)


class WatchlistItem(KeptMovie):
    """A movie that a member wants to see."""

    class Meta(KeptMovie.Meta):
        default_related_name = "watchlist_items"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "movie"], name="one_watchlist_item_per_user_and_movie"),
        ]


class HiddenMovie(KeptMovie):
    """A movie that a member is not interested in, which is never recommended to them."""

    class Meta(KeptMovie.Meta):
        default_related_name = "hidden_movies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "movie"], name="one_hidden_movie_per_user_and_movie"),
        ]


class SeenMovie(KeptMovie):
    """A movie that a member has seen, with or without a rating; one without is not recommended to them either."""

    seen_on = models.DateField(null=True, default=timezone.localdate, help_text="Empty if the day is not known.")

    class Meta(KeptMovie.Meta):
        default_related_name = "seen_movies"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "movie"], name="one_seen_movie_per_user_and_movie"),
        ]


LISTS: tuple[type[KeptMovie], ...] = (WatchlistItem, HiddenMovie, SeenMovie)
"""The models of all lists."""
