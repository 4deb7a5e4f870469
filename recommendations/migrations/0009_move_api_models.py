"""`ServiceToken` and `RequestCount` leave for the app `api`; their tables stay as they are."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("recommendations", "0008_roles_see_loads")]
    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.DeleteModel("ServiceToken"), migrations.DeleteModel("RequestCount")]
        )
    ]
