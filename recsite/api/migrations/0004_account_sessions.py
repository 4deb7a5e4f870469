"""Give sessions a column for their account, and schedule the nightly deletion of expired ones."""

from typing import Any

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAME = "Delete expired sessions"


def add_column(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    editor.add_field(apps.get_model("sessions", "Session"), _column(apps))


def remove_column(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    editor.remove_field(apps.get_model("sessions", "Session"), _column(apps))


def _column(apps: StateApps) -> "models.Field[Any, Any]":
    # Sessions of processes of the earlier release have no account: that release does not know the column.
    column: models.Field[Any, Any] = models.BigIntegerField(null=True, db_index=True)
    column.set_attributes_from_name("account")
    column.model = apps.get_model("sessions", "Session")
    return column


def schedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    night, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="0", hour="3", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    task = {"task": "movies.tasks.delete_expired_sessions", "crontab": night}
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(name=NAME, defaults=task)


def unschedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("api", "0003_service_tokens_expire"),
        ("sessions", "0001_initial"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [
        migrations.RunPython(add_column, remove_column),
        migrations.RunPython(schedule, unschedule),
        migrations.CreateModel(
            name="AccountSession",
            fields=[
                ("session_key", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("session_data", models.TextField()),
                ("expire_date", models.DateTimeField(db_index=True)),
                ("account", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "django_session", "managed": False},
        ),
    ]
