"""App configuration of the movie catalogue."""

from django.apps import AppConfig


class MoviesConfig(AppConfig):
    name = "movies"
