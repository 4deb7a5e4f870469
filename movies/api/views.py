"""Endpoints of the catalogue and of one's own opinions."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.shortcuts import get_object_or_404
from django.urls import path
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
    StarsSerializer,
    TagQuery,
    TagSerializer,
)
from movies.models import Genre, HiddenMovie, KeptMovie, Movie, Rating, Tag, User, WatchlistItem
from movies.requests import member
from movies.selectors import tags

MOST_TAGS = 100


def movie_or_404(pk: int) -> Movie:
    return get_object_or_404(selectors.movies(), pk=pk)


def genres_or_404(slugs: list[str]) -> list[Genre]:
    """The genres with these slugs, all of which must be."""
    if not slugs:
        return []
    found = {genre.slug: genre for genre in selectors.genres().filter(slug__in=slugs)} if slugs else {}
    if unknown := sorted(set(slugs) - found.keys()):
        raise NotFound(f"There is no genre {unknown[0]!r}: /api/v1/genres/ lists all.")
    return list(found.values())


def tags_or_404(names: list[str]) -> list[Tag]:
    """The tags with these names, all of which must be."""
    found = tags.tags_named(names)
    if unknown := sorted({Tag.key_of(name) for name in names} - {tag.key for tag in found}):
        raise NotFound(f"There is no tag {unknown[0]!r}: /api/v1/tags/ lists all.")
    return found


@extend_schema(parameters=[BrowseQuery], tags=["catalogue"])
class MovieList(ListAPIView[Movie]):
    """Movies that match all that is asked."""

    serializer_class = MovieSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> QuerySet[Movie]:
        wanted = BrowseQuery.of(self.request).wanted()
        genres_or_404(list(wanted.genres))
        return selectors.browse(wanted)


@extend_schema(tags=["catalogue"])
class MovieDetail(RetrieveAPIView[Movie]):
    """A movie with its tags, links and the spread of its ratings."""

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
        """Up to 100 tags of a movie, those that most people put on it first."""
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
    """Tags that people have put on movies."""

    serializer_class = TagSerializer
    permission_classes = (AllowAny,)

    def get_queryset(self) -> QuerySet[Tag]:
        start = Tag.key_of(TagQuery.read(self.request).get("q", ""))
        return Tag.objects.filter(key__startswith=start).order_by("key", "pk")


@extend_schema(tags=["me"])
class Me(RetrieveAPIView[User]):
    """The account that asks."""

    serializer_class = MeSerializer

    def get_object(self) -> User:
        return member(self.request)


@extend_schema(tags=["me"])
class MyRatings(ListAPIView[Rating]):
    """One's own ratings, the latest first."""

    serializer_class = RatingSerializer

    def get_queryset(self) -> QuerySet[Rating]:
        return selectors.ratings_of(member(self.request))

    @extend_schema(request=MovieStarsSerializer, responses={201: RatingSerializer})
    def post(self, request: Request) -> Response:
        """Rate a movie, in place of an earlier rating of it."""
        body = MovieStarsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        movie = movie_or_404(body.validated_data["movie"])
        rating = services.rate(user=member(request), movie=movie, half_stars=body.validated_data["stars"])
        return Response(RatingSerializer(rating).data, status=HTTP_201_CREATED)


@extend_schema(tags=["me"])
class ImportRatings(APIView):
    """Ratings from elsewhere, many at once."""

    @extend_schema(request=ImportSerializer, responses=ImportAnswerSerializer)
    def post(self, request: Request) -> Response:
        """Add up to 10,000 ratings.  What one has rated here stays; of several of one movie the last counts."""
        body = ImportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        rows = {row["movie"]: row for row in body.validated_data["ratings"]}
        found = selectors.ids_by(body.validated_data["known_by"], rows)
        ratings = [(found[key], row["stars"], row.get("rated_at")) for key, row in rows.items() if key in found]
        added = services.add_ratings(user=member(request), ratings=ratings)
        unknown = [key for key in rows if key not in found]
        answer = {"added": added, "kept": len(ratings) - added, "unknown": unknown}
        return Response(ImportAnswerSerializer(answer).data)


@extend_schema(tags=["opinions"])
class MyRating(APIView):
    """One's own rating of a movie."""

    serializer_class = RatingSerializer

    def get(self, request: Request, pk: int) -> Response:
        rating = get_object_or_404(selectors.ratings_of(member(request)), movie=pk)
        return Response(RatingSerializer(rating).data)

    @extend_schema(request=StarsSerializer, responses={200: RatingSerializer, 201: RatingSerializer})
    def put(self, request: Request, pk: int) -> Response:
        """Rate a movie, or rate it anew: 201 for the first time, else 200."""
        movie, user = movie_or_404(pk), member(request)
        body = StarsSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        rated_before = selectors.marks(user, [movie])[movie.pk].half_stars is not None
        rating = services.rate(user=user, movie=movie, half_stars=body.validated_data["stars"])
        return Response(RatingSerializer(rating).data, status=200 if rated_before else HTTP_201_CREATED)

    @extend_schema(responses={204: OpenApiResponse(description="The rating is taken back.")})
    def delete(self, request: Request, pk: int) -> Response:
        if not services.unrate(user=member(request), movie=movie_or_404(pk)):
            raise NotFound("You have not rated this movie.")
        return Response(status=HTTP_204_NO_CONTENT)


class MyKept(ListAPIView[KeptMovie]):
    """Movies that one keeps, the last added first."""

    serializer_class = KeptSerializer
    model: ClassVar[type[KeptMovie]]

    def get_queryset(self) -> QuerySet[KeptMovie]:
        kept: QuerySet[Any] = self.model._default_manager.filter(user=member(self.request))
        genres = Prefetch("movie__genres", to_attr="genre_list")
        return kept.select_related("movie").prefetch_related(genres).order_by("-added_at", "-pk")


@extend_schema(tags=["me"])
class MyWatchlist(MyKept):
    """Movies that one wants to see, the last added first."""

    model = WatchlistItem


@extend_schema(tags=["me"])
class MyHidden(MyKept):
    """Movies that one is not interested in, the last added first."""

    model = HiddenMovie


class Keeping(APIView):
    """Put a movie into a list of one's own, or take it out."""

    keep: ClassVar[Callable[..., None]]
    let_go: ClassVar[Callable[..., bool]]

    @extend_schema(request=None, responses={204: OpenApiResponse(description="It is in the list.")})
    def put(self, request: Request, pk: int) -> Response:
        type(self).keep(user=member(request), movie=movie_or_404(pk))
        return Response(status=HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: OpenApiResponse(description="It is not in the list any more.")})
    def delete(self, request: Request, pk: int) -> Response:
        if not type(self).let_go(user=member(request), movie=movie_or_404(pk)):
            raise NotFound("The movie is not in the list.")
        return Response(status=HTTP_204_NO_CONTENT)


@extend_schema(tags=["opinions"])
class OnWatchlist(Keeping):
    keep = services.watch
    let_go = services.unwatch


@extend_schema(tags=["opinions"])
class NotInterested(Keeping):
    keep = services.hide
    let_go = services.unhide


urlpatterns = [
    path("movies/", MovieList.as_view(), name="movies"),
    path("movies/<int:pk>/", MovieDetail.as_view(), name="movie"),
    path("movies/<int:pk>/tags/", MovieTags.as_view(), name="movie-tags"),
    path("movies/<int:pk>/rating/", MyRating.as_view(), name="rating"),
    path("movies/<int:pk>/watchlist/", OnWatchlist.as_view(), name="on-watchlist"),
    path("movies/<int:pk>/not-interested/", NotInterested.as_view(), name="not-interested"),
    path("genres/", GenreList.as_view(), name="genres"),
    path("tags/", TagList.as_view(), name="tags"),
    path("me/", Me.as_view(), name="me"),
    path("me/ratings/", MyRatings.as_view(), name="my-ratings"),
    path("me/ratings/import/", ImportRatings.as_view(), name="import-ratings"),
    path("me/watchlist/", MyWatchlist.as_view(), name="my-watchlist"),
    path("me/not-interested/", MyHidden.as_view(), name="my-hidden"),
]
