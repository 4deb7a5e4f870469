"""Move `ServiceToken` and `RequestCount` to the app `api`; their tables stay unchanged."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0008_roles_see_loads")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("ServiceToken"), migrations.DeleteModel("RequestCount")]
        )
    ]
