"""A member's ratings as a CSV that Letterboxd and this site can import."""

import csv
import io
from collections.abc import Iterable, Iterator

from movies.models import Rating
from movies.transfer.csv_escaping import escape_formula
from movies.transfer.preview import Line

HEADER = ("Title", "Year", "Rating", "WatchedDate", "imdbID", "tmdbID", "movieId")


def write(ratings: Iterable[Rating]) -> Iterator[str]:
    """Yield the lines of a CSV of ratings."""
    yield _row(HEADER)
    for rating in ratings:
        movie = rating.movie
        imdb_id = f"tt{movie.imdb_id:07}" if movie.imdb_id else ""
        rated_on = f"{rating.rated_at:%Y-%m-%d}"
        ids = (imdb_id, movie.tmdb_id, movie.movielens_id)
        yield _row((movie.title, movie.year, f"{rating.stars:g}", rated_on, *ids))


def write_missed(lines: Iterable[Line]) -> Iterator[str]:
    """Yield the lines of a CSV of what an import found no movie for."""
    yield _row(("Line", "File", "Film", "Rating"))
    for line in lines:
        yield _row((line.number, line.source, line.name, line.half_stars and f"{line.half_stars / 2:g}"))


def _row(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(["" if cell is None else escape_formula(str(cell)) for cell in cells])
    return out.getvalue()
