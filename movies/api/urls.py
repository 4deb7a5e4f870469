"""URLs of the catalogue, ratings and lists below /api/v1/."""

from django.urls import path

from movies.api import views

urlpatterns = [
    path("movies/", views.MovieList.as_view(), name="movies"),
    path("movies/<int:pk>/", views.MovieDetail.as_view(), name="movie"),
    path("movies/<int:pk>/tags/", views.MovieTags.as_view(), name="movie-tags"),
    path("movies/<int:pk>/rating/", views.MyRating.as_view(), name="rating"),
    path("movies/<int:pk>/watchlist/", views.OnWatchlist.as_view(), name="on-watchlist"),
    path("movies/<int:pk>/not-interested/", views.NotInterested.as_view(), name="not-interested"),
    path("movies/<int:pk>/seen/", views.Seen.as_view(), name="seen"),
    path("genres/", views.GenreList.as_view(), name="genres"),
    path("tags/", views.TagList.as_view(), name="tags"),
    path("me/", views.Me.as_view(), name="me"),
    path("me/ratings/", views.MyRatings.as_view(), name="my-ratings"),
    path("me/ratings/import/", views.ImportRatings.as_view(), name="import-ratings"),
    path("me/watchlist/", views.MyWatchlist.as_view(), name="my-watchlist"),
    path("me/seen/", views.MySeen.as_view(), name="my-seen"),
    path("me/not-interested/", views.MyHidden.as_view(), name="my-hidden"),
]
