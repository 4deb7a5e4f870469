"""Title search by word prefixes, through the full-text index of migration `0004_search`.

Words match by prefix, in any order, with or without accents: “matr the”, “Matrix, The” and “matrix 1999” all find “The
Matrix”.
"""

from collections.abc import Collection
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from movies.models import Movie
from movies.titles import plain

LONGEST_TEXT, LONGEST_WORD = 1_000, 200
"""Characters of a query that are read. Titles are shorter, and no word may have more than 2,046 bytes."""


class WordsBegin(Func):
    """Whether a movie's titles or year have a word starting with each of these (at least one, from `plain`)."""

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
        # The sign keeps SQLite from fetching and sorting all matches: it scans the movies in the requested order until
        # enough of them match.
        return f"+{pk} IN (SELECT rowid FROM movies_search WHERE movies_search MATCH %s)", [query]  # noqa: S608 - a column


def words(text: str) -> list[str]:
    """Return the distinct words of a text, as the full-text index knows them; PostgreSQL refuses very long ones."""
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in plain(text[:LONGEST_TEXT]).split()))


def matching(movies: QuerySet[Movie], text: str, *, also: Collection[int] = ()) -> QuerySet[Movie]:
    """Filter movies whose titles and year match every word of a text by prefix; a text without words matches all.

    Movies with the ids `also` match in any case.
    """
    prefixes = words(text)
    if not prefixes:
        return movies
    return movies.filter(WordsBegin(*prefixes) | Q(pk__in=also)) if also else movies.filter(WordsBegin(*prefixes))
