"""Everybody's lists written by Spark's processes are those that this process writes."""

from pathlib import Path

import polars as pl
import pytest

from tests.environment import needs_spark
from tests.processes import QUICK, Site, ready

pytestmark = pytest.mark.xdist_group("spark")

LIST = ("recommend", "--all", "-n", "5", "--output")


def test_spark_writes_the_same_lists(tmp_path: Path) -> None:
    needs_spark()
    site = ready(Site(tmp_path, f"sqlite:///{tmp_path / 'db.sqlite3'}"))
    assert site.run("retrain", *QUICK).returncode == 0
    for name, option in (("here", ()), ("there", ("--spark",))):
        done = site.run(*LIST, str(tmp_path / f"{name}.parquet"), *option, SPARK_MASTER="local[2]")
        assert done.returncode == 0, done.stderr
    here, there = (pl.read_parquet(tmp_path / f"{name}.parquet") for name in ("here", "there"))
    assert here.height == 80 * 5
    assert there.equals(here)
    assert not list(tmp_path.glob(".*.parts"))
