"""`manage.py benchmark_rankers`."""

import json

import pytest
from django.core.management import CommandError, call_command

from benchmarks.support.worlds import World
from recommendations.engine.ranking import benchmark
from recommendations.models import ModelVersion

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def few_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(benchmark, "USERS", 5)


def test_every_ranker_is_listed_and_exact_ones_have_full_recall(
    version: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("benchmark_rankers", items=[500], json=True)
    lines = json.loads(capsys.readouterr().out)["500"]
    kinds = ("exact_rank_naive", "exact_rank_partition", "Annoy as in the article", "approximate_rank", "ExactRanker")
    for kind in kinds:
        assert [line for line in lines if line["name"].startswith(kind)]
    exact = [line for line in lines if line["name"].lower().startswith("exact")]
    assert {(line["recall_at_10"], line["recall_at_100"]) for line in exact} == {(1.0, 1.0)}
    assert all(line["p50"] > 0 and line["ratio"] > 0 for line in lines)


def test_the_active_versions_own_movies_are_the_default(
    version: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("benchmark_rankers")
    out = capsys.readouterr().out
    assert "Movies of the active version" in out
    assert "approximate_rank" in out


def test_without_a_version_there_is_nothing_to_compare(world: World) -> None:
    with pytest.raises(CommandError, match="No version is active yet"):
        call_command("benchmark_rankers")


def test_a_catalogue_size_below_one_is_refused(version: ModelVersion) -> None:
    with pytest.raises(CommandError, match="must be at least 1"):
        call_command("benchmark_rankers", items=[0])
