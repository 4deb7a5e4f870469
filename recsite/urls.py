"""The root URL configuration."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import TemplateView

from movies.sign_in.views import SignUp
from recommendations.views.pages import home
from recsite.api.own_tokens import own_tokens, revoke_token
from recsite.operations.health import livez, readyz
from recsite.operations.metrics import metrics

handler500 = "recsite.operations.failures.server_error"
urlpatterns = [
    path("", home, name="home"),
    path("", include("movies.urls")),
    path("", include("recommendations.urls")),
    path("api/v1/", include("recsite.api.urls")),
    path("admin/", admin.site.urls),
    path("account/tokens/", own_tokens, name="account-tokens"),
    path("account/tokens/revoke/", revoke_token, name="account-revoke-token"),
    path("accounts/signup/", SignUp.as_view(), name="account_signup"),
    path("accounts/", include("allauth.urls")),
    path("offline/", TemplateView.as_view(template_name="offline.html"), name="offline"),
    path(
        "offline.js",
        TemplateView.as_view(template_name="offline.js", content_type="text/javascript"),
        name="offline-worker",
    ),
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
]
