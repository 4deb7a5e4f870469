"""Rows that are refused: counted, named with file and line, and borne up to a limit."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import IO

SHOWN = 20
_VALUES = re.compile(r"“.*”|(?<=movie )\d+|(?<=line )\d+|(?<=tag )\d+|^\d+(?= columns)", re.DOTALL)
"""What a reason says of one row only."""


class TooManyRejectsError(ValueError):
    """More rows of a file are bad than the caller bears."""


@dataclass(frozen=True)
class Limit:
    """So many rows of a file may be refused: a number of rows, or a share of them."""

    rows: int = 0
    share: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """“25” is a number of rows, “0.1%” a share; `ValueError` for anything else."""
        if match := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", text, re.ASCII):
            return cls(share=min(float(match[1]), 100.0) / 100)
        if re.fullmatch(r"\d{1,12}", text, re.ASCII):
            return cls(rows=int(text))
        raise ValueError(f"“{text}” is neither a number of rows, such as 25, nor a share of them, such as 0.1%")

    def allows(self, rejected: int, rows: int) -> bool:
        return rejected <= max(self.rows, self.share * rows)


DEFAULT_LIMIT = Limit(share=0.001)


@dataclass
class Rejects:
    """The rows refused so far.  The first are kept to be shown; all are written to `report`, if there is one.

    `counts` are refused rows by file, `reasons` by reason without what the row says, and `rows` are all rows of the
    files that have been read.
    """

    limit: Limit = DEFAULT_LIMIT
    report: IO[str] | None = None
    shown: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.counts.total()

    def add(self, file: str, line: int, reason: str, *, lines: int = 1) -> None:
        """Refuse the row that begins in this line, and takes up so many lines."""
        self.counts[file] += lines
        self.reasons[_VALUES.sub("…", reason)] += lines
        text = f"{file}:{line}: {reason}"
        if len(self.shown) < SHOWN:
            self.shown.append(text)
        if self.report:
            self.report.write(text + "\n")

    def check(self, file: str, rows: int) -> None:
        """Note that all rows of a file were read; `TooManyRejectsError` if more were refused than the limit allows."""
        self.rows[file] = rows
        rejected = self.counts[file]
        if not self.limit.allows(rejected, rows):
            raise TooManyRejectsError(f"{rejected:,} of {rows:,} rows of {file} are bad; nothing was loaded.")
