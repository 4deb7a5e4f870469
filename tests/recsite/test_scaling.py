"""The capacity model of larger sites follows its formulas, and docs/scaling.md shows the script's output."""

import subprocess
import sys

import pytest

from benchmarks.scaling import Costs, Machine, Need, Site, needs, table
from tests.support.environment import ROOT

pytestmark = pytest.mark.engine

FACTORS = (1, 10, 100, 1000)


def by_name(site: Site, costs: Costs | None = None, machine: Machine | None = None) -> dict[str, Need]:
    return {need.name: need for need in needs(site, machine or Machine(), costs or Costs())}


def test_costs_grow_with_the_size_of_the_site() -> None:
    one, ten = by_name(Site()), by_name(Site().times(10))
    for name in one:
        assert ten[name].amount > one[name].amount or name == "LightFM, CPU"
    assert ten["LightFM, CPU"].amount == one["LightFM, CPU"].amount
    for name in ("database, disk", "EASE, ALS and fold-in, CPU", "ALS on Spark, CPU of the cluster"):
        assert ten[name].amount == pytest.approx(10 * one[name].amount)
    lists, ranked_only = "top 100 for all users, CPU", Costs(listed_rating=0)
    one, ten = by_name(Site(), ranked_only), by_name(Site().times(10), ranked_only)
    assert ten[lists].amount == pytest.approx(10**1.5 * one[lists].amount)


def test_the_formulas_by_hand() -> None:
    site = Site(ratings=1000, users=100, movies=10, requests=4, dimension=2)
    costs = Costs(
        stored_rating=100,
        trained_rating=50,
        lightfm_step=1,
        joined_rating=7,
        spark_step=1,
        listed_rating=3,
        batch_product=1,
        ranked_product=1,
        request=2,
    )
    by_need = by_name(site, costs)
    assert by_need["database, disk"].amount == 100 * 1000
    assert by_need["training in one process, memory"].amount == 50 * 1000
    assert by_need["LightFM, CPU"].amount == 1000 * 32 * 24 * 2
    assert by_need["EASE, ALS and fold-in, CPU"].amount == 7 * 1000
    assert by_need["ALS on Spark, CPU of the cluster"].amount == 1000 * 64 * 15
    assert by_need["a version, disk of each host"].amount == (100 + 14 * 10) * (4 * 4 + 24)
    assert by_need["top 100 for all users, CPU"].amount == 3 * 1000 + 100 * 10 * 4
    assert by_need["pages, CPU"].amount == 4 * (2 + 10 * 4)


def test_a_very_large_catalogue_is_ranked_with_the_approximate_index() -> None:
    costs = Costs(indexed=0.5, request=0)
    assert by_name(Site(movies=1_000_000, requests=2), costs)["pages, CPU"].amount == 1


def test_costs_beyond_one_machine_are_bold() -> None:
    small = Machine(cores=1, memory=1, disk=1, network=1, night=1)
    assert "**2.9 GB**" in table([1], Site(), small, Costs())
    assert "**" not in table([1], Site(), Machine(), Costs())


def test_the_document_matches_the_script() -> None:
    assert table(FACTORS, Site(), Machine(), Costs()) in (ROOT / "docs" / "scaling.md").read_text()


def test_readers_can_set_their_own_numbers() -> None:
    command = [sys.executable, "-m", "benchmarks.scaling", "--ratings", "1e9", "--cost", "stored_rating=200"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert "| database, disk | 200 GB |" in done.stdout
    wrong = subprocess.run([*command, "--cost", "nothing=1"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert "unknown: nothing" in wrong.stderr


def test_a_negative_cost_is_refused() -> None:
    with pytest.raises(ValueError, match="request"):
        Costs(request=-1)
