from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('movies', '0016_invitations_can_be_revoked'),
    ]

    operations = [
        migrations.AlterModelManagers(
            name='user',
            managers=[
            ],
        ),
    ]
