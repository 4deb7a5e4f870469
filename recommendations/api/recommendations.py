"""API endpoints for recommendations, similar movies and predicted stars."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.crypto import salted_hmac
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from movies import selectors
from movies.api.serializers import MovieSerializer
from movies.api.views import movie_or_404
from movies.models import User
from movies.requests import member
from recommendations import audit
from recommendations.api.serializers import (
    BatchAnswerSerializer,
    BatchSerializer,
    ExplanationQuery,
    ExplanationSerializer,
    ListQuery,
    PredictionQuery,
    PredictionsSerializer,
    PreviewSerializer,
    RecommendationsSerializer,
    SimilarQuery,
    explained,
)
from recommendations.feedback import listed
from recommendations.serving import active
from recommendations.serving.predictions import explain, predicted_stars, similar_movies
from recommendations.serving.query import UserQuery, user_query
from recommendations.serving.recommend import Source, recommend, recommend_for_ratings, recommend_many
from recsite.api.models import ServiceToken
from recsite.api.permissions import allowed, service_of

OF_OTHERS = allowed(
    scope=ServiceToken.Scope.RECOMMENDATIONS, permission="recommendations.view_recommendations_of_others"
)
UNCHANGED = OpenApiResponse(description="Nothing has changed since the response with the `ETag` in `If-None-Match`.")
LIST = {200: RecommendationsSerializer, 304: UNCHANGED}


@extend_schema(tags=["catalogue"])
class Similar(APIView):
    """Movies that the same people like."""

    permission_classes = (AllowAny,)

    @extend_schema(parameters=[SimilarQuery], responses=MovieSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Movies that the same people like, most similar first."""
        n = SimilarQuery.read(request)["n"]
        return Response(MovieSerializer(similar_movies(movie_or_404(pk), n=n), many=True).data)


EXPLAINED_COST = 4
"""An explained list counts as this many requests."""


def list_for(user: User, request: Request) -> Response:
    """Respond with a user's list, or 304 if it has not changed."""
    arguments = ListQuery.of(request).arguments()
    query = user_query(user)
    tag = _etag(query, request)
    if tag and (unchanged := get_conditional_response(request, etag=tag)):
        listed.keep(user.pk)
        return Response(status=unchanged.status_code, headers=dict(unchanged.items()))
    recommended = recommend(user, query=query, **arguments)
    listed.remember(user.pk, (entry.movie.pk for entry in recommended.entries))
    response = Response(RecommendationsSerializer(recommended).data)
    if tag and recommended.source != Source.POPULAR:
        response["ETag"] = tag
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _etag(query: UserQuery, request: Request) -> str | None:
    """Return an ETag of the version, the user's ratings, seen and hidden movies, and the query string."""
    parameters = request.META.get("QUERY_STRING", "")
    return (
        query.tag and f'W/"{salted_hmac("recommendations", f"{query.user_id} {query.tag} {parameters}").hexdigest()}"'
    )


@extend_schema(tags=["recommendations"])
class MyRecommendations(APIView):
    """Recommendations for the authenticated user."""

    def throttle_cost(self, request: Request) -> int:
        return EXPLAINED_COST if "explain" in request.query_params else 1

    @extend_schema(parameters=[ListQuery], responses=LIST)
    def get(self, request: Request) -> Response:
        """Movies that you have not rated, seen or hidden, best first."""
        return list_for(member(request), request)


@extend_schema(tags=["recommendations"])
class RecommendationsOf(APIView):
    """Recommendations for any user."""

    permission_classes = (OF_OTHERS,)

    @extend_schema(parameters=[ListQuery], responses=LIST)
    def get(self, request: Request, pk: int) -> Response:
        """A user's recommendations. For staff, and services with the scope `recommendations`; every look is logged."""
        user = get_object_or_404(User, pk=pk)
        _audit(request, [user.pk])
        return list_for(user, request)


@extend_schema(tags=["recommendations"])
class ExplanationOf(APIView):
    """The explanation of one movie's score."""

    @extend_schema(parameters=[ExplanationQuery], responses=ExplanationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        """Why you would like a movie: its score, split by features and by your ratings, strongest first."""
        page = ExplanationQuery.read(request)
        explanation = explain(member(request), movie_or_404(pk), start=page["start"], n=page["n"])
        if explanation is None:
            raise NotFound("There is no explanation: the model does not know this movie, or none of your ratings.")
        return Response(explained(explanation))


@extend_schema(tags=["recommendations"])
class Batch(APIView):
    """Recommendations for many users at once."""

    permission_classes = (OF_OTHERS,)

    @extend_schema(request=BatchSerializer, responses=BatchAnswerSerializer)
    def post(self, request: Request) -> Response:
        """The lists of up to 1,000 users. For staff, and services with the scope `recommendations`; logged."""
        body = BatchSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        users = list(dict.fromkeys(body.validated_data["users"]))
        _audit(request, users)
        version, lists = recommend_many(users, n=body.validated_data["n"])
        results = [{"user": pk, "results": _scored(lists.get(pk, []))} for pk in users]
        return Response(BatchAnswerSerializer({"version": version, "results": results}).data)


def _audit(request: Request, users: list[int]) -> None:
    service = service_of(request)
    audit.lists_seen(member(request), users, service=service.name if service else "")


def _scored(pairs: list[tuple[int, float]]) -> list[dict[str, Any]]:
    return [{"movie": pk, "score": score} for pk, score in pairs]


@extend_schema(tags=["recommendations"])
class Preview(APIView):
    """Recommendations from ratings that are not stored."""

    permission_classes = (AllowAny,)

    def throttle_cost(self, request: Request) -> int:
        return EXPLAINED_COST if isinstance(request.data, dict) and request.data.get("explain") else 1

    @extend_schema(request=PreviewSerializer, responses=RecommendationsSerializer)
    def post(self, request: Request) -> Response:
        """Recommendations from these ratings alone. Nothing is stored."""
        body = PreviewSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        recommended = recommend_for_ratings(**body.arguments())
        return Response(RecommendationsSerializer(recommended).data)


@extend_schema(tags=["recommendations"])
class Predictions(APIView):
    """Predicted stars."""

    @extend_schema(parameters=[PredictionQuery], responses=PredictionsSerializer)
    def get(self, request: Request) -> Response:
        """The stars that you would probably give to movies, in the order of the request."""
        ids = list(dict.fromkeys(PredictionQuery.read(request)["movie"]))
        stars = predicted_stars(member(request), selectors.movies_by_id(ids))
        model = active.current()
        results = [{"movie": pk, "stars": stars.get(pk)} for pk in ids]
        return Response(PredictionsSerializer({"version": model.name if model else None, "results": results}).data)
