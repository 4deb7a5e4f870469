"""URLs of the catalogue's pages and of members' ratings, lists and accounts."""

from django.urls import path

from movies.views import catalogue, imports, opinions, own_data, shelves

app_name = "movies"
urlpatterns = [
    path("movies/", catalogue.browse, name="browse"),
    path("movies/suggest/", catalogue.suggest, name="suggest"),
    path("movies/<int:pk>/", catalogue.detail, name="detail"),
    path("movies/<int:pk>/cover.svg", catalogue.cover, name="cover"),
    path("movies/<int:pk>/poster.jpg", catalogue.poster, name="poster"),
    path("movies/<int:pk>/rate/", opinions.rate, name="rate"),
    path("movies/<int:pk>/watch/", opinions.watch, name="watch"),
    path("movies/<int:pk>/see/", opinions.see, name="see"),
    path("movies/<int:pk>/hide/", opinions.hide, name="hide"),
    path("ratings/", shelves.ratings, name="ratings"),
    path("ratings/statistics/", own_data.statistics, name="statistics"),
    path("ratings/ratings.csv", own_data.export_ratings, name="export"),
    path("ratings/import/", imports.import_ratings, name="import"),
    path("ratings/import/save/", imports.save_import, name="save-import"),
    path("ratings/import/<slug:token>/", imports.preview, name="import-preview"),
    path("ratings/import/<slug:token>/not-found.csv", imports.missed_lines, name="import-missed"),
    path("ratings/import/<slug:token>/line/<slug:key>/", imports.line, name="import-line"),
    path("ratings/import/<slug:token>/<slug:which>/", imports.lines, name="import-lines"),
    path("account/", own_data.account, name="account"),
    path("account/recsite.json", own_data.export_account, name="export-account"),
    path("account/predictions/", own_data.predictions, name="predictions"),
    path("account/leave/", own_data.leave, name="leave"),
    path("watchlist/", shelves.watchlist, name="watchlist"),
    path("credits/", catalogue.credits_page, name="credits"),
]
