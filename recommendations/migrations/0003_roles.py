"""Create the staff groups: viewer, catalogue editor and model operator."""

from django.contrib.auth.management import create_permissions
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

SEEN = {
    "movies": ["user", "genre", "movie", "rating", "tag", "movietag", "watchlistitem", "hiddenmovie"],
    "recommendations": ["trainingrun", "modelversion", "activation", "experiment", "arm"],
}
EDITED = ["genre", "movie", "rating", "tag", "movietag"]
VIEWS = [f"view_{model}" for models in SEEN.values() for model in models]
ROLES = {
    "Viewer": VIEWS,
    "Catalogue editor": VIEWS + [f"{verb}_{model}" for verb in ("add", "change", "delete") for model in EDITED],
    "Model operator": [
        *VIEWS,
        *("operate_models", "view_recommendations_of_others"),
        *(f"{verb}_{model}" for verb in ("add", "change", "delete") for model in ("experiment", "arm")),
    ],
}


def make(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # Django creates permissions only after the last migration.
    for label in SEEN:
        config = apps.get_app_config(label)
        config.models_module = True
        create_permissions(config, apps=apps, verbosity=0, using=editor.connection.alias)
        config.models_module = None
    permissions = apps.get_model("auth", "Permission").objects.filter(content_type__app_label__in=SEEN)
    for role, codenames in ROLES.items():
        group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=role)
        group.permissions.add(*permissions.filter(codename__in=codenames))


def remove(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Group").objects.filter(name__in=ROLES).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0002_feedback"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make, remove)]
