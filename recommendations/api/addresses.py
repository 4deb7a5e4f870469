"""Where the endpoints of the recommender are."""

from django.urls import path

from recommendations.api import events, lists, operating

urlpatterns = [
    path("movies/<int:pk>/similar/", lists.Similar.as_view(), name="similar"),
    path("me/recommendations/", lists.MyRecommendations.as_view(), name="my-recommendations"),
    path("me/predictions/", lists.Predictions.as_view(), name="my-predictions"),
    path("recommendations/preview/", lists.Preview.as_view(), name="preview"),
    path("recommendations/batch/", lists.Batch.as_view(), name="batch"),
    path("users/<int:pk>/recommendations/", lists.RecommendationsOf.as_view(), name="recommendations-of"),
    path("versions/", operating.Versions.as_view(), name="versions"),
    path("versions/roll-back/", operating.RollBack.as_view(), name="roll-back"),
    path("versions/<slug:name>/", operating.Version.as_view(), name="version"),
    path("versions/<slug:name>/activate/", operating.Activate.as_view(), name="activate"),
    path("runs/", operating.Runs.as_view(), name="runs"),
    path("runs/<int:pk>/", operating.Run.as_view(), name="run"),
    path("runs/<int:pk>/cancel/", operating.Cancel.as_view(), name="cancel"),
    path("events/", events.Events.as_view(), name="events"),
]
