"""URLs of the REST API below /api/v1/."""

from django.urls import include, path, re_path, reverse
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recsite.api import tokens


@extend_schema(exclude=True)
class NowhereView(APIView):
    """Answer an unknown URL below /api/v1/ with an error in JSON, not with a page."""

    permission_classes = ()

    def initial(self, request: Request, *args: object, **kwargs: object) -> None:
        super().initial(request, *args, **kwargs)
        raise NotFound(f"There is no such endpoint. See {reverse('api-v1:docs')} for the list.")

    def get(self, request: Request, path: str = "") -> Response:
        raise NotFound

    post = put = patch = delete = get


app_name = "api-v1"
urlpatterns = [
    path("auth/login/", tokens.Login.as_view(), name="login"),
    path("auth/logout/", tokens.Logout.as_view(), name="logout"),
    path("auth/logout-everywhere/", tokens.LogoutEverywhere.as_view(), name="logout-everywhere"),
    path("", include("movies.api.urls")),
    path("", include("recommendations.api.urls")),
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api-v1:schema"), name="docs"),
    re_path(r"^(?P<path>(?s:.*))\Z", NowhereView.as_view(), name="nowhere"),
]
