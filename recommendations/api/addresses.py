"""Where the endpoints of the recommender are."""

from django.urls import path

from recommendations.api import lists

urlpatterns = [
    path("movies/<int:pk>/similar/", lists.Similar.as_view(), name="similar"),
    path("me/recommendations/", lists.MyRecommendations.as_view(), name="my-recommendations"),
    path("recommendations/preview/", lists.Preview.as_view(), name="preview"),
]
