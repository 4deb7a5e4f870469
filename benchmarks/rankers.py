"""Compare the rankers at several catalogue sizes, on one thread, in processor time.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m benchmarks.rankers VERSION_FOLDER

reads `items.npy` and `users.npy` of a published version; other sizes are sampled from its movies, larger ones with
jitter. `manage.py benchmark_rankers` does the same for the active version. Only ratios carry over from one machine to
another.
"""

import argparse
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from rich.console import Console

from recommendations.engine.ranking.benchmark import compare, resized
from recommendations.management.output.ranker_tables import rankers_table

SIZES = (9_742, 62_423, 1_000_000)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="a version's folder")
    parser.add_argument("--items", type=int, action="append", help="a catalogue size; may be repeated")
    options = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        parser.error("set OPENBLAS_NUM_THREADS=1: the partition must run on one thread as well")
    items, users = (np.load(options.folder / f"{name}.npy", allow_pickle=False) for name in ("items", "users"))
    for n_items in options.items or SIZES:
        sized = items if n_items == len(items) else resized(items, n_items)
        with TemporaryDirectory() as folder:
            table = rankers_table(f"{n_items:,} × {items.shape[1]}", compare(sized, users, Path(folder)))
        Console(width=140).print(table)


if __name__ == "__main__":
    main()
