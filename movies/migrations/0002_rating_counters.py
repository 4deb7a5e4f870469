"""Maintain `Movie.rating_count` and `rating_sum` by triggers, so that they agree with the ratings after any write.

On PostgreSQL a trigger runs once per statement, locks the movies in the order of their ids, so that two statements over
the same movies cannot deadlock, and updates each movie once.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

POSTGRESQL_FUNCTION = """
CREATE FUNCTION movies_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM movies_movie
        WHERE id IN (SELECT movie_id FROM {locked}) ORDER BY id FOR NO KEY UPDATE;
    UPDATE movies_movie
        SET rating_count = rating_count + change.ratings, rating_sum = rating_sum + change.half_stars
        FROM (SELECT movie_id, sum(ratings) AS ratings, sum(half_stars) AS half_stars
              FROM ({changes}) AS every_row GROUP BY movie_id) AS change
        WHERE id = change.movie_id AND (change.ratings <> 0 OR change.half_stars <> 0);
    RETURN NULL;
END $$;
CREATE TRIGGER movies_{name} AFTER {event} ON movies_rating
    REFERENCING {tables} FOR EACH STATEMENT EXECUTE FUNCTION movies_{name}();
"""
ADDED = "SELECT movie_id, 1 AS ratings, half_stars FROM added"
TAKEN = "SELECT movie_id, -1 AS ratings, -half_stars AS half_stars FROM taken"
BOTH = f"{ADDED} UNION ALL {TAKEN}"
EITHER = "(SELECT movie_id FROM added UNION SELECT movie_id FROM taken) AS touched"
POSTGRESQL = [
    ("count_added_ratings", "INSERT", "NEW TABLE AS added", "added", ADDED),
    ("count_changed_ratings", "UPDATE", "NEW TABLE AS added OLD TABLE AS taken", EITHER, BOTH),
    ("count_taken_ratings", "DELETE", "OLD TABLE AS taken", "taken", TAKEN),
]

ADD = """UPDATE movies_movie SET rating_count = rating_count + 1, rating_sum = rating_sum + NEW.half_stars
        WHERE id = NEW.movie_id;"""
TAKE = """UPDATE movies_movie SET rating_count = rating_count - 1, rating_sum = rating_sum - OLD.half_stars
        WHERE id = OLD.movie_id;"""
SQLITE = [
    ("count_added_ratings", "INSERT", ADD),
    ("count_changed_ratings", "UPDATE OF movie_id, half_stars", TAKE + ADD),
    ("count_taken_ratings", "DELETE", TAKE),
]


def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        for name, event, tables, locked, changes in POSTGRESQL:
            editor.execute(
                POSTGRESQL_FUNCTION.format(name=name, event=event, tables=tables, locked=locked, changes=changes)
            )
    else:
        for name, event, body in SQLITE:
            editor.execute(f"CREATE TRIGGER movies_{name} AFTER {event} ON movies_rating BEGIN {body} END")


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    for name, *_ in SQLITE:
        if editor.connection.vendor == "postgresql":
            editor.execute(f"DROP FUNCTION movies_{name} CASCADE")
        else:
            editor.execute(f"DROP TRIGGER movies_{name}")


class Migration(migrations.Migration):
    dependencies = [("movies", "0001_initial")]

    operations = [migrations.RunPython(create, drop)]
