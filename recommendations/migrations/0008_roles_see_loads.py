"""Let every role view the loads of releases."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

ROLES = ("Viewer", "Catalogue editor", "Model operator")


def let_see(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    # Django creates permissions only after the last migration.
    load, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label="movies", model="load")
    view, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=load, codename="view_load", defaults={"name": "Can view load"}
    )
    view.group_set.add(*apps.get_model("auth", "Group").objects.filter(name__in=ROLES))


def hide(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("auth", "Permission").objects.filter(
        content_type__app_label="movies", codename="view_load"
    ).delete()


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0007_forget_events"), ("movies", "0010_load")]
    operations = [migrations.RunPython(let_see, hide)]
