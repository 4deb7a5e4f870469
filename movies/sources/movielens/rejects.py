"""Rejected rows of a release: counted, reported with file and line, and tolerated up to a limit."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import IO

MOST_EXAMPLES = 20
_ROW_VALUES = re.compile(r"“.*”|(?<=movie )\d+|(?<=line )\d+|(?<=tag )\d+|^\d+(?= columns)", re.DOTALL)
"""The parts of a reason that are specific to one row."""


class TooManyRejectsError(ValueError):
    """A file has more bad rows than the limit allows."""


@dataclass(frozen=True)
class Limit:
    """Maximum of rejected rows per file: a number of rows or a share of them, whichever is larger."""

    rows: int = 0
    share: float = 0.0

    @classmethod
    def parse(cls, text: str) -> "Limit":
        """Parse a number of rows (“25”) or a share (“0.1%”); raise `ValueError` for anything else."""
        if match := re.fullmatch(r"(\d{1,3}(?:\.\d+)?)%", text, re.ASCII):
            return cls(share=min(float(match[1]), 100.0) / 100)
        if re.fullmatch(r"\d{1,12}", text, re.ASCII):
            return cls(rows=int(text))
        raise ValueError(f"“{text}” is neither a number of rows, such as 25, nor a share, such as 0.1%")

    def allows(self, rejected: int, rows: int) -> bool:
        return rejected <= max(self.rows, self.share * rows)


DEFAULT_LIMIT = Limit(share=0.001)


@dataclass
class Rejects:
    """Rows rejected so far: the first ones as `examples`, all of them in `report`, if given.

    `counts` holds rejected rows by file, `reasons` rejected rows by reason (without the values of the row), and `rows`
    all rows of each completely read file.
    """

    limit: Limit = DEFAULT_LIMIT
    report: IO[str] | None = None
    examples: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rows: dict[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.counts.total()

    def add(self, file: str, line: int, reason: str, *, lines: int = 1) -> None:
        """Reject the row that starts at this line and spans `lines` lines."""
        self.counts[file] += lines
        self.reasons[_ROW_VALUES.sub("…", reason)] += lines
        text = f"{file}:{line}: {reason}"
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(text)
        if self.report:
            self.report.write(text + "\n")

    def check(self, file: str, rows: int) -> None:
        """Record that a file was read completely; raise `TooManyRejectsError` if its rejects exceed the limit."""
        self.rows[file] = rows
        rejected = self.counts[file]
        if not self.limit.allows(rejected, rows):
            raise TooManyRejectsError(f"{rejected:,} of {rows:,} rows of {file} are bad; nothing was loaded.")
