"""Index ratings by movie and stars, so that histograms and counters are read from the index alone.

The index on the movie alone is dropped by name: altering the field would rebuild SQLite's table without its triggers.
"""

import django.db.models.deletion
from django.db import migrations, models

BY_MOVIE = "movies_rating_movie_id_697b1621"


class Migration(migrations.Migration):
    dependencies = [("movies", "0007_fetch_posters")]

    operations = [
        migrations.AddIndex(
            model_name="rating",
            index=models.Index(fields=["movie", "half_stars"], name="rating_by_movie_and_stars"),
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    f'DROP INDEX "{BY_MOVIE}"', f'CREATE INDEX "{BY_MOVIE}" ON "movies_rating" ("movie_id")'
                )
            ],
            state_operations=[
                migrations.AlterField(
                    model_name="rating",
                    name="movie",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ratings",
                        to="movies.movie",
                    ),
                )
            ],
        ),
    ]
