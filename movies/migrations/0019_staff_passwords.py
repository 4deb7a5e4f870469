from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("movies", "0018_seen"),
    ]

    operations = [
        migrations.AlterModelManagers(
            name='user',
            managers=[
            ],
        ),
    ]
