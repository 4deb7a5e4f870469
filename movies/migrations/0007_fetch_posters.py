"""Schedule the worker's task that fetches posters; the schedule can be edited in the admin."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

FETCHING = "Fetch posters, if there is a key for them"


def schedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    def model(name: str) -> type:
        return apps.get_model("django_celery_beat", name)

    minutes, _ = model("IntervalSchedule").objects.get_or_create(every=5, period="minutes")
    fetching = {"task": "movies.tasks.fetch_posters", "interval": minutes, "expire_seconds": 300}
    model("PeriodicTask").objects.get_or_create(name=FETCHING, defaults=fetching)


def unschedule(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=FETCHING).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("movies", "0006_posters"),
        ("django_celery_beat", "0019_alter_periodictasks_options"),
    ]
    operations = [migrations.RunPython(schedule, unschedule)]
