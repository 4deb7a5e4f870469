"""Serializers and query parameters of the catalogue, ratings and lists."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from movies.models import Genre, Movie, Rating, Tag, User
from movies.selectors import Browse, Sort, rating_histogram
from movies.selectors.tags import top_tags
from recsite.api import examples
from recsite.api.fields import IntegerField, ManyField, Query, WholeNumberField

MOST_IMPORTED = 3_000
MOST_GENRES = 20
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
STARS = [half_stars / 2 for half_stars in range(1, 11)]
STARS_SCHEMA = {"type": "number", "minimum": 0.5, "maximum": 5, "multipleOf": 0.5, "examples": [4.5]}


@extend_schema_field(STARS_SCHEMA)
class StarsField(serializers.Field[int, Any, float, Any]):
    """Half stars (1 to 10), which the API shows as 0.5 to 5.0 stars."""

    default_error_messages = {"invalid": "A rating is 0.5 to 5.0 stars in steps of 0.5."}  # noqa: RUF012

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float) or data not in STARS:
            self.fail("invalid")
        return int(data * 2)

    def to_representation(self, value: int) -> float:
        return value / 2


class GenreSerializer(serializers.ModelSerializer[Genre]):
    class Meta:
        model = Genre
        fields = ("slug", "name")


class MovieSerializer(serializers.ModelSerializer[Movie]):
    """A movie in a list."""

    genres = GenreSerializer(many=True, source="genre_list")

    class Meta:
        model = Movie
        fields: tuple[str, ...] = ("id", "title", "alternative_title", "year", "genres", "rating_count", "rating_mean")
        read_only_fields = fields


def listed(movie: Movie) -> dict[str, Any]:
    """Return the same representation as `MovieSerializer`, at a fraction of its cost."""
    return {
        "id": movie.pk,
        "title": movie.title,
        "alternative_title": movie.alternative_title,
        "year": movie.year,
        "genres": [{"slug": genre.slug, "name": genre.name} for genre in movie.genre_list],
        "rating_count": movie.rating_count,
        "rating_mean": movie.rating_mean,
    }


class TagSerializer(serializers.ModelSerializer[Tag]):
    class Meta:
        model = Tag
        fields = ("id", "name")


class MovieTagSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    people = serializers.IntegerField(help_text="Number of users who applied the tag to the movie.")


class MovieDetailSerializer(MovieSerializer):
    """A movie with its links, tags and rating histogram."""

    tags = serializers.SerializerMethodField()
    histogram = serializers.SerializerMethodField(help_text="Ten counts: ratings of 0.5, 1.0, … 5.0 stars.")
    imdb_url = serializers.URLField(allow_null=True)
    tmdb_url = serializers.URLField(allow_null=True)

    class Meta(MovieSerializer.Meta):
        fields = (*MovieSerializer.Meta.fields, "imdb_url", "tmdb_url", "tags", "histogram")
        read_only_fields = fields

    @extend_schema_field(MovieTagSerializer(many=True))
    def get_tags(self, movie: Movie) -> Any:
        return MovieTagSerializer(top_tags(movie), many=True).data

    @extend_schema_field({"type": "array", "items": {"type": "integer"}, "minItems": 10, "maxItems": 10})
    def get_histogram(self, movie: Movie) -> list[int]:
        return rating_histogram(movie)


class RatingSerializer(serializers.ModelSerializer[Rating]):
    """A rating with its movie."""

    movie = MovieSerializer()
    stars = StarsField(source="half_stars")

    class Meta:
        model = Rating
        fields = ("movie", "stars", "rated_at")


@extend_schema_serializer(examples=[examples.request({"stars": 4.5})])
class StarsSerializer(serializers.Serializer[Any]):
    """A rating of the movie in the URL."""

    stars = StarsField(source="half_stars")


@extend_schema_serializer(examples=[examples.request({"movie": 260, "stars": 4.5})])
class MovieStarsSerializer(StarsSerializer):
    """A rating of a movie."""

    movie = IntegerField(min_value=1, max_value=2**31 - 1, help_text="The movie's id.")


class KeptSerializer(serializers.Serializer[Any]):
    """A movie in one of the member's lists."""

    movie = MovieSerializer()
    added_at = serializers.DateTimeField()


class SeenSerializer(KeptSerializer):
    seen_on = serializers.DateField(allow_null=True, help_text="Null if the day is not known.")


@extend_schema_serializer(examples=[examples.request({"seen_on": "2026-01-31"})])
class SeenOnSerializer(serializers.Serializer[Any]):
    """The day on which a movie was seen."""

    seen_on = serializers.DateField(required=False)


class MeSerializer(serializers.ModelSerializer[User]):
    """The authenticated account."""

    email = serializers.CharField(read_only=True, help_text="Empty if the account has none.")
    permissions = serializers.SerializerMethodField(help_text="Permissions beyond those of an ordinary member.")

    class Meta:
        model = User
        fields = ("id", "username", "email", "date_joined", "permissions")
        read_only_fields = fields

    def get_permissions(self, user: User) -> list[str]:
        return sorted(user.get_all_permissions())


class BrowseQuery(Query):
    """Filters and order of the catalogue."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=200,
        help_text="Words from the title, or the year; may be misspelled, or an acronym.",
    )
    genre = serializers.ListField(
        child=serializers.SlugField(),
        required=False,
        max_length=MOST_GENRES,
        help_text="Genre slugs; movies must have all of them.",
    )
    tag = serializers.CharField(
        required=False,
        allow_blank=True,
        trim_whitespace=False,
        max_length=255,
        help_text="A tag name, case-insensitive.",
    )
    year_from = WholeNumberField(required=False, min_value=1870, max_value=2100)
    year_to = WholeNumberField(required=False, min_value=1870, max_value=2100)
    min_ratings = WholeNumberField(required=False, min_value=0, max_value=1_000_000_000)
    sort = serializers.ChoiceField([sort.value for sort in Sort], default=Sort.POPULAR.value)

    def filters(self) -> Browse:
        values = dict(self.validated_data)
        return Browse(
            text=values.pop("q", ""), genres=tuple(values.pop("genre", ())), sort=Sort(values.pop("sort")), **values
        )


class TagQuery(Query):
    q = serializers.CharField(
        required=False, allow_blank=True, trim_whitespace=False, max_length=255, help_text="Beginning of the tag."
    )


class KnownBy(StrEnum):
    """Kind of id by which an import refers to movies."""

    ID = "id"
    MOVIELENS = "movielens_id"
    IMDB = "imdb_id"
    TMDB = "tmdb_id"


class ImportedSerializer(StarsSerializer):
    movie = IntegerField(min_value=1, max_value=2**31 - 1)
    rated_at = serializers.DateTimeField(
        required=False,
        help_text="Time of the rating. A time before 1970 or in the future is replaced by the current time.",
    )

    def validate_rated_at(self, rated_at: datetime) -> datetime:
        now = timezone.now()
        return rated_at if EARLIEST <= rated_at <= now else now


@extend_schema_serializer(
    examples=[examples.request({"known_by": "imdb_id", "ratings": [{"movie": 133093, "stars": 5}]})]
)
class ImportSerializer(serializers.Serializer[Any]):
    """Ratings from another site."""

    known_by = serializers.ChoiceField(
        [kind.value for kind in KnownBy],
        default=KnownBy.ID.value,
        help_text="Kind of id in `movie`: this site's or an external one.",
    )
    ratings = ManyField(child=ImportedSerializer(), min_length=1, max_length=MOST_IMPORTED)


@extend_schema_serializer(examples=[examples.answer({"added": 118, "kept": 2, "unknown": [9999999]})])
class ImportAnswerSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="Ratings skipped because you had already rated the movie here.")
    unknown = serializers.ListField(child=serializers.IntegerField(), help_text="Ids that match no movie.")
