"""Endpoints that recommend."""

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from movies.api import movie_or_404
from movies.people import member
from movies.serializers import MovieSerializer
from recommendations.serializers import ListQuery, PreviewSerializer, RecommendationsSerializer, SimilarQuery
from recommendations.services import recommend, recommend_for_ratings, similar_movies


@extend_schema(tags=["catalogue"])
class Similar(APIView):
    """Movies that the same people like."""

    permission_classes = (AllowAny,)

    @extend_schema(parameters=[SimilarQuery], responses=MovieSerializer(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Movies that the same people like, the most similar first."""
        n = SimilarQuery.read(request)["n"]
        return Response(MovieSerializer(similar_movies(movie_or_404(pk), n=n), many=True).data)


@extend_schema(tags=["recommendations"])
class MyRecommendations(APIView):
    """What is recommended to the account that asks."""

    @extend_schema(parameters=[ListQuery], responses=RecommendationsSerializer)
    def get(self, request: Request) -> Response:
        """Movies that one has not rated or hidden, best first."""
        found = recommend(member(request), **ListQuery.of(request).arguments())
        return Response(RecommendationsSerializer(found).data)


@extend_schema(tags=["recommendations"])
class Preview(APIView):
    """Recommendations from ratings that are not stored."""

    permission_classes = (AllowAny,)

    @extend_schema(request=PreviewSerializer, responses=RecommendationsSerializer)
    def post(self, request: Request) -> Response:
        """Recommend to somebody of whom only these ratings are known.  Nothing is stored."""
        body = PreviewSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        found = recommend_for_ratings(**body.arguments())
        return Response(RecommendationsSerializer(found).data)
