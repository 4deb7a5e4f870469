"""URLs of the recommendation pages."""

from django.urls import path

from recommendations.views import groups, pages

app_name = "recommendations"
urlpatterns = [
    path("start/", pages.start, name="start"),
    path("start/picks/", pages.first_picks, name="first-picks"),
    path("recommendations/", pages.recommendations, name="list"),
    path("together/", groups.groups, name="groups"),
    path("together/<int:pk>/", groups.group, name="group"),
    path("together/<int:pk>/leave/", groups.leave, name="leave-group"),
    path("together/<int:pk>/invitation/", groups.invitation, name="invitation"),
    path("together/join/<str:invitation>/", groups.join, name="join"),
    path("movies/<int:pk>/similar/", pages.similar, name="similar"),
    path("movies/<int:pk>/verdict/", pages.verdict, name="verdict"),
]
