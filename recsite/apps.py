from django.contrib.admin.apps import AdminConfig


class RecsiteAdminConfig(AdminConfig):
    default_site = "recsite.admin.Site"
