"""The rankers compared on the version that serves."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from recommendations.engine.ranking.benchmark import BenchmarkRow, compare, resized
from recommendations.serving import active

__all__ = ["BenchmarkRow", "NothingServesError", "compare_rankers"]


class NothingServesError(Exception):
    """There is no version to compare the rankers on."""


def compare_rankers(n_items: int | None = None) -> Iterator[BenchmarkRow]:
    """Ask every ranker for the lists of some users, among the movies of the active version.

    With `n_items` the catalogue has that size: fewer of the movies, or more that are like them.

    Raises
    ------
    NothingServesError
        When no version is active.
    """
    model = active.current()
    if model is None:
        raise NothingServesError("No version serves yet; train one with `manage.py retrain`.")
    items = model.embeddings.items
    items = items if n_items is None else resized(items, n_items)
    with TemporaryDirectory() as folder:
        yield from compare(items, model.embeddings.users, Path(folder))
