"""Full-text index of `Movie.search_text` for the title search (see `movies.selectors.search`).

PostgreSQL maintains an inverted index over an expression by itself. On SQLite the index is a full-text table without a
copy of the texts, maintained by triggers.
"""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

POSTGRESQL = """
CREATE INDEX movie_by_words ON movies_movie
USING gin (array_to_tsvector(array_remove(string_to_array(search_text, ' '), '')))
"""
SQLITE = """
CREATE VIRTUAL TABLE movies_search USING fts5(
    search_text, content = 'movies_movie', content_rowid = 'id', detail = 'none', columnsize = 0, prefix = '1 2 3',
    tokenize = 'unicode61 remove_diacritics 0'
)
"""
PUT = "INSERT INTO movies_search (rowid, search_text) VALUES (NEW.id, NEW.search_text);"
TAKE = "INSERT INTO movies_search (movies_search, rowid, search_text) VALUES ('delete', OLD.id, OLD.search_text);"
TRIGGERS = [
    ("index_added_movies", "INSERT", PUT),
    ("index_changed_movies", "UPDATE OF id, search_text", TAKE + PUT),
    ("index_taken_movies", "DELETE", TAKE),
]


def create(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(POSTGRESQL)
        return
    editor.execute(SQLITE)
    for name, event, body in TRIGGERS:
        editor.execute(f"CREATE TRIGGER movies_{name} AFTER {event} ON movies_movie BEGIN {body} END")
    editor.execute("INSERT INTO movies_search (movies_search) VALUES ('rebuild')")


def drop(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("DROP INDEX movie_by_words")
        return
    for name, *_ in TRIGGERS:
        editor.execute(f"DROP TRIGGER movies_{name}")
    editor.execute("DROP TABLE movies_search")


class Migration(migrations.Migration):
    dependencies = [("movies", "0003_shows_predictions")]

    operations = [migrations.RunPython(create, drop)]
