from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "recsite.accounts"
    label = "recsite_accounts"

    def ready(self) -> None:
        from allauth.mfa import signals  # noqa: PLC0415 - models are not loaded earlier

        from recsite.accounts import second_factor  # noqa: PLC0415

        signals.authenticator_added.connect(second_factor.remember_added)
        signals.authenticator_used.connect(second_factor.remember_used)
