"""URLs of the recommender's API endpoints."""

from django.urls import path

from recommendations.api import events, model_versions, recommendations

urlpatterns = [
    path("movies/<int:pk>/similar/", recommendations.Similar.as_view(), name="similar"),
    path("movies/<int:pk>/explanation/", recommendations.ExplanationOf.as_view(), name="explanation"),
    path("me/recommendations/", recommendations.MyRecommendations.as_view(), name="my-recommendations"),
    path("me/predictions/", recommendations.Predictions.as_view(), name="my-predictions"),
    path("recommendations/preview/", recommendations.Preview.as_view(), name="preview"),
    path("recommendations/batch/", recommendations.Batch.as_view(), name="batch"),
    path("users/<int:pk>/recommendations/", recommendations.RecommendationsOf.as_view(), name="recommendations-of"),
    path("versions/", model_versions.Versions.as_view(), name="versions"),
    path("versions/roll-back/", model_versions.RollBack.as_view(), name="roll-back"),
    path("versions/<slug:name>/", model_versions.Version.as_view(), name="version"),
    path("versions/<slug:name>/activate/", model_versions.Activate.as_view(), name="activate"),
    path("runs/", model_versions.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", model_versions.Run.as_view(), name="run"),
    path("runs/<int:pk>/cancel/", model_versions.Cancel.as_view(), name="cancel"),
    path("events/", events.Events.as_view(), name="events"),
]
