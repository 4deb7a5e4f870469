"""API views of the catalogue and of a member's ratings and lists."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.pagination import BasePagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.status import HTTP_201_CREATED, HTTP_204_NO_CONTENT
from rest_framework.views import APIView

from movies import selectors, services
from movies.api.serializers import (
    BrowseQuery,
    GenreSerializer,
    ImportAnswerSerializer,
    ImportSerializer,
    KeptSerializer,
    MeSerializer,
    MovieDetailSerializer,
    MovieSerializer,
    MovieStarsSerializer,
    MovieTagSerializer,
    RatingSerializer,
    SeenOnSerializer,
    SeenSerializer,
    StarsSerializer,
    TagQuery,
    TagSerializer,
)
from movies.models import Genre, HiddenMovie, KeptMovie, Movie, Rating, SeenMovie, Tag, User, WatchlistItem
from movies.requests import member
from movies.selectors import tags

MOST_TAGS = 100


def movie_or_404(pk: int) -> Movie:
    return get_object_or_404(selectors.movies(), pk=pk)


def genres_or_404(slugs: list[str]) -> list[Genre]:
    """Return the genres with these slugs; an unknown slug is a 404."""
    if not slugs:
        return []
    by_slug = {genre.slug: genre for genre in selectors.genres().filter(slug__in=slugs)}
    if unknown := sorted(set(slugs) - by_slug.keys()):
        raise NotFound(f"There is no genre {unknown[0]!r}. See /api/v1/genres/ for all genres.")
    return list(by_slug.values())


def tags_or_404(names: list[str]) -> list[Tag]:
    """Return the tags with these names; an unknown name is a 404."""
    named = tags.tags_named(names)
    if unknown := sorted({Tag.key_of(name) for name in names} - {tag.key for tag in named}):
        raise NotFound(f"There is no tag {unknown[0]!r}. See /api/v1/tags/ for all tags.")
    return named


@extend_schema(parameters=[BrowseQuery], tags=["catalogue"])
class MovieList(ListAPIView[Movie]):
    """Movies that match all filters."""

    serializer_class = MovieSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> QuerySet[Movie]:
        filters = BrowseQuery.of(self.request).filters()
        genres_or_404(list(filters.genres))
        return selectors.found(filters)


@extend_schema(tags=["catalogue"])
class MovieDetail(RetrieveAPIView[Movie]):
    """A movie with its tags, links and rating histogram."""

    serializer_class = MovieDetailSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> QuerySet[Movie]:
        return selectors.movies()


@extend_schema(tags=["catalogue"])
class MovieTags(APIView):
    """The tags of a movie."""

    permission_classes = (AllowAny,)

    @extend_schema(responses=MovieTagSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Up to 100 tags of a movie, the most applied first."""
        return Response(MovieTagSerializer(tags.top_tags(movie_or_404(pk), MOST_TAGS), many=True).data)


@extend_schema(tags=["catalogue"])
class GenreList(ListAPIView[Genre]):
    """All genres, on one page."""

    serializer_class = GenreSerializer
    permission_classes = (AllowAny,)
    pagination_class: type[BasePagination] | None = None

    def get_queryset(self) -> QuerySet[Genre]:
        return selectors.genres()


@extend_schema(parameters=[TagQuery], tags=["catalogue"])
class TagList(ListAPIView[Tag]):
    """Tags that users have applied to movies."""

    serializer_class = TagSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> QuerySet[Tag]:
        prefix = Tag.key_of(TagQuery.read(self.request).get("q", ""))
        return Tag.objects.filter(key__startswith=prefix).order_by("key", "pk")


@extend_schema(tags=["me"])
class Me(RetrieveAPIView[User]):
    """The authenticated account."""

    serializer_class = MeSerializer

    def get_object(self) -> User:
        return member(self.request)


@extend_schema(tags=["me"])
class MyRatings(ListAPIView[Rating]):
    """Your ratings, latest first."""

    serializer_class = RatingSerializer

    def get_queryset(self) -> QuerySet[Rating]:
        return selectors.ratings_of(member(self.request))

    @extend_schema(request=MovieStarsSerializer, responses={201: RatingSerializer})
    def post(self, request: Request) -> Response:
        """Rate a movie; a new rating replaces the old one."""
        body = MovieStarsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        movie = movie_or_404(body.validated_data["movie"])
        rating = services.rate(user=member(request), movie=movie, half_stars=body.validated_data["half_stars"])
        return Response(RatingSerializer(rating).data, status=HTTP_201_CREATED)


@extend_schema(tags=["me"])
class ImportRatings(APIView):
    """Import of ratings from another site."""

    @extend_schema(request=ImportSerializer, responses=ImportAnswerSerializer)
    def post(self, request: Request) -> Response:
        """Add up to 3,000 ratings. Existing ratings are kept; if a movie is listed twice, the last rating counts."""
        body = ImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        rows = {row["movie"]: row for row in body.validated_data["ratings"]}
        ids = selectors.ids_by(body.validated_data["known_by"], rows)
        ratings = [(ids[key], row["half_stars"], row.get("rated_at")) for key, row in rows.items() if key in ids]
        added = services.add_ratings(user=member(request), ratings=ratings)
        unknown = [key for key in rows if key not in ids]
        summary = {"added": added, "kept": len(ratings) - added, "unknown": unknown}
        return Response(ImportAnswerSerializer(summary).data)


@extend_schema(tags=["opinions"])
class MyRating(APIView):
    """Your rating of a movie."""

    serializer_class = RatingSerializer

    def get(self, request: Request, pk: int) -> Response:
        rating = get_object_or_404(selectors.ratings_of(member(request)), movie=pk)
        return Response(RatingSerializer(rating).data)

    @extend_schema(request=StarsSerializer, responses={200: RatingSerializer, 201: RatingSerializer})
    def put(self, request: Request, pk: int) -> Response:
        """Rate a movie: 201 for a new rating, 200 for a changed one."""
        movie, user = movie_or_404(pk), member(request)
        body = StarsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        rated_before = selectors.marks(user, [movie])[movie.pk].half_stars is not None
        rating = services.rate(user=user, movie=movie, half_stars=body.validated_data["half_stars"])
        return Response(RatingSerializer(rating).data, status=200 if rated_before else HTTP_201_CREATED)

    @extend_schema(responses={204: OpenApiResponse(description="The rating is deleted.")})
    def delete(self, request: Request, pk: int) -> Response:
        if not services.unrate(user=member(request), movie=movie_or_404(pk)):
            raise NotFound("You have not rated this movie.")
        return Response(status=HTTP_204_NO_CONTENT)


class MyKept(ListAPIView[KeptMovie]):
    """Movies in one of your lists, last added first."""

    serializer_class = KeptSerializer
    model: ClassVar[type[KeptMovie]]

    def get_queryset(self) -> QuerySet[KeptMovie]:
        entries: QuerySet[Any] = self.model._default_manager.filter(user=member(self.request))
        genres = Prefetch("movie__genres", to_attr="genre_list")
        return entries.select_related("movie").prefetch_related(genres).order_by("-added_at", "-pk")


@extend_schema(tags=["me"])
class MyWatchlist(MyKept):
    """Your watchlist, last added first."""

    model = WatchlistItem


@extend_schema(tags=["me"])
class MyHidden(MyKept):
    """Movies you marked as not interested, last added first."""

    model = HiddenMovie


@extend_schema(tags=["me"])
class MySeen(MyKept):
    """Movies you marked as seen, last added first."""

    serializer_class = SeenSerializer
    model = SeenMovie


class ListEntry(APIView):
    """Add a movie to one of your lists, or remove it."""

    add: ClassVar[Callable[..., None]]
    remove: ClassVar[Callable[..., bool]]

    @extend_schema(request=None, responses={204: OpenApiResponse(description="The movie is in the list.")})
    def put(self, request: Request, pk: int) -> Response:
        type(self).add(user=member(request), movie=movie_or_404(pk))
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: OpenApiResponse(description="The movie is no longer in the list.")})
    def delete(self, request: Request, pk: int) -> Response:
        if not type(self).remove(user=member(request), movie=movie_or_404(pk)):
            raise NotFound("The movie is not in the list.")
        return Response(status=HTTP_204_NO_CONTENT)


@extend_schema(tags=["opinions"])
class OnWatchlist(ListEntry):
    add = services.watch
    remove = services.unwatch


@extend_schema(tags=["opinions"])
class NotInterested(ListEntry):
    add = services.hide
    remove = services.unhide


@extend_schema(tags=["opinions"])
class Seen(ListEntry):
    remove = services.unsee

    @extend_schema(request=SeenOnSerializer, responses={204: OpenApiResponse(description="The movie is in the list.")})
    def put(self, request: Request, pk: int) -> Response:
        """Mark a movie as seen: on a day, or today if it is new in the list."""
        movie = movie_or_404(pk)
        body = SeenOnSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        services.see(user=member(request), movie=movie, seen_on=body.validated_data.get("seen_on"))
        return Response(status=HTTP_204_NO_CONTENT)
