"""App configuration: registers the recommender's page fragments."""

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"

    def ready(self) -> None:
        from recommendations.views.fragments import register_all  # noqa: PLC0415 - models are not loaded earlier

        register_all()
