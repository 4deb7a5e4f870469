import secrets

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0015_rating_by_time'),
    ]

    operations = [
        migrations.AlterField(
            model_name='watchgroup',
            name='invitation',
            field=models.CharField(default=secrets.token_urlsafe, editable=False, max_length=43, null=True, unique=True),
        ),
    ]
