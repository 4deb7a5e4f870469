"""Move `ServiceToken` and `RequestCount` from the app `recommendations`, with their tables and permissions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import recsite.database.unix_time

MODELS = ("servicetoken", "requestcount")


def rename(apps: StateApps, old: str, new: str) -> None:
    """Rename the content types instead of creating new ones: permissions and the admin log refer to them."""
    types = apps.get_model("contenttypes", "ContentType").objects
    types.filter(app_label=old, model__in=MODELS).update(app_label=new)


def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    rename(apps, "recommendations", "api")


def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    rename(apps, "api", "recommendations")


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("recommendations", "0009_move_api_models"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.KNOX_TOKEN_MODEL),
    ]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name="ServiceToken",
                    fields=[
                        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                        ("name", models.CharField(max_length=100, unique=True)),
                        ("scopes", models.JSONField(default=list)),
                        (
                            "token",
                            models.OneToOneField(
                                editable=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="service",
                                to=settings.KNOX_TOKEN_MODEL,
                            ),
                        ),
                    ],
                    options={"db_table": "recommendations_servicetoken", "ordering": ["name"]},
                ),
                migrations.CreateModel(
                    name="RequestCount",
                    fields=[
                        ("key", models.CharField(max_length=300, primary_key=True, serialize=False)),
                        ("requests", models.PositiveIntegerField()),
                        ("expires_at", recsite.database.unix_time.UnixTimeField(db_index=True)),
                    ],
                    options={"db_table": "recommendations_requestcount"},
                ),
            ]
        ),
        migrations.RunPython(forwards, backwards),
    ]
