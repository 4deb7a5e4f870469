"""Table of ranker measurements, for commands and benchmarks."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table

if TYPE_CHECKING:
    # Benchmarks print these tables without Django.
    from recommendations.evaluation.ranker_benchmark import BenchmarkRow

COLUMNS = ("p50 µs", "p99 µs", "× partition", "recall@10", "recall@100", "MB", "build s")


def rankers_table(title: str, rows: "Iterable[BenchmarkRow]") -> Table:
    """Return a table with a row for each ranker."""
    table = Table("ranker", title=title, title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for row in rows:
        table.add_row(
            row.name,
            f"{row.p50:,.0f}",
            f"{row.p99:,.0f}",
            f"{row.ratio:.3f}",
            f"{row.recall_at_10:.3f}",
            f"{row.recall_at_100:.3f}",
            f"{row.bytes / 1e6:,.1f}",
            f"{row.build_seconds:,.1f}",
        )
    return table
