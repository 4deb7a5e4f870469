"""Addresses of what is recommended."""

from django.urls import path

from recommendations import group_views, views

app_name = "recommendations"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/picks/", views.first_picks, name="first-picks"),
    path("recommendations/", views.recommendations, name="list"),
    path("together/", group_views.groups, name="groups"),
    path("together/<int:pk>/", group_views.group, name="group"),
    path("together/<int:pk>/leave/", group_views.leave, name="leave-group"),
    path("together/join/<str:invitation>/", group_views.join, name="join"),
    path("movies/<int:pk>/similar/", views.similar, name="similar"),
    path("movies/<int:pk>/verdict/", views.verdict, name="verdict"),
]
