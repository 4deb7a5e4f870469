"""Which of our movies the lines of somebody's file mean."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from movies.models import Movie
from movies.titles import parse_title, sort_key
from movies.transfer.ratings_csv import CsvRow

T = TypeVar("T")
VALUES_PER_QUERY = 500
"""So many values are looked up in one query: databases take only so many."""


@dataclass(frozen=True)
class Matches:
    """Lines with the movies they mean, and the lines that mean none of ours."""

    found: list[tuple[CsvRow, Movie]]
    missed: list[CsvRow]


def match(lines: Sequence[CsvRow]) -> Matches:
    """Find each line's movie, by the ids it gives, or else by title and year (which may differ by one).

    Where several lines mean one movie, the last one counts.
    """
    by_id = {
        field: _by(field, {value for line in lines if (value := getattr(line, field)) is not None})
        for field in ("imdb_id", "tmdb_id", "movielens_id")
    }
    unknown = [line for line in lines if _by_ids(line, by_id) is None and line.title]
    by_title = _by_title({_title_of(line)[0] for line in unknown})
    found: dict[int, tuple[CsvRow, Movie]] = {}
    missed = []
    for line in lines:
        movie = _by_ids(line, by_id) or _nearest(by_title, line)
        if movie is None:
            missed.append(line)
        else:
            found[movie.pk] = (line, movie)
    return Matches(list(found.values()), missed)


def _by_ids(line: CsvRow, by_id: dict[str, dict[int, Movie]]) -> Movie | None:
    return next(
        (movies[getattr(line, field)] for field, movies in by_id.items() if getattr(line, field) in movies), None
    )


def _by(field: str, values: Collection[int]) -> dict[int, Movie]:
    return {
        getattr(movie, field): movie
        for some in _chunks(sorted(values))
        for movie in Movie.objects.filter(**{f"{field}__in": some}).order_by("rating_count")
    }


def _by_title(titles: Collection[str]) -> dict[str, list[Movie]]:
    """The movies of these sort titles, the best known first."""
    movies: dict[str, list[Movie]] = {}
    for some in _chunks(sorted(titles)):
        for movie in Movie.objects.filter(sort_title__in=some).order_by("-rating_count", "pk"):
            movies.setdefault(movie.sort_title, []).append(movie)
    return movies


def _nearest(by_title: dict[str, list[Movie]], line: CsvRow) -> Movie | None:
    if not line.title:
        return None
    title, year = _title_of(line)
    candidates = by_title.get(title, [])
    if year is None:
        return candidates[0] if len(candidates) == 1 else None
    apart, best = min(((abs((movie.year or 0) - year), n) for n, movie in enumerate(candidates)), default=(None, 0))
    return candidates[best] if apart is not None and apart <= 1 else None


def _title_of(line: CsvRow) -> tuple[str, int | None]:
    """A line's sort title and year, also where the title is in MovieLens' form, “Matrix, The (1999)”."""
    parsed = parse_title(line.title)
    return sort_key(parsed.title), line.year or parsed.year


def _chunks(values: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(values), VALUES_PER_QUERY):
        yield values[start : start + VALUES_PER_QUERY]
