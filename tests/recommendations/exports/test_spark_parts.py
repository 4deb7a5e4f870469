"""An export on Spark equals one by this process."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from benchmarks.support.processes import Site, copy_of
from tests.support.environment import needs_spark

pytestmark = pytest.mark.xdist_group("spark")

LIST = ("recommend", "--all", "-n", "5", "--output")


@pytest.fixture
def site(trained_site: Site, tmp_path: Path) -> Iterator[Site]:
    with copy_of(trained_site, tmp_path) as site:
        yield site


def test_spark_writes_the_same_lists(site: Site, tmp_path: Path) -> None:
    needs_spark()
    for name, option in (("here", ()), ("there", ("--spark",))):
        done = site.run(*LIST, str(tmp_path / f"{name}.parquet"), *option, SPARK_MASTER="local[2]")
        assert done.returncode == 0, done.stderr
    here, there = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("here", "there"))
    assert here.height == 80 * 5
    assert there.equals(here)
    assert not list(tmp_path.glob(".*.parts"))
