"""Schedule the nightly retraining and the check for dead runs, which can be edited in the admin."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NIGHTLY = "Retrain at night"
REAPING = "End the runs whose process has died"


def schedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    def model(name: str) -> type:
        return apps.get_model("django_celery_beat", name)

    night, _ = model("CrontabSchedule").objects.get_or_create(
        minute="30", hour="3", day_of_week="*", day_of_month="*", month_of_year="*", timezone="UTC"
    )
    minute, _ = model("IntervalSchedule").objects.get_or_create(every=1, period="minutes")
    tasks = model("PeriodicTask").objects
    tasks.get_or_create(name=NIGHTLY, defaults={"task": "recommendations.tasks.retrain", "crontab": night})
    # Checks that a stopped worker has missed need not be made up for.
    reaping = {"task": "recommendations.tasks.reap_runs", "interval": minute, "expire_seconds": 60}
    tasks.get_or_create(name=REAPING, defaults=reaping)


def unschedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=(NIGHTLY, REAPING)).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("recommendations", "0004_request_counts"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(schedule, unschedule)]
