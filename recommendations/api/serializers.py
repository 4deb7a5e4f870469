"""Recommendations as the API shows them, and what may be asked of them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from movies.api.serializers import MovieSerializer, MovieStarsSerializer, StarsField, listed
from movies.api.views import genres_or_404, tags_or_404
from recommendations.serving.recommend import Filters, Ranker, Source, Steering, wishes
from recommendations.serving.results import Entry, Reason, Recommendations
from recsite.api import examples
from recsite.api.fields import (
    LARGEST_ID,
    FlagField,
    FloatField,
    IntegerField,
    NumberField,
    Query,
    TextField,
    WholeNumberField,
)

LONGEST_LIST = 100
MOST_EXCLUDED = 100
"""In an address; servers take only so long a one."""
MOST_GENRES = 20
MOST_TAGS = 20
MOST_RATINGS = 1_000
MOST_USERS = 1_000
BATCH = {
    "version": "20261124-031500-42",
    "results": [{"user": 7, "results": [{"movie": 260, "score": 3.27}]}, {"user": 8, "results": []}],
}
PREDICTIONS = {"version": "20261124-031500-42", "results": [{"movie": 260, "stars": 4.4}]}


class ReasonSerializer(serializers.Serializer[Any]):
    """A rating that raised a movie's score."""

    movie = MovieSerializer()
    stars = StarsField(source="half_stars")
    share = serializers.FloatField(help_text="How much of the score it brought.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """A score taken apart, twice: each time the parts add up to it."""

    score = serializers.FloatField()
    parts = serializers.DictField(
        child=serializers.FloatField(),
        help_text="What general appeal (`bias`) and each kind of knowledge (`identity`, `genres` …) bring.",
    )
    base = serializers.FloatField(help_text="What anybody's score begins with.")
    ratings = ReasonSerializer(many=True, help_text="What each of the ratings adds or takes, the strongest first.")
    training = serializers.FloatField(help_text="What no single rating accounts for.")


class EntrySerializer(serializers.Serializer[Any]):
    """A recommended movie."""

    rank = serializers.IntegerField(help_text="1 for the best.")
    movie = MovieSerializer()
    score = serializers.FloatField(
        allow_null=True, help_text="Orders a list that is not steered; null for popular movies."
    )
    predicted_stars = serializers.FloatField(source="stars", allow_null=True)
    reasons = ReasonSerializer(many=True)
    explanation = ExplanationSerializer(allow_null=True, help_text="Null unless `explain` asks for it.")


@extend_schema_serializer(examples=[examples.answer(examples.LISTED)])
class RecommendationsSerializer(serializers.Serializer[Any]):
    """A list, best first, and where it comes from."""

    version = serializers.CharField(allow_null=True, help_text="The version of the model that made the list.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field; the metaclass takes it away
        [source.value for source in Source],
        help_text="`trained`: the vector learnt for the user; `folded_in`: one computed from their ratings as they "
        "are now; `popular`: what most people rated, for want of ratings or of a model.",
    )
    results = serializers.SerializerMethodField()

    @extend_schema_field(EntrySerializer(many=True))
    def get_results(self, found: Recommendations) -> list[dict[str, Any]]:
        # As `EntrySerializer` says it, which takes as long for a list as the rest of the answer.
        return [_entry(entry, rank) for rank, entry in enumerate(found.entries, start=1)]


def _entry(entry: Entry, rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "movie": listed(entry.movie),
        "score": entry.score,
        "predicted_stars": entry.stars,
        "reasons": [_reason(reason) for reason in entry.reasons],
        "explanation": entry.explanation and ExplanationSerializer(entry.explanation).data,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"movie": listed(reason.movie), "stars": reason.half_stars / 2, "share": reason.share}


class SimilarQuery(Query):
    n = WholeNumberField(default=12, min_value=1, max_value=LONGEST_LIST, help_text="How many movies.")


def _genres(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=serializers.SlugField(), required=False, max_length=MOST_GENRES, help_text=help_text
    )


def _tags(help_text: str) -> serializers.ListField:
    return serializers.ListField(
        child=TextField(trim_whitespace=False, max_length=255),
        required=False,
        max_length=MOST_TAGS,
        help_text=help_text,
    )


class ListQuery(Query):
    """What may be asked of a list."""

    n: serializers.IntegerField = WholeNumberField(
        default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies."
    )
    genre = _genres("Slugs of genres: movies have all of them.")
    year_from: serializers.IntegerField = WholeNumberField(required=False, min_value=1870, max_value=2100)
    year_to: serializers.IntegerField = WholeNumberField(required=False, min_value=1870, max_value=2100)
    min_ratings: serializers.IntegerField = WholeNumberField(required=False, min_value=0, max_value=1_000_000_000)
    exclude = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=MOST_EXCLUDED,
        help_text="Ids of movies that shall not appear.",
    )
    popularity: serializers.FloatField = NumberField(
        default=0.0, min_value=-1, max_value=1, help_text="Lean towards hidden gems (−1) or the well known (1)."
    )
    recency: serializers.FloatField = NumberField(
        default=0.0, min_value=-1, max_value=1, help_text="Lean towards older (−1) or newer (1) movies."
    )
    diversity: serializers.FloatField = NumberField(
        default=0.0, min_value=0, max_value=1, help_text="Lean towards movies that differ from each other (1)."
    )
    more = _genres("Slugs of genres that the list shall lean towards.")
    less = _genres("Slugs of genres that the list shall lean away from.")
    more_tags = _tags("Names of tags that the list shall lean towards; case does not matter.")
    less_tags = _tags("Names of tags that the list shall lean away from.")
    reasons: serializers.IntegerField = WholeNumberField(
        default=2, min_value=0, max_value=10, help_text="Reasons for each movie, at most."
    )
    explain: serializers.BooleanField = serializers.BooleanField(default=False, help_text="Take each score apart.")
    ranker = serializers.ChoiceField(
        [ranker.value for ranker in Ranker],
        default=Ranker.SERVED.value,
        help_text="To compare: `exact`, `annoy` (approximate, exact where a filter is on), or what the version was "
        "measured to answer best from (`served`).  A list that is steered is exact.",
    )

    def asked(self) -> dict[str, Any]:
        return dict(self.validated_data)

    def arguments(self) -> dict[str, Any]:
        """The same as `services.recommend` takes it."""
        asked = self.asked()
        genres, more, less = (genres_or_404(asked.pop(name, [])) for name in ("genre", "more", "less"))
        more_tags, less_tags = (tags_or_404(asked.pop(name, [])) for name in ("more_tags", "less_tags"))
        leans = {name: asked.pop(name) for name in ("popularity", "recency", "diversity")}
        kept: dict[str, Any] = {name: asked.pop(name) for name in ("n", "exclude", "reasons") if name in asked}
        return {
            **kept,
            "ranker": Ranker(asked.pop("ranker")),
            "explained": asked.pop("explain"),
            "steering": Steering(**leans, genres=wishes(more, less), tags=wishes(more_tags, less_tags)),
            "filters": Filters(genres=frozenset(genre.pk for genre in genres), **asked),
        }


@extend_schema_serializer(
    examples=[examples.request({"ratings": [{"movie": 260, "stars": 5}, {"movie": 541, "stars": 4.5}], "n": 10})]
)
class PreviewSerializer(ListQuery):
    """Ratings of somebody who has no account here, and what is asked of their list."""

    n = IntegerField(default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies.")
    year_from = IntegerField(required=False, min_value=1870, max_value=2100)
    year_to = IntegerField(required=False, min_value=1870, max_value=2100)
    min_ratings = IntegerField(required=False, min_value=0, max_value=1_000_000_000)
    exclude = serializers.ListField(
        child=IntegerField(min_value=1, max_value=LARGEST_ID), required=False, max_length=MOST_RATINGS
    )
    popularity = FloatField(default=0.0, min_value=-1, max_value=1)
    recency = FloatField(default=0.0, min_value=-1, max_value=1)
    diversity = FloatField(default=0.0, min_value=0, max_value=1)
    reasons = IntegerField(default=2, min_value=0, max_value=10, help_text="Reasons for each movie, at most.")
    explain = FlagField(default=False, help_text="Take each score apart.")
    ratings = serializers.ListField(child=MovieStarsSerializer(), max_length=MOST_RATINGS)

    def asked(self) -> dict[str, Any]:
        return {name: value for name, value in self.validated_data.items() if name != "ratings"}

    def arguments(self) -> dict[str, Any]:
        ratings = {rating["movie"]: rating["half_stars"] for rating in self.validated_data["ratings"]}
        return {**super().arguments(), "ratings": ratings}


class PredictionQuery(Query):
    movie = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=LARGEST_ID),
        min_length=1,
        max_length=LONGEST_LIST,
        help_text="Ids of movies.",
    )


class PredictionSerializer(serializers.Serializer[Any]):
    movie = serializers.IntegerField(help_text="The movie's id.")
    stars = serializers.FloatField(
        allow_null=True, help_text="Null for a movie that one has rated, or that the model knows nothing of."
    )


@extend_schema_serializer(examples=[examples.answer(PREDICTIONS)])
class PredictionsSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(allow_null=True, help_text="The version of the model that serves.")
    results = PredictionSerializer(many=True)


@extend_schema_serializer(examples=[examples.request({"users": [7, 8], "n": 10})])
class BatchSerializer(serializers.Serializer[Any]):
    """Whose lists are wanted."""

    users = serializers.ListField(
        child=IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=MOST_USERS
    )
    n = IntegerField(default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies for each.")


class LineSerializer(serializers.Serializer[Any]):
    movie = serializers.IntegerField(help_text="The movie's id.")
    score = serializers.FloatField()


class BatchEntrySerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(help_text="The user's id.")
    results = LineSerializer(many=True, help_text="Best first; empty for whom the model knows nothing of.")


@extend_schema_serializer(examples=[examples.answer(BATCH)])
class BatchAnswerSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(allow_null=True)
    results = BatchEntrySerializer(many=True, help_text="In the order in which the users were given, each once.")
