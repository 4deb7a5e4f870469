"""A tuned index reaches its target recall and reports its cost."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from recommendations.engine.ranking.annoy_index import open_index
from recommendations.engine.ranking.annoy_tuning import tune_index
from recommendations.engine.ranking.base import approximate_rank
from recommendations.engine.ranking.exact import ExactRanker

pytestmark = [pytest.mark.engine, pytest.mark.slow]

Vectors = NDArray[np.float32]


@pytest.fixture(scope="module")
def vectors() -> tuple[Vectors, Vectors]:
    rng = np.random.default_rng(6)
    return rng.normal(size=(2_000, 12)).astype(np.float32), rng.normal(size=(150, 12)).astype(np.float32)


@pytest.mark.parametrize("target", [0.7, 0.99])
def test_the_index_reaches_the_target_recall(vectors: tuple[Vectors, Vectors], tmp_path: Path, target: float) -> None:
    items, users = vectors
    ranker = ExactRanker.prepare(items)
    plan = tune_index(items, users, tmp_path / "movies.ann", ranker=ranker, target=target)
    index = open_index(tmp_path / "movies.ann", items, search_k=plan.search_k)
    shares = [np.isin(ranker.rank(u, 10).ordinals, approximate_rank(u, index, 10).ordinals).mean() for u in users]
    assert target <= plan.recall_at_10 == pytest.approx(np.mean(shares))
    assert plan.bytes == (tmp_path / "movies.ann").stat().st_size


def test_a_lower_recall_inspects_fewer_nodes(vectors: tuple[Vectors, Vectors], tmp_path: Path) -> None:
    items, users = vectors
    ranker = ExactRanker.prepare(items)
    low, high = (tune_index(items, users, tmp_path / "i.ann", ranker=ranker, target=target) for target in (0.7, 0.99))
    assert low.search_k < high.search_k


def test_tuning_again_gives_the_same_file_and_plan(vectors: tuple[Vectors, Vectors], tmp_path: Path) -> None:
    items, users = vectors
    ranker = ExactRanker.prepare(items)
    one, two = (tune_index(items, users, tmp_path / name, ranker=ranker) for name in ("one.ann", "two.ann"))
    assert (one.n_trees, one.search_k, one.recall_at_100) == (two.n_trees, two.search_k, two.recall_at_100)
    assert (tmp_path / "one.ann").read_bytes() == (tmp_path / "two.ann").read_bytes()


def test_a_plan_goes_into_a_manifest(vectors: tuple[Vectors, Vectors], tmp_path: Path) -> None:
    items, users = vectors
    plan = tune_index(items[:30], users[:3], tmp_path / "movies.ann", ranker=ExactRanker.prepare(items[:30]))
    assert json.loads(json.dumps(asdict(plan)))["exact"]["p50"] > 0
    assert plan.recall_at_10 == 1


def test_without_users_there_is_nothing_to_measure(vectors: tuple[Vectors, Vectors], tmp_path: Path) -> None:
    items, users = vectors
    with pytest.raises(ValueError, match="no user"):
        tune_index(items, users[:0], tmp_path / "movies.ann", ranker=ExactRanker.prepare(items))
