"""Schedule the nightly deletion of old events."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAME = "Forget what members were shown long ago"


def schedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    night, _ = apps.get_model("django_celery_beat", "CrontabSchedule").objects.get_or_create(
        minute="0", hour="3", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    task = {"task": "recommendations.tasks.prune_events", "crontab": night}
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(name=NAME, defaults=task)


def unschedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0006_tuned_parameters")]
    operations = [migrations.RunPython(schedule, unschedule)]
