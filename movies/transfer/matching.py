"""Matching of imported ratings to movies, by external ids or by title and year."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from movies.models import Movie
from movies.titles import parse_title, sort_key
from movies.transfer.ratings_csv import CsvRow

T = TypeVar("T")
VALUES_PER_QUERY = 500
"""Databases limit the number of parameters of a query."""


@dataclass(frozen=True)
class Matches:
    """Lines with their movies, and lines that match no movie."""

    matched: list[tuple[CsvRow, Movie]]
    unmatched: list[CsvRow]


def match(lines: Sequence[CsvRow]) -> Matches:
    """Match each line to a movie by its ids, or else by title and year, which may differ by one.

    If several lines match a movie, the last one counts.
    """
    by_id = {
        field: _movies_by(field, {value for line in lines if (value := getattr(line, field)) is not None})
        for field in ("imdb_id", "tmdb_id", "movielens_id")
    }
    remaining = {line.title for line in lines if line.title and _match_by_ids(line, by_id) is None}
    titles = {title: _title_of(title) for title in remaining}
    by_title = _movies_by_title({key for key, _ in titles.values()})
    matched: dict[int, tuple[CsvRow, Movie]] = {}
    unmatched = []
    for line in lines:
        movie = _match_by_ids(line, by_id) or (
            _match_by_title(line, *titles[line.title], by_title) if line.title else None
        )
        if movie is None:
            unmatched.append(line)
        else:
            matched[movie.pk] = (line, movie)
    return Matches(list(matched.values()), unmatched)


def _match_by_ids(line: CsvRow, by_id: dict[str, dict[int, Movie]]) -> Movie | None:
    return next(
        (movies[getattr(line, field)] for field, movies in by_id.items() if getattr(line, field) in movies), None
    )


def _movies_by(field: str, values: Collection[int]) -> dict[int, Movie]:
    return {
        getattr(movie, field): movie
        for chunk in _chunks(sorted(values))
        for movie in Movie.objects.filter(**{f"{field}__in": chunk}).order_by("rating_count")
    }


def _movies_by_title(titles: Collection[str]) -> dict[str, list[Movie]]:
    """Return the movies with these sort titles, most rated first."""
    movies: dict[str, list[Movie]] = {}
    for chunk in _chunks(sorted(titles)):
        for movie in Movie.objects.filter(sort_title__in=chunk).order_by("-rating_count", "pk"):
            movies.setdefault(movie.sort_title, []).append(movie)
    return movies


def _match_by_title(line: CsvRow, key: str, parsed_year: int | None, by_title: dict[str, list[Movie]]) -> Movie | None:
    candidates, year = by_title.get(key, []), line.year or parsed_year
    if year is None:
        return candidates[0] if len(candidates) == 1 else None
    distance, best = min(((abs((movie.year or 0) - year), n) for n, movie in enumerate(candidates)), default=(None, 0))
    return candidates[best] if distance is not None and distance <= 1 else None


def _title_of(text: str) -> tuple[str, int | None]:
    """Return the sort title and year of a title, which may be in MovieLens' style, “Matrix, The (1999)”."""
    parsed = parse_title(text)
    return sort_key(parsed.title), parsed.year


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), VALUES_PER_QUERY):
        yield values[start : start + VALUES_PER_QUERY]
