"""Benchmark the rankers on the active version."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from recommendations.engine.ranking.benchmark import BenchmarkRow, compare, resized
from recommendations.serving import active

__all__ = ["BenchmarkRow", "NothingServesError", "compare_rankers"]


class NothingServesError(Exception):
    """There is no version to compare the rankers on."""


def compare_rankers(n_items: int | None = None) -> Iterator[BenchmarkRow]:
    """Benchmark every ranker on the active version's movies, for a sample of users.

    With `n_items`, the catalogue is resized: a subset of the movies, or more simulated from them.

    Raises
    ------
    NothingServesError
        If no version is active.
    """
    model = active.current()
    if model is None:
        raise NothingServesError("No version is active yet; train one with `manage.py retrain`.")
    items = model.embeddings.items
    items = items if n_items is None else resized(items, n_items)
    with TemporaryDirectory() as folder:
        yield from compare(items, model.embeddings.users, Path(folder))
