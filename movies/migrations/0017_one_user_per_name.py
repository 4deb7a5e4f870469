from typing import Any

from django.db import migrations, models

import movies.models.people
from movies.models.people import key_of


def fill_keys(apps: Any, schema_editor: Any) -> None:
    """Fill the keys of members; of several with the same key the oldest gets it, the others get it with their id.

    MovieLens users keep none: their names are reserved.
    """
    users = apps.get_model("movies", "User").objects.using(schema_editor.connection.alias)
    taken: set[tuple[str, str | None]] = set()
    for user in users.filter(movielens_id=None).order_by("pk").only("username", "email").iterator():
        keys = {}
        for name in ("username", "email"):
            key = key_of(getattr(user, name))
            keys[f"{name}_key"] = f"{key}\n{user.pk}" if key and (name, key) in taken else key
            taken.add((name, key))
        # A save would compute the keys again.
        users.filter(pk=user.pk).update(**keys)


class Migration(migrations.Migration):
    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
        ("movies", "0016_invitations_can_be_revoked"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="email_key",
            field=movies.models.people.NormalForm(editable=False, max_length=320, null=True, of="email"),
        ),
        migrations.AddField(
            model_name="user",
            name="username_key",
            field=movies.models.people.NormalForm(editable=False, max_length=320, null=True, of="username"),
        ),
        migrations.RunPython(fill_keys, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(fields=("username_key",), name="one_user_per_name"),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(fields=("email_key",), name="one_user_per_email"),
        ),
    ]
