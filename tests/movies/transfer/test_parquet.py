"""`manage.py export_ratings --parquet` writes every rating once, one part per user, atomically."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from django.core.management import CommandError, call_command

from benchmarks.support.worlds import World
from movies import columns
from movies.transfer import parquet

pytestmark = [pytest.mark.django_db, pytest.mark.database]


def test_an_export_is_read_without_loss(world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("export_ratings", tmp_path / "out", "--parquet")
    assert "1,200 ratings in 16 parts" in capsys.readouterr().out
    exported, expected = parquet.read(tmp_path / "out"), columns.ratings()
    for name in ("user_ids", "movie_ids", "half_stars", "rated_at"):
        assert np.array_equal(getattr(exported, name), getattr(expected, name))
        assert getattr(exported, name).dtype == getattr(expected, name).dtype


def test_each_user_is_in_one_part(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROWS_PER_FILE", 100)
    parquet.export(tmp_path / "out")
    frame = pl.read_parquet(tmp_path / "out" / "*" / "*.parquet", hive_partitioning=True)
    assert frame.height == 1200
    assert frame.group_by("user_id").agg(pl.col("part").n_unique())["part"].to_list() == [1] * 80
    assert frame["part"].n_unique() == parquet.PARTS


@pytest.mark.parametrize("step", [1, 2, 16, 1000])
def test_parts_have_about_the_same_size(step: int) -> None:
    sizes = np.bincount(parquet.part_of(np.arange(1, 16_000 * step, step)), minlength=parquet.PARTS)
    assert len(sizes) == parquet.PARTS
    assert sizes.max() < 1.1 * sizes.mean()


def test_without_ratings_the_export_is_empty(tmp_path: Path) -> None:
    assert parquet.export(tmp_path / "out") == 0
    assert len(list((tmp_path / "out").iterdir())) == parquet.PARTS


def test_a_failure_leaves_nothing(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_parquet", full)
    with pytest.raises(CommandError, match="No space left"):
        call_command("export_ratings", tmp_path / "out", "--parquet")
    assert not list(tmp_path.glob("*out*"))


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="exists"):
        call_command("export_ratings", tmp_path, "--parquet")


def test_a_folder_without_ratings_is_an_error_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(parquet.NoRatingsError, match="export_ratings --parquet"):
        parquet.read(tmp_path)
