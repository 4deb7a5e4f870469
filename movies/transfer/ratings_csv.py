"""A member's ratings as CSV: reads exports of other sites, and writes a file that they can import."""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation

from movies.models import Rating
from movies.transfer.csv_escaping import escape_formula

MOST_BYTES = 4_000_000
MOST_LINES = 5_000
MAX_COLUMNS = 100
MAX_CELL = 1_000
"""Characters of a cell that are read."""
HEADER = ("Title", "Year", "Rating", "WatchedDate", "imdbID", "tmdbID", "movieId")


class UnreadableError(ValueError):
    """The file cannot be read at all; the message tells the member why."""


@dataclass(frozen=True)
class CsvRow:
    """A rating in a file, and whatever identifies its movie there."""

    number: int
    half_stars: int
    rated_at: datetime | None
    title: str = ""
    year: int | None = None
    movielens_id: int | None = None
    imdb_id: int | None = None
    tmdb_id: int | None = None

    @property
    def name(self) -> str:
        title = f"{self.title} ({self.year})" if self.year else self.title
        return title or f"movie {self.movielens_id or self.imdb_id or self.tmdb_id}"


@dataclass(frozen=True)
class Sheet:
    """A parsed file: its ratings, and number and reason of each rejected line."""

    lines: list[CsvRow]
    rejected: list[tuple[int, str]]


def read(data: bytes) -> Sheet:
    """Parse a CSV of ratings from MovieLens (data set or site), Letterboxd, IMDb or recsite.

    Raises `UnreadableError` if it is not such a file, not UTF-8, or too large.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableError(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it and import the parts.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("The file is not UTF-8 text. Export it as CSV again.") from None
    # Not `csv.DictReader`: its cost is rows × columns, whatever is read.
    rows = filter(None, csv.reader(io.StringIO(text, newline="")))
    columns = _columns(rows)
    of_ten = "your rating" in columns
    stars_column = "your rating" if of_ten else "rating"
    if stars_column not in columns:
        raise UnreadableError("There is no column “Rating” or “Your Rating”. Choose an export of your ratings.")
    lines: list[CsvRow] = []
    rejected: list[tuple[int, str]] = []
    try:
        for number, row in enumerate(rows, 2):
            if number > MOST_LINES + 1:
                raise UnreadableError(f"The file has more than {MOST_LINES:,} ratings. Split it and import the parts.")
            if len(row) > MAX_COLUMNS:
                rejected.append((number, f"it has more than {MAX_COLUMNS} cells"))
                continue
            cells = {name: row[n][:MAX_CELL].strip() if n < len(row) else "" for name, n in columns.items()}
            try:
                lines.append(_line(number, cells, half_stars(cells[stars_column], of_ten=of_ten)))
            except ValueError as error:
                rejected.append((number, str(error)))
    except csv.Error as error:
        raise UnreadableError(f"The file is not valid CSV: {error}.") from None
    return Sheet(lines, rejected)


def _columns(rows: Iterator[list[str]]) -> dict[str, int]:
    """Read the header; return the index of each column by its name in lower case."""
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise UnreadableError(f"The file is not valid CSV: {error}.") from None
    if len(header) > MAX_COLUMNS:
        raise UnreadableError(f"The file has more than {MAX_COLUMNS} columns. Choose an export of your ratings.")
    return {name[:MAX_CELL].strip().casefold(): number for number, name in enumerate(header) if name}


def half_stars(text: str, *, of_ten: bool) -> int:
    """Parse “4.5” out of five or “9” out of ten as half stars; raise `ValueError` for anything else."""
    try:
        number = Decimal(text) if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    # The range comes first: doubling or rounding a number such as 1e99999999 raises.
    halves = number if not number.is_finite() or not 0 < number <= 10 or of_ten else number * 2
    if not (halves.is_finite() and 1 <= halves <= 10 and halves == halves.to_integral_value()):
        scale = "a whole number from 1 to 10" if of_ten else "0.5 to 5 in steps of 0.5"
        raise ValueError(f"“{text[:20]}” is not a rating; it must be {scale}")
    return int(halves)


def _line(number: int, cells: Mapping[str, str], half_stars: int) -> CsvRow:
    if any("\0" in cell for cell in cells.values()):
        raise ValueError("a null character is not text")
    line = CsvRow(
        number=number,
        half_stars=half_stars,
        rated_at=_rated_at(cells),
        title=(cells.get("title") or cells.get("name") or "")[:400],
        year=_number(cells.get("year", "")),
        movielens_id=_number(cells.get("movieid") or cells.get("movie_id") or ""),
        imdb_id=_number(cells.get("const") or cells.get("imdbid") or cells.get("imdb_id") or ""),
        tmdb_id=_number(cells.get("tmdbid") or cells.get("tmdb_id") or ""),
    )
    if not (line.title or line.movielens_id or line.imdb_id or line.tmdb_id):
        raise ValueError("no movie is given")
    return line


def _number(text: str) -> int | None:
    """Parse a positive integer, also with IMDb's prefix “tt”."""
    digits = re.fullmatch(r"(?:tt)?0*(\d{1,9})", text, re.ASCII)
    return int(digits[1]) or None if digits else None


def _rated_at(cells: Mapping[str, str]) -> datetime | None:
    """Parse the time of a rating (Unix seconds or ISO date); return None if missing, invalid or in the future."""
    if (seconds := cells.get("timestamp", "")).isdecimal() and len(seconds) <= 10:
        rated_at = datetime.fromtimestamp(int(seconds), UTC)
    else:
        day = cells.get("date rated") or cells.get("watcheddate") or cells.get("date") or ""
        try:
            rated_at = datetime.fromisoformat(day).replace(tzinfo=UTC)
        except ValueError:
            return None
    return rated_at if datetime(1990, 1, 1, tzinfo=UTC) < rated_at <= datetime.now(UTC) else None


def write(ratings: Iterable[Rating]) -> Iterator[str]:
    """Yield the lines of a CSV that Letterboxd and `read` understand."""
    yield _row(HEADER)
    for rating in ratings:
        movie = rating.movie
        imdb_id = f"tt{movie.imdb_id:07}" if movie.imdb_id else ""
        rated_on = f"{rating.rated_at:%Y-%m-%d}"
        ids = (imdb_id, movie.tmdb_id, movie.movielens_id)
        yield _row((movie.title, movie.year, f"{rating.stars:g}", rated_on, *ids))


def _row(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(["" if cell is None else escape_formula(str(cell)) for cell in cells])
    return out.getvalue()
