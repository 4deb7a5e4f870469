"""The commands `runs`, `versions` and `activate`."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from benchmarks.support import worlds
from recommendations.models import ModelVersion, TrainingRun
from recommendations.training import pipeline, runs
from recommendations.versions import artifacts, registry

pytestmark = pytest.mark.database


def said(capsys: pytest.CaptureFixture[str], *command: Any) -> str:
    own = io.StringIO()
    call_command(*command, stdout=own)
    return capsys.readouterr().out + own.getvalue()


@pytest.fixture
def successor(version: ModelVersion) -> ModelVersion:
    config = {**worlds.QUICK, "seed": 5}
    return pipeline.retrain(runs.request(parameters={"config": config, "force": True}))


def test_runs_are_listed(successor: ModelVersion, capsys: pytest.CaptureFixture[str]) -> None:
    waiting = runs.request(parameters={})
    listed = json.loads(said(capsys, "runs", "--json"))
    assert [line["status"] for line in listed][:2] == ["queued", "succeeded"]
    assert listed[1]["version"] == successor.name
    table = said(capsys, "runs")
    assert "Succeeded" in table
    assert str(waiting.pk) in table


@pytest.mark.django_db
def test_a_run_is_cancelled(capsys: pytest.CaptureFixture[str]) -> None:
    run = runs.request(parameters={})
    assert f"Cancelling run {run.pk}" in said(capsys, "runs", "--cancel", str(run.pk))
    run.refresh_from_db()
    assert run.status == TrainingRun.Status.CANCELLED
    with pytest.raises(CommandError, match=f"No run {run.pk}"):
        said(capsys, "runs", "--cancel", str(run.pk))


def test_versions_are_listed(
    version: ModelVersion, successor: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = {line["name"]: line["active"] for line in json.loads(said(capsys, "versions", "--json"))}
    assert listed == {version.name: False, successor.name: True}
    assert "active" in said(capsys, "versions")


def test_two_versions_are_compared(
    version: ModelVersion, successor: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    found = json.loads(said(capsys, "versions", "--json", "diff", version.name, successor.name))
    assert found["parameters"]["seed"]["to"] == 5
    assert found["lists"]["users"] == 50
    assert 0 < found["lists"]["shared"] <= 1
    ndcg = found["metrics"]["ndcg@10"]
    assert ndcg["change"] == pytest.approx(ndcg["to"] - ndcg["from"])
    assert "50 users" in said(capsys, "versions", "diff", version.name, successor.name)
    same = json.loads(said(capsys, "versions", "--json", "diff", version.name, version.name))
    assert (same["lists"]["shared"], same["lists"]["unchanged"], same["parameters"]) == (1, 1, {})


def test_a_version_is_activated_and_rolled_back(
    version: ModelVersion, successor: ModelVersion, capsys: pytest.CaptureFixture[str]
) -> None:
    assert f"{version} is now active" in said(capsys, "activate", version.name)
    assert registry.active() == version
    assert f"{successor} is now active" in said(capsys, "activate", "--previous")
    assert registry.active() == successor


def test_an_unusable_version_is_not_activated(version: ModelVersion, successor: ModelVersion) -> None:
    artifacts.remove(version.name)
    for wanted, reason in ((version.name, "no artifacts"), ("nothing", "No version")):
        with pytest.raises(CommandError, match=reason):
            call_command("activate", wanted)
    with pytest.raises(CommandError, match="no artifacts"):
        call_command("versions", "diff", version.name, successor.name)
    assert registry.active() == successor
