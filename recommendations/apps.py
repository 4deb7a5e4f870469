"""App configuration: registers the recommender's page fragments and its part of personal data."""

from django.apps import AppConfig


class RecommendationsConfig(AppConfig):
    name = "recommendations"

    def ready(self) -> None:
        from movies.accounts import register_personal_data  # noqa: PLC0415
        from recommendations.feedback.export import events_of  # noqa: PLC0415
        from recommendations.views.fragments import register_all  # noqa: PLC0415 - models are not loaded earlier

        register_all()
        register_personal_data("events", events_of)
