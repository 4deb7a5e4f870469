"""People's own ratings as CSV: what other sites export is read, and what we export they can read."""

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
MOST_LINES = 20_000
HEADER = ("Title", "Year", "Rating", "WatchedDate", "imdbID", "tmdbID", "movieId")


class UnreadableError(ValueError):
    """The file as a whole cannot be read; the message tells its owner why."""


@dataclass(frozen=True)
class CsvRow:
    """One rating of a file: the movie by whatever the file names it by."""

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
        named = f"{self.title} ({self.year})" if self.year else self.title
        return named or f"movie {self.movielens_id or self.imdb_id or self.tmdb_id}"


@dataclass(frozen=True)
class Sheet:
    """What a file holds: its ratings, and for each line that holds none its number and why."""

    lines: list[CsvRow]
    rejected: list[tuple[int, str]]


def read(data: bytes) -> Sheet:
    """Read a CSV of ratings from MovieLens (data set or site), Letterboxd, IMDb or recsite.

    Raises `UnreadableError` if it is none, is no UTF-8 text, or is too long.
    """
    if len(data) > MOST_BYTES:
        raise UnreadableError(f"The file is larger than {MOST_BYTES // 1_000_000} MB.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise UnreadableError("The file is not text in UTF-8; export it as CSV once more.") from None
    rows = csv.DictReader(io.StringIO(text, newline=""))
    columns = {name.strip().casefold(): name for name in rows.fieldnames or () if name}
    of_ten = "your rating" in columns
    stars_column = columns.get("your rating") or columns.get("rating")
    if not stars_column:
        raise UnreadableError("There is no column “Rating” or “Your Rating”; is this an export of ratings?")
    lines: list[CsvRow] = []
    rejected: list[tuple[int, str]] = []
    try:
        for number, row in enumerate(rows, 2):
            if number > MOST_LINES + 1:
                raise UnreadableError(f"The file has more than {MOST_LINES:,} ratings.")
            cells = {name: (row.get(column) or "").strip() for name, column in columns.items()}
            try:
                lines.append(_line(number, cells, half_stars(cells[stars_column.strip().casefold()], of_ten=of_ten)))
            except ValueError as error:
                rejected.append((number, str(error)))
    except csv.Error as error:
        raise UnreadableError(f"The file is no CSV: {error}.") from None
    return Sheet(lines, rejected)


def half_stars(text: str, *, of_ten: bool) -> int:
    """Half stars from “4.5” of five, or from “9” of ten; `ValueError` for anything else."""
    try:
        number = Decimal(text) if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    halves = number if of_ten else number * 2
    if not (halves.is_finite() and halves == halves.to_integral_value() and 1 <= halves <= 10):
        scale = "a whole number from 1 to 10" if of_ten else "0.5 to 5 in halves"
        raise ValueError(f"“{text[:20]}” is no rating; it must be {scale}")
    return int(halves)


def _line(number: int, cells: Mapping[str, str], stars: int) -> CsvRow:
    line = CsvRow(
        number=number,
        half_stars=stars,
        rated_at=_moment(cells),
        title=(cells.get("title") or cells.get("name") or "")[:400],
        year=_number(cells.get("year", "")),
        movielens_id=_number(cells.get("movieid") or cells.get("movie_id") or ""),
        imdb_id=_number(cells.get("const") or cells.get("imdbid") or cells.get("imdb_id") or ""),
        tmdb_id=_number(cells.get("tmdbid") or cells.get("tmdb_id") or ""),
    )
    if not (line.title or line.movielens_id or line.imdb_id or line.tmdb_id):
        raise ValueError("it names no movie")
    return line


def _number(text: str) -> int | None:
    """A positive whole number, also behind IMDb's “tt”."""
    digits = re.fullmatch(r"(?:tt)?0*(\d{1,9})", text, re.ASCII)
    return int(digits[1]) or None if digits else None


def _moment(cells: Mapping[str, str]) -> datetime | None:
    """When the movie was rated, as Unix seconds or an ISO date; None if that is not said or lies ahead."""
    if (seconds := cells.get("timestamp", "")).isdecimal() and len(seconds) <= 10:
        moment = datetime.fromtimestamp(int(seconds), UTC)
    else:
        day = cells.get("date rated") or cells.get("watcheddate") or cells.get("date") or ""
        try:
            moment = datetime.fromisoformat(day).replace(tzinfo=UTC)
        except ValueError:
            return None
    return moment if datetime(1990, 1, 1, tzinfo=UTC) < moment <= datetime.now(UTC) else None


def write(ratings: Iterable[Rating]) -> Iterator[str]:
    """The lines of a CSV that Letterboxd, and `read`, understand."""
    yield _row(HEADER)
    for rating in ratings:
        movie = rating.movie
        imdb_id = f"tt{movie.imdb_id:07}" if movie.imdb_id else ""
        told = (movie.title, movie.year, f"{rating.stars:g}", f"{rating.rated_at:%Y-%m-%d}")
        yield _row((*told, imdb_id, movie.tmdb_id, movie.movielens_id))


def _row(cells: Iterable[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow(["" if cell is None else escape_formula(str(cell)) for cell in cells])
    return out.getvalue()
