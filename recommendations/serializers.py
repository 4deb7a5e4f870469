"""Recommendations as the API shows them, and what may be asked of them."""

from typing import Any

from rest_framework import serializers

from movies.api import genres_or_404
from movies.serializers import MovieSerializer, MovieStarsSerializer, StarsField
from recommendations.filters import Source
from recommendations.services import Filters
from recsite.queries import IntegerField, Query, WholeNumberField

LONGEST_LIST = 100
MOST_RATINGS = 1_000
LARGEST_ID = 2**31 - 1


class ReasonSerializer(serializers.Serializer[Any]):
    """A rating that raised a movie's score."""

    movie = MovieSerializer()
    stars = StarsField(source="half_stars")
    share = serializers.FloatField(help_text="How much of the score it brought.")


class EntrySerializer(serializers.Serializer[Any]):
    """A recommended movie."""

    movie = MovieSerializer()
    score = serializers.FloatField(
        allow_null=True, help_text="Orders this list and means nothing beside another; null for popular movies."
    )
    reasons = ReasonSerializer(many=True)


class RecommendationsSerializer(serializers.Serializer[Any]):
    """A list, best first, and where it comes from."""

    version = serializers.CharField(allow_null=True, help_text="The version of the model that made the list.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field; the metaclass takes it away
        [source.value for source in Source],
        help_text="`trained`: the vector learnt for the user; `folded_in`: one computed from their ratings as they "
        "are now; `popular`: what most people rated, for want of ratings or of a model.",
    )
    results = EntrySerializer(source="entries", many=True)


class SimilarQuery(Query):
    n = WholeNumberField(default=12, min_value=1, max_value=LONGEST_LIST, help_text="How many movies.")


class ListQuery(Query):
    """What may be asked of a list."""

    n: serializers.IntegerField = WholeNumberField(
        default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies."
    )
    genre = serializers.ListField(
        child=serializers.SlugField(), required=False, help_text="Slugs of genres: movies have all of them."
    )
    year_from: serializers.IntegerField = WholeNumberField(required=False, min_value=1870, max_value=2100)
    year_to: serializers.IntegerField = WholeNumberField(required=False, min_value=1870, max_value=2100)
    min_ratings: serializers.IntegerField = WholeNumberField(required=False, min_value=0, max_value=1_000_000_000)
    exclude = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=MOST_RATINGS,
        help_text="Ids of movies that shall not appear.",
    )
    reasons: serializers.IntegerField = WholeNumberField(
        default=2, min_value=0, max_value=10, help_text="Reasons for each movie, at most."
    )

    def asked(self) -> dict[str, Any]:
        return dict(self.validated_data)

    def arguments(self) -> dict[str, Any]:
        """The same as `services.recommend` takes it."""
        asked = self.asked()
        genres = frozenset(genre.pk for genre in genres_or_404(asked.pop("genre", [])))
        kept: dict[str, Any] = {name: asked.pop(name) for name in ("n", "exclude", "reasons") if name in asked}
        return {**kept, "filters": Filters(genres=genres, **asked)}


class PreviewSerializer(ListQuery):
    """Ratings of somebody who has no account here, and what is asked of their list."""

    n = IntegerField(default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies.")
    year_from = IntegerField(required=False, min_value=1870, max_value=2100)
    year_to = IntegerField(required=False, min_value=1870, max_value=2100)
    min_ratings = IntegerField(required=False, min_value=0, max_value=1_000_000_000)
    exclude = serializers.ListField(
        child=IntegerField(min_value=1, max_value=LARGEST_ID), required=False, max_length=MOST_RATINGS
    )
    reasons = IntegerField(default=2, min_value=0, max_value=10, help_text="Reasons for each movie, at most.")
    ratings: serializers.ListSerializer[Any] = serializers.ListSerializer(
        child=MovieStarsSerializer(), max_length=MOST_RATINGS
    )

    def asked(self) -> dict[str, Any]:
        return {name: value for name, value in self.validated_data.items() if name != "ratings"}

    def arguments(self) -> dict[str, Any]:
        ratings = {rating["movie"]: rating["stars"] for rating in self.validated_data["ratings"]}
        return {**super().arguments(), "ratings": ratings}
