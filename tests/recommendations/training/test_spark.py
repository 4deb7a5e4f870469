"""A retraining on Spark publishes the same kind of version, which can be served and rolled back."""

import json
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from benchmarks.support.worlds import World
from movies.models import User
from movies.services import rate
from movies.transfer import parquet
from recommendations.models import ModelVersion, TrainingRun
from recommendations.serving import active
from recommendations.serving.recommend import recommend
from recommendations.training import pipeline, runs, spark
from recommendations.versions import artifacts, registry
from tests.support.environment import needs_spark

pytestmark = pytest.mark.xdist_group("spark")

QUICK = {"dimension": 6, "epochs": 4, "blocks": 2}


@pytest.fixture
def spark_version(
    world: World, version: ModelVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> ModelVersion:
    """The version that `retrain --trainer spark` publishes over LightFM's, from exported ratings."""
    needs_spark()
    parquet.export(tmp_path / "ratings")
    assignments = [f"{name}={value}" for name, value in QUICK.items()]
    options = [option for assignment in assignments for option in ("--set", assignment)]
    call_command("retrain", "--trainer", "spark", "--ratings", str(tmp_path / "ratings"), "--json", *options)
    report = json.loads(capsys.readouterr().out)
    assert report["status"] == "succeeded", report
    return ModelVersion.objects.get(name=report["version"]["name"])


def test_it_serves_is_rolled_back_and_serves_again(
    world: World, version: ModelVersion, spark_version: ModelVersion, ada: User, member: Client
) -> None:
    assert {test["name"] for test in spark_version.gate} == {
        "popularity",
        "coverage",
        "smoke test",
        "champion",
        "churn",
        "index",
    }
    assert (spark_version.users, spark_version.movies, spark_version.ratings) == (
        version.users,
        version.movies,
        version.ratings,
    )
    manifest = artifacts.verify(artifacts.folder_of(spark_version.name), spark_version.manifest_sha256)
    assert manifest["parameters"]["trainer"] == "spark"
    assert "pyspark" in manifest["libraries"]
    for half in (0, world.half):
        found = recommend(world.people[half], n=5)
        assert found.source == "trained"
        assert {entry.movie.pk for entry in found.entries} <= world.liked_by(half)
    for movie in world.romance[:3]:
        rate(user=ada, movie=movie, half_stars=10)
    for name in (spark_version.name, version.name, spark_version.name):
        registry.activate(ModelVersion.objects.get(name=name))
        active.forget()
        assert recommend(ada, n=5).version == name
        assert {entry.movie.pk for entry in recommend(ada, n=5).entries} <= {movie.pk for movie in world.romance}
        assert member.get("/recommendations/").status_code == 200
        assert member.get(world.romance[5].get_absolute_url()).status_code == 200


def test_a_site_without_spark_explains_what_to_do(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    with pytest.raises(CommandError, match="make spark"):
        call_command("retrain", "--trainer", "spark")
    assert not TrainingRun.objects.exists()
    run = runs.request(parameters={"trainer": "spark"})
    with pytest.raises(spark.SparkUnavailableError):
        pipeline.retrain(run)
    assert run.status == TrainingRun.Status.FAILED
    assert "make spark" in run.error
