"""API serializers for recommendations and their query parameters."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from movies.api.serializers import MovieSerializer, MovieStarsSerializer, StarsField, listed
from movies.api.views import genres_or_404, tags_or_404
from recommendations.serving.predictions import MOST_EXPLAINED
from recommendations.serving.recommend import Filters, Ranker, Source, Steering, wishes
from recommendations.serving.results import Entry, Explanation, Reason, Recommendations
from recsite.api import examples
from recsite.api.fields import (
    LARGEST_ID,
    FlagField,
    FloatField,
    IntegerField,
    ManyField,
    NumberField,
    Query,
    TextField,
    WholeNumberField,
)

LONGEST_LIST = 100
MOST_EXCLUDED = 100
"""In a query string, because servers limit the length of URLs."""
MOST_GENRES = 20
MOST_TAGS = 20
MOST_RATINGS = 1_000
MOST_USERS = 1_000
MOST_LINES = 20_000
"""Movies in the lists of a batch together."""
BATCH = {
    "version": "20261124-031500-42",
    "results": [{"user": 7, "results": [{"movie": 260, "score": 3.27}]}, {"user": 8, "results": []}],
}
PREDICTIONS = {"version": "20261124-031500-42", "results": [{"movie": 260, "stars": 4.4}]}


class ReasonSerializer(serializers.Serializer[Any]):
    """A rating that raised a movie's score."""

    movie = MovieSerializer()
    stars = StarsField(source="half_stars")
    share = serializers.FloatField(help_text="The rating's share of the score.")


class ExplanationSerializer(serializers.Serializer[Any]):
    """A score split in two ways; each time the parts add up to it."""

    score = serializers.FloatField()
    parts = serializers.DictField(
        child=serializers.FloatField(),
        help_text="Shares of general appeal (`bias`) and of each block of features (`identity`, `genres` …).",
    )
    base = serializers.FloatField(help_text="What every user's score starts from.")
    ratings = ReasonSerializer(
        many=True,
        help_text="What each rating adds or subtracts, strongest first; in a list, only the strongest. All are at "
        "`/api/v1/movies/<id>/explanation/`.",
    )
    others = serializers.FloatField(help_text="What the ratings add that are not named.")
    training = serializers.FloatField(help_text="The rest, which no single rating accounts for.")


class EntrySerializer(serializers.Serializer[Any]):
    """A recommended movie."""

    rank = serializers.IntegerField(help_text="1 for the best.")
    movie = MovieSerializer()
    score = serializers.FloatField(allow_null=True, help_text="Orders an unsteered list; null for popular movies.")
    predicted_stars = serializers.FloatField(source="stars", allow_null=True)
    reasons = ReasonSerializer(many=True)
    explanation = ExplanationSerializer(allow_null=True, help_text="Null unless `explain` is true.")


@extend_schema_serializer(examples=[examples.answer(examples.LISTED)])
class RecommendationsSerializer(serializers.Serializer[Any]):
    """A list, best first, with its source and version."""

    version = serializers.CharField(allow_null=True, help_text="Version of the model that made the list.")
    source = serializers.ChoiceField(  # type: ignore[assignment]  # a field; the metaclass takes it away
        [source.value for source in Source],
        help_text="`trained`: by the user's trained vector; `folded_in`: by a vector computed from their current "
        "ratings; `popular`: the most rated movies, because there are no ratings or there is no model.",
    )
    results = serializers.SerializerMethodField()

    @extend_schema_field(EntrySerializer(many=True))
    def get_results(self, recommended: Recommendations) -> list[dict[str, Any]]:
        # Equal to `EntrySerializer`, which would take as long as the rest of the response.
        return [_entry(entry, rank) for rank, entry in enumerate(recommended.entries, start=1)]


def _entry(entry: Entry, rank: int) -> dict[str, Any]:
    return {
        "rank": rank,
        "movie": listed(entry.movie),
        "score": entry.score,
        "predicted_stars": entry.stars,
        "reasons": [_reason(reason) for reason in entry.reasons],
        "explanation": entry.explanation and explained(entry.explanation),
    }


def explained(explanation: Explanation) -> dict[str, Any]:
    """Return the same representation as `ExplanationSerializer`, at a fraction of its cost."""
    return {
        "score": explanation.score,
        "parts": explanation.parts,
        "base": explanation.base,
        "ratings": [_reason(reason) for reason in explanation.ratings],
        "others": explanation.others,
        "training": explanation.training,
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {"movie": listed(reason.movie), "stars": reason.half_stars / 2, "share": reason.share}


class ExplanationQuery(Query):
    """Query parameters of an explanation."""

    start = WholeNumberField(
        default=0, min_value=0, max_value=LARGEST_ID, help_text="How many of the strongest ratings to skip."
    )
    n = WholeNumberField(
        default=MOST_EXPLAINED, min_value=1, max_value=MOST_EXPLAINED, help_text="How many ratings to name."
    )


class SimilarQuery(Query):
    """Query parameters of similar movies."""

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
    """Query parameters of a list: filters, steering and explanations."""

    n: serializers.IntegerField = WholeNumberField(
        default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies."
    )
    genre = _genres("Slugs of genres; movies must have all of them.")
    year_from: serializers.IntegerField = WholeNumberField(required=False, min_value=1870, max_value=2100)
    year_to: serializers.IntegerField = WholeNumberField(required=False, min_value=1870, max_value=2100)
    min_ratings: serializers.IntegerField = WholeNumberField(required=False, min_value=0, max_value=1_000_000_000)
    include_seen: serializers.BooleanField = serializers.BooleanField(
        default=False, help_text="Include movies that you have seen but not rated."
    )
    exclude = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=LARGEST_ID),
        required=False,
        max_length=MOST_EXCLUDED,
        help_text="Ids of movies to exclude.",
    )
    popularity: serializers.FloatField = NumberField(
        default=0.0, min_value=-1, max_value=1, help_text="Lean towards hidden gems (−1) or well-known movies (1)."
    )
    recency: serializers.FloatField = NumberField(
        default=0.0, min_value=-1, max_value=1, help_text="Lean towards older (−1) or newer (1) movies."
    )
    diversity: serializers.FloatField = NumberField(
        default=0.0, min_value=0, max_value=1, help_text="Lean towards movies that differ from each other (1)."
    )
    more = _genres("Slugs of genres to lean towards.")
    less = _genres("Slugs of genres to lean away from.")
    more_tags = _tags("Names of tags to lean towards, ignoring case.")
    less_tags = _tags("Names of tags to lean away from, ignoring case.")
    reasons: serializers.IntegerField = WholeNumberField(
        default=2, min_value=0, max_value=10, help_text="Maximum number of reasons for each movie."
    )
    explain: serializers.BooleanField = serializers.BooleanField(default=False, help_text="Explain each score.")
    ranker = serializers.ChoiceField(
        [ranker.value for ranker in Ranker],
        default=Ranker.SERVED.value,
        help_text="For comparisons: `exact`, `annoy` (approximate, but exact with a filter), or `served`, the one that "
        "was faster when the version was published. Steered lists are always exact.",
    )

    def parameters(self) -> dict[str, Any]:
        """Return the validated parameters of the list."""
        return dict(self.validated_data)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of `serving.recommend.recommend`."""
        data = self.parameters()
        genres, more, less = (genres_or_404(data.pop(name, [])) for name in ("genre", "more", "less"))
        more_tags, less_tags = (tags_or_404(data.pop(name, [])) for name in ("more_tags", "less_tags"))
        sliders = {name: data.pop(name) for name in ("popularity", "recency", "diversity")}
        plain: dict[str, Any] = {name: data.pop(name) for name in ("n", "exclude", "reasons") if name in data}
        return {
            **plain,
            "ranker": Ranker(data.pop("ranker")),
            "explained": data.pop("explain"),
            "steering": Steering(**sliders, genres=wishes(more, less), tags=wishes(more_tags, less_tags)),
            "filters": Filters(genres=frozenset(genre.pk for genre in genres), **data),
        }


@extend_schema_serializer(
    examples=[examples.request({"ratings": [{"movie": 260, "stars": 5}, {"movie": 541, "stars": 4.5}], "n": 10})]
)
class PreviewSerializer(ListQuery):
    """Ratings of a visitor without an account, and the parameters of their list."""

    include_seen = None  # type: ignore[assignment]  # ratings without an account come without movies seen
    n = IntegerField(default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies.")
    year_from = IntegerField(required=False, min_value=1870, max_value=2100)
    year_to = IntegerField(required=False, min_value=1870, max_value=2100)
    min_ratings = IntegerField(required=False, min_value=0, max_value=1_000_000_000)
    exclude = ManyField(child=IntegerField(min_value=1, max_value=LARGEST_ID), required=False, max_length=MOST_RATINGS)
    popularity = FloatField(default=0.0, min_value=-1, max_value=1)
    recency = FloatField(default=0.0, min_value=-1, max_value=1)
    diversity = FloatField(default=0.0, min_value=0, max_value=1)
    reasons = IntegerField(default=2, min_value=0, max_value=10, help_text="Maximum number of reasons for each movie.")
    explain = FlagField(default=False, help_text="Explain each score.")
    ratings = ManyField(child=MovieStarsSerializer(), max_length=MOST_RATINGS)

    def parameters(self) -> dict[str, Any]:
        return {name: value for name, value in self.validated_data.items() if name != "ratings"}

    def arguments(self) -> dict[str, Any]:
        ratings = {rating["movie"]: rating["half_stars"] for rating in self.validated_data["ratings"]}
        return {**super().arguments(), "ratings": ratings}


class PredictionQuery(Query):
    """Query parameters of predictions."""

    movie = serializers.ListField(
        child=WholeNumberField(min_value=1, max_value=LARGEST_ID),
        min_length=1,
        max_length=LONGEST_LIST,
        help_text="Ids of movies.",
    )


class PredictionSerializer(serializers.Serializer[Any]):
    movie = serializers.IntegerField(help_text="The movie's id.")
    stars = serializers.FloatField(
        allow_null=True, help_text="Null for movies that you have rated or that the model does not know."
    )


@extend_schema_serializer(examples=[examples.answer(PREDICTIONS)])
class PredictionsSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(allow_null=True, help_text="The active version of the model.")
    results = PredictionSerializer(many=True)


@extend_schema_serializer(examples=[examples.request({"users": [7, 8], "n": 10})])
class BatchSerializer(serializers.Serializer[Any]):
    """The users whose lists are requested."""

    users = ManyField(child=IntegerField(min_value=1, max_value=LARGEST_ID), min_length=1, max_length=MOST_USERS)
    n = IntegerField(default=10, min_value=1, max_value=LONGEST_LIST, help_text="How many movies for each user.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs["users"]) * attrs["n"] > MOST_LINES:
            raise serializers.ValidationError(f"All lists together have at most {MOST_LINES:,} movies.")
        return attrs


class LineSerializer(serializers.Serializer[Any]):
    movie = serializers.IntegerField(help_text="The movie's id.")
    score = serializers.FloatField()


class BatchEntrySerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(help_text="The user's id.")
    results = LineSerializer(many=True, help_text="Best first; empty for users whom the model does not know.")


@extend_schema_serializer(examples=[examples.answer(BATCH)])
class BatchAnswerSerializer(serializers.Serializer[Any]):
    version = serializers.CharField(allow_null=True)
    results = BatchEntrySerializer(many=True, help_text="In the order of the given users, each once.")
