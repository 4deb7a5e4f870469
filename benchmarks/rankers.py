"""Compare the rankers at several sizes of catalogue, on one thread, in processor time.

    OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 .venv/bin/python -m benchmarks.rankers VERSION_FOLDER

takes `items.npy` and `users.npy` of a published version; other sizes are drawn from its movies, larger ones with
jitter.  Only ratios carry over from one machine to another.
"""

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console
from rich.table import Table

from recommendations.engine.comparing import compare, resized

SIZES = (9_742, 62_423, 1_000_000)
TARGETS = {1_000_000: 0.95}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a version's folder")
    parser.add_argument("--items", type=int, action="append", help="a size of catalogue; may be repeated")
    options = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        parser.error("set OPENBLAS_NUM_THREADS=1: the partition is to run on one thread as well")
    items, users = (np.load(options.folder / f"{name}.npy", allow_pickle=False) for name in ("items", "users"))
    for n_items in options.items or SIZES:
        show(resized(items, n_items), users)


def show(items: np.ndarray, users: np.ndarray) -> None:
    table = Table("ranker", title=f"{len(items):,} × {items.shape[1]}")
    for column in ("p50 µs", "p99 µs", "× partition", "recall@10", "recall@100", "MB", "built in s"):
        table.add_column(column, justify="right")
    with TemporaryDirectory() as folder:
        for line in compare(items, users, Path(folder), target=TARGETS.get(len(items), 0.99)):
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
    Console(width=140).print(table)


if __name__ == "__main__":
    main()
