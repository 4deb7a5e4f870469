"""CSV as people have it: any usual delimiter, true line numbers, and no line swallowed by an open quotation mark."""

import csv
import io
import re
from collections.abc import Iterator

from movies.transfer.entries import MAX_CELL, MAX_COLUMNS, UnreadableError

DELIMITERS = ",;\t|"
_SEPARATOR_LINE = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_QUOTED = re.compile(r'"[^"]*"')
Row = tuple[int, list[str]]


def rows(text: str) -> Iterator[Row]:
    """Yield the rows of a CSV that are not blank, each with the number of the line on which it starts.

    Raises `UnreadableError` with the line number for an open quotation mark, or one inside a quoted cell.
    """
    lines = _Lines(text)
    # Strict, so that a quotation mark that closes a cell which another one opened lines before is an error.
    reader = csv.reader(lines, delimiter=lines.delimiter, strict=True)
    while True:
        lines.row_starts_at = 0
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableError(_explained(error, lines.row_starts_at)) from None
        if any(map(str.strip, row[:MAX_COLUMNS])) or len(row) > MAX_COLUMNS:
            yield lines.row_starts_at, row


class _Lines:
    """The lines of a text for `csv.reader`; knows the line on which the current row starts."""

    def __init__(self, text: str) -> None:
        self.lines = io.StringIO(text, newline="")
        self.number = 0
        self.row_starts_at = 0
        first = self._first_with_text()
        declared = _SEPARATOR_LINE.fullmatch(first.rstrip("\r\n"))
        if declared:
            self.delimiter = declared[1]
        else:
            self.delimiter = _delimiter(first)
            self.lines.seek(0)
            self.number = 0

    def _first_with_text(self) -> str:
        for line in self.lines:
            self.number += 1
            if line.strip():
                return line
        return ""

    def __iter__(self) -> Iterator[str]:
        for line in self.lines:
            self.number += 1
            self.row_starts_at = self.row_starts_at or self.number
            yield line


def _delimiter(header: str) -> str:
    """Return the delimiter that a header has most of outside quoted cells."""
    unquoted = _QUOTED.sub("", header[: MAX_COLUMNS * MAX_CELL])
    return max(DELIMITERS, key=unquoted.count)


def _explained(error: csv.Error, number: int) -> str:
    reason = str(error)
    if "unexpected end of data" in reason:
        return (
            f"Line {number} opens a quotation mark that is never closed, so the lines after it cannot be told apart. "
            "Open the file in a text editor, close the mark or remove it, and choose the file again."
        )
    if "expected after" in reason:
        return (
            f"The row that starts on line {number} has a quotation mark inside a quoted cell. Open the file in a text "
            'editor, close the mark or double it (""), and choose the file again.'
        )
    return f"The file is not valid CSV: {reason} on line {number}. Correct that line in a text editor."
