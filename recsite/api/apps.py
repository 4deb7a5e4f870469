from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "recsite.api"
    verbose_name = "API"
