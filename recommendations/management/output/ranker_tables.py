"""Tables of the engine's measurements, for commands and benchmarks."""

from collections.abc import Iterable

from rich.table import Table

from recommendations.evaluation.ranker_benchmark import BenchmarkRow

COLUMNS = ("p50 µs", "p99 µs", "× partition", "recall@10", "recall@100", "MB", "built in s")


def rankers_table(title: str, lines: Iterable[BenchmarkRow]) -> Table:
    """The rankers of a catalogue, one under the other."""
    table = Table("ranker", title=title, title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="right")
    for line in lines:
        table.add_row(
            line.name,
            f"{line.p50:,.0f}",
            f"{line.p99:,.0f}",
            f"{line.ratio:.3f}",
            f"{line.recall_at_10:.3f}",
            f"{line.recall_at_100:.3f}",
            f"{line.bytes / 1e6:,.1f}",
            f"{line.build_seconds:,.1f}",
        )
    return table
