"""App configuration of the movie catalogue."""

from django.apps import AppConfig


class MoviesConfig(AppConfig):
    name = "movies"

    def ready(self) -> None:
        from django.db.models.signals import pre_delete  # noqa: PLC0415 - models are not loaded earlier

        from movies.erasure import erase_traces  # noqa: PLC0415

        pre_delete.connect(erase_traces, sender="movies.User")
