"""Give the service tokens that never expired a year from now."""

from datetime import timedelta
from typing import Any

from django.db import migrations
from django.utils import timezone


def expire(apps: Any, schema_editor: Any) -> None:
    expiry = timezone.now() + timedelta(days=365)
    apps.get_model("knox", "AuthToken").objects.filter(expiry=None, service__isnull=False).update(expiry=expiry)


class Migration(migrations.Migration):
    dependencies = [("api", "0002_token_use")]
    operations = [migrations.RunPython(expire, migrations.RunPython.noop)]
