from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "recsite.api"
    verbose_name = "API"

    def ready(self) -> None:
        from allauth.account.signals import email_confirmed  # noqa: PLC0415 - models are not loaded earlier

        from recsite.api.own_tokens import revoke_after_confirmation  # noqa: PLC0415

        email_confirmed.connect(revoke_after_confirmation)
