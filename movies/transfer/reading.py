"""Reading a member's export: a CSV, JSON or zip of any known site becomes a sheet of entries."""

import json
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import PurePosixPath
from typing import Any

from movies.titles import parse_title
from movies.transfer import cells, csv_table, zip_members
from movies.transfer.csv_escaping import unescape_formula
from movies.transfer.csv_table import Row
from movies.transfer.decoding import decode
from movies.transfer.entries import (
    MAX_CELL,
    MAX_COLUMNS,
    MOST_BYTES,
    MOST_LINES,
    Entry,
    Kind,
    LeftOut,
    Options,
    Sheet,
    UnreadableError,
)
from movies.transfer.layouts import BY_KEY, LAYOUTS, OTHER, recognised
from movies.transfer.layouts.layout import Layout

ROWS_BEFORE_HEADER = 10
"""Some exports have a title or a description above their header."""
DEEPEST_JSON = 40
_MULTILINE = ("title", "year", "rating")
"""Cells that never have a line break: one that does has swallowed other lines."""
Places = dict[str, tuple[int, ...]]
"""The columns of each field; the first with a value counts."""
Records = list[tuple[int, dict[str, str]]]


def read(data: bytes, name: str = "", options: Options | None = None) -> Sheet:
    """Read an export by the layout that recognises it, or the one in `options`.

    Raises `UnreadableError` if the file cannot be read as a whole, or is too large.
    """
    options = options or Options()
    if len(data) > MOST_BYTES:
        raise UnreadableError(f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it and import the parts.")
    if not zip_members.is_zip(data):
        sheet = Sheet()
        _read_file(sheet, data, name, "", options)
        return sheet
    return _read_zip(data, options)


def _read_zip(data: bytes, options: Options) -> Sheet:
    sheets = []
    unread = []
    for name, contents in zip_members.members(data):
        sheet = Sheet()
        try:
            _read_file(sheet, contents, PurePosixPath(name).as_posix(), name, options, known_only=True)
        except _UnknownLayoutError:
            unread.append(name)
        else:
            sheets.append(sheet)
    if not sheets:
        raise UnreadableError(
            "There is no export that we know in this zip. Unpack it, and choose the CSV of your ratings."
        )
    # Of several lines for a movie the last one counts: that of the list of ratings, not of an old diary entry.
    sheets.sort(key=lambda sheet: sheet.layouts[0][1].endswith("-ratings"))
    whole = Sheet(unread=unread, scale_open=any(sheet.scale_open for sheet in sheets))
    for sheet in sheets:
        whole.entries += sheet.entries
        whole.rejected += sheet.rejected
        whole.set_aside += sheet.set_aside
        whole.layouts += sheet.layouts
        whole.unrated += sheet.unrated
        whole.rounded += sheet.rounded
        whole.scale = whole.scale if whole.scale_open and not sheet.scale_open else sheet.scale or whole.scale
    if len(whole.entries) > MOST_LINES:
        raise UnreadableError(
            f"The zip has more than {MOST_LINES:,} entries. Unpack it, and import its files one by one."
        )
    return whole


class _UnknownLayoutError(UnreadableError):
    """No layout knows the file."""


def _read_file(
    sheet: Sheet, data: bytes, name: str, source: str, options: Options, *, known_only: bool = False
) -> None:
    text = decode(data)
    if text.lstrip()[:1] in ("{", "["):
        layout, records = _of_json(text, options)
    else:
        known, header, rows = _of_csv(text, name, options)
        sheet.header = [column[:MAX_CELL].strip() for column in header]
        if known is None and known_only:
            raise _UnknownLayoutError("No layout knows this file.")
        layout = known or OTHER
        places = _places(layout, sheet.header, options)
        records = list(_records(sheet, rows, places, source))
    sheet.layouts = [(source, layout.key)]
    _fill(sheet, layout, records, source, options)


def _of_csv(text: str, name: str, options: Options) -> tuple[Layout | None, list[str], Iterator[Row]]:
    """Return the layout, header and other rows of a CSV."""
    rows = csv_table.rows(text)
    first: list[Row] = []
    for row in rows:
        first.append(row)
        is_wide = len(row[1]) > MAX_COLUMNS
        if is_wide and len(first) == 1:
            raise UnreadableError(f"The file has more than {MAX_COLUMNS} columns. Choose an export of your ratings.")
        layout = None if is_wide else recognised([cell[:MAX_CELL].strip() for cell in row[1]], name)
        if layout:
            return BY_KEY.get(options.layout, layout), row[1], rows
        if len(first) == ROWS_BEFORE_HEADER:
            break
    if not first:
        raise UnreadableError("The file is empty. Choose an export of your ratings.")
    return BY_KEY.get(options.layout), first[0][1], chain(first[1:], rows)


def _places(layout: Layout, header: list[str], options: Options) -> Places:
    """Return the column of each field: those of the layout, or those that the member named."""
    places = layout.places(header)
    if layout is OTHER and options.columns:
        named = {name: (header.index(column),) for name, column in options.columns.items() if column in header}
        places = {**{name: place for name, place in places.items() if name == "user"}, **named}
    return places


def _records(sheet: Sheet, rows: Iterable[Row], places: Places, source: str) -> Iterator[tuple[int, dict[str, str]]]:
    for count, (number, row) in enumerate(rows):
        if count >= MOST_LINES:
            raise UnreadableError(f"The file has more than {MOST_LINES:,} lines. Split it and import the parts.")
        if len(row) > MAX_COLUMNS:
            sheet.rejected.append(LeftOut(number, f"it has more than {MAX_COLUMNS} cells", source))
            continue
        record = {name: _first(row, columns) for name, columns in places.items()}
        if any("\0" in cell for cell in record.values()):
            sheet.rejected.append(LeftOut(number, "a null character is not text", source))
            continue
        if any("\n" in record.get(name, "") or "\r" in record.get(name, "") for name in _MULTILINE):
            raise UnreadableError(
                f"A cell of line {number} has swallowed the lines after it: a quotation mark is missing there. Open "
                "the file in a text editor, close the mark or remove it, and choose the file again."
            )
        yield number, record


def _first(row: list[str], columns: tuple[int, ...]) -> str:
    return next((cell for n in columns if n < len(row) and (cell := row[n][:MAX_CELL].strip())), "")


def _of_json(text: str, options: Options) -> tuple[Layout, Records]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise UnreadableError(f"The file is not valid JSON from line {line} on. Download it again.") from None
    readers = [layout for layout in LAYOUTS if layout.documents]
    readers.sort(key=lambda layout: layout.key != options.layout)
    for layout in readers:
        records: Records = []
        for record in layout.documents(document) if layout.documents else ():
            if len(records) >= MOST_LINES:
                raise UnreadableError(f"The file has more than {MOST_LINES:,} entries. Split it and import the parts.")
            records.append((len(records) + 1, _text_only(record)))
        if records:
            return layout, records
    raise _UnknownLayoutError("We know no site with such a JSON file. Choose the site's export as CSV.")


def _text_only(record: dict[str, Any]) -> dict[str, str]:
    return {name: value[:MAX_CELL].strip().replace("\0", "") for name, value in record.items()}


def _fill(sheet: Sheet, layout: Layout, records: Records, source: str, options: Options) -> None:
    """Turn records into entries, and lines that are left out."""
    if layout.one_user and len(users := {record["user"] for _, record in records if record.get("user")}) > 1:
        raise UnreadableError(
            f"The file has the ratings of {len(users):,} people. Keep only your own lines, and choose it again."
        )
    television = [layout.is_television(record) for _, record in records]
    rated = [
        record["rating"]
        for (_, record), is_tv in zip(records, television, strict=True)
        if record.get("rating") and not is_tv
    ]
    sheet.scale = layout.scale
    if layout.rated and layout.scale is None:
        sheet.scale, sheet.scale_open = cells.scale_of(rated)
    if options.scale in cells.SCALES and rated and (layout is OTHER or sheet.scale_open):
        sheet.scale, sheet.scale_open = options.scale, False
    day_first = cells.day_first(record.get("at", "") for _, record in records)
    for (number, record), is_tv in zip(records, television, strict=True):
        if is_tv:
            sheet.set_aside.append(LeftOut(number, record.get("title", "")[:400] or "without title", source))
            continue
        try:
            entry = _entry(sheet, layout, number, record, source, day_first=day_first)
        except ValueError as error:
            sheet.rejected.append(LeftOut(number, str(error), source))
            continue
        if entry is None:
            sheet.unrated += 1
        else:
            sheet.entries.append(entry)


def _entry(
    sheet: Sheet, layout: Layout, number: int, record: dict[str, str], source: str, *, day_first: bool
) -> Entry | None:
    """Return what a line says; None if that is nothing. Raises `ValueError` with the reason if it is unreadable."""
    rating = record.get("rating", "") if layout.rated else ""
    halves, rounded = None, False
    if _is_blank(rating):
        kind = _kind_without_rating(layout, record)
    else:
        halves, rounded = cells.half_stars(rating, sheet.scale or cells.FIVE)
        kind = Kind.RATING
    if kind is None or (kind == Kind.RATING and halves is None):
        return None
    title = unescape_formula(record.get("title", ""))[:400]
    original = unescape_formula(record.get("original", ""))[:400]
    entry = Entry(
        number=number,
        kind=kind,
        half_stars=halves,
        at=cells.time(record.get("at", ""), day_first=day_first),
        title=title or original,
        year=cells.year(record.get("year", "")) or parse_title(title).year,
        other_titles=(original,) if original and title and original != title else (),
        movielens_id=cells.number(record.get("movielens", "")),
        imdb_id=cells.number(record.get("imdb", "")),
        tmdb_id=cells.number(record.get("tmdb", "")),
        source=source,
    )
    if not (entry.title or entry.movielens_id or entry.imdb_id or entry.tmdb_id):
        raise ValueError("no movie is given")
    sheet.rounded += rounded
    return entry


def _is_blank(rating: str) -> bool:
    """Return whether a cell says that there is no rating."""
    return rating.casefold() in ("", "-", "–", "n/a", "null", "none", "nan")


def _kind_without_rating(layout: Layout, record: dict[str, str]) -> Kind | None:
    if "kind" in record:
        return Kind(record["kind"])
    if layout.statuses:
        status = "".join(filter(str.isalnum, record.get("status", "").casefold()))
        return layout.statuses.get(status, layout.unrated)
    return layout.unrated
