"""Give sessions a column for their account, and schedule the nightly deletion of expired ones."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAME = "Delete expired sessions"


# Sessions of processes of the earlier release have no account: that release does not know the column.
ADD = ["ALTER TABLE django_session ADD COLUMN account bigint NULL", "CREATE INDEX session_account ON django_session (account)"]
REMOVE = ["DROP INDEX session_account", "ALTER TABLE django_session DROP COLUMN account"]


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
        migrations.RunSQL(ADD, REMOVE),
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
