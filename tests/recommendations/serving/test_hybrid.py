"""The approximate index serves only the lists for which it was measured to be good enough."""

from typing import Any

import numpy as np
import pytest
from django.test import Client
from pytest_django import Settings

from benchmarks.support.worlds import World
from movies.models import User
from recommendations.engine.ranking.annoy_index import build_index, open_index
from recommendations.engine.ranking.exact import ExactRanker
from recommendations.engine.ranking.hybrid import DEPTH, ServedRanker
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.recommend import recommend

N_ITEMS = 2_000
USER = np.ones(6, np.float32)


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> ServedRanker:
    """A ranker with an index that examines few items, as fast ones do."""
    items = np.random.default_rng(0).normal(size=(N_ITEMS, 6)).astype(np.float32)
    path = tmp_path_factory.mktemp("index") / "movies.ann"
    build_index(items, path, n_trees=10)
    return ServedRanker(ExactRanker.prepare(items), open_index(path, items, search_k=200))


@pytest.mark.engine
@pytest.mark.parametrize(("k", "excluded"), [(10, 0), (10, DEPTH - 10), (DEPTH, 0)])
def test_a_short_list_comes_from_the_index(ranker: ServedRanker, k: int, excluded: int) -> None:
    assert ranker.rank(USER, k, exclude=range(excluded)).examined < N_ITEMS / 2


@pytest.mark.engine
@pytest.mark.parametrize(
    ("k", "filters"),
    [
        (10, {"exclude": range(DEPTH - 9)}),
        (DEPTH + 1, {}),
        (10, {"candidates": range(1_500)}),
        (10, {"candidates": []}),
    ],
    ids=["many excluded", "a long list", "a filter", "a filter without matches"],
)
def test_all_other_lists_are_exact(ranker: ServedRanker, k: int, filters: dict[str, Any]) -> None:
    served, exact = ranker.rank(USER, k, **filters), ranker.exact.rank(USER, k, **filters)
    assert served.ordinals.tolist() == exact.ordinals.tolist()
    assert served.examined == exact.examined


@pytest.mark.database
@pytest.mark.parametrize("choice", ["measured", "exact", "approximate"])
def test_an_operator_can_choose_the_ranker(
    world: World, version: ModelVersion, settings: Settings, choice: str
) -> None:
    settings.RECOMMENDER_RANKER = choice
    model = active.current()
    assert model is not None
    expected = model.manifest["index"]["serve"] if choice == "measured" else choice
    assert (model.served.index is not None) == (expected == "approximate")
    liked = world.liked_by(0)
    assert {entry.movie.pk for entry in recommend(world.people[0], n=5).entries} <= liked


@pytest.mark.database
def test_operators_see_the_measurements(version: ModelVersion, client: Client) -> None:
    client.force_login(User.objects.create_superuser("boss"))
    page = client.get(f"/admin/recommendations/modelversion/{version.pk}/change/").content.decode()
    plan = version.metrics["index"]
    assert f"{plan['serve']} (exact {plan['exact']['p50']:,.0f} µs, approximate" in page
    assert f"recall@10 {plan['recall_at_10']:.3f}" in page
