"""Every address of the site."""

from django.contrib import admin
from django.urls import include, path

from recommendations.views import home

urlpatterns = [
    path("", home, name="home"),
    path("", include("movies.urls")),
    path("", include("recommendations.urls")),
    path("api/v1/", include("recsite.api")),
    path("admin/", admin.site.urls),
    path("accounts/", include("allauth.urls")),
]
