"""Movies by the words of their titles, through the index of words (migration `0004_search`).

Words are found by how they begin, in any order, with or without accents: “matr the”, “Matrix, The” and “matrix 1999”
all find “The Matrix”.
"""

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from movies.models import Movie
from movies.titles import plain


class WordsBegin(Func):
    """Whether a movie's titles or year have words that begin with all of these (`plain`, at least one)."""

    output_field = BooleanField()

    def __init__(self, *words: str) -> None:
        super().__init__(F("pk"), F("search_text"))
        self.words = words

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        text, _ = compiler.compile(self.source_expressions[1])
        query = " & ".join(f"'{word}':*" for word in self.words)
        return f"array_to_tsvector(array_remove(string_to_array({text}, ' '), '')) @@ %s::tsquery", [query]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any) -> Any:
        pk, _ = compiler.compile(self.source_expressions[0])
        query = " ".join(f'"{word}"*' for word in self.words)
        # The sign keeps SQLite from looking up every movie found, to sort them: it goes through the movies in the order
        # that is wanted, until enough of them are among those found.
        return f"+{pk} IN (SELECT rowid FROM movies_search WHERE movies_search MATCH %s)", [query]  # noqa: S608 - a column


def matching(movies: QuerySet[Movie], text: str) -> QuerySet[Movie]:
    """Those of the movies whose titles and year have all words of a text, each at least its beginning."""
    words = dict.fromkeys(plain(text).split())
    return movies.filter(WordsBegin(*words)) if words else movies
