"""Addresses of what is recommended."""

from django.urls import path

from recommendations import views

app_name = "recommendations"
urlpatterns = [
    path("start/", views.start, name="start"),
    path("start/picks/", views.first_picks, name="first-picks"),
    path("recommendations/", views.recommendations, name="list"),
    path("movies/<int:pk>/similar/", views.similar, name="similar"),
    path("movies/<int:pk>/verdict/", views.verdict, name="verdict"),
]
