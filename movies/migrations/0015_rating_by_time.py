from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0014_plain_english'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='rating',
            index=models.Index(fields=['rated_at'], name='rating_by_time'),
        ),
    ]
