"""Training runs: one at a time, dead ones reaped, cancelled on request."""

import os
import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from recommendations import tasks
from recommendations.models import TrainingRun
from recommendations.training import pipeline, runs
from recommendations.versions import artifacts

pytestmark = [pytest.mark.database, pytest.mark.django_db]

GONE = 2**22 + 1
"""No process has this id: Linux assigns none above 2**22."""
Status = TrainingRun.Status


def silent(*_: object) -> None:
    """A listener that ignores progress."""


def a_running_run(**fields: object) -> TrainingRun:
    run = runs.request(parameters={})
    runs.claim(run)
    TrainingRun.objects.filter(pk=run.pk).update(**fields)
    run.refresh_from_db()
    return run


def test_one_run_holds_the_lock_and_the_other_names_it() -> None:
    holder = a_running_run(phase="trial")
    other = runs.request(parameters={})
    with pytest.raises(runs.RunInProgressError, match=rf"run {holder.pk} on {holder.worker}.*trial"):
        runs.claim(other)
    other.refresh_from_db()
    assert other.status == Status.CANCELLED
    assert f"run {holder.pk}" in other.error


def test_a_run_delivered_twice_runs_once() -> None:
    run = a_running_run()
    with pytest.raises(runs.RunInProgressError):
        runs.claim(TrainingRun.objects.get(pk=run.pk))
    run.refresh_from_db()
    assert run.status == Status.RUNNING
    assert runs.Owner(run, silent).end(Status.FAILED)
    with pytest.raises(runs.RunCancelledError, match="ended before it started"):
        runs.claim(TrainingRun.objects.get(pk=run.pk))


@pytest.mark.parametrize(
    "sign_of_death",
    [
        {"worker": f"{socket.gethostname()}:{GONE}"},
        {"worker": "elsewhere:1", "heartbeat_at": timezone.now() - timedelta(minutes=5)},
        {"heartbeat_at": timezone.now() - timedelta(minutes=5)},
    ],
    ids=["its process is gone", "silent elsewhere", "silent here"],
)
def test_a_dead_run_releases_the_lock(sign_of_death: dict[str, object]) -> None:
    dead = a_running_run(phase="train", **sign_of_death)
    leftovers = artifacts.root() / f"{artifacts.STAGING}{runs.staging_owner(dead)}"
    leftovers.mkdir(parents=True)
    runs.claim(runs.request(parameters={}))
    dead.refresh_from_db()
    assert dead.status == Status.FAILED
    assert "died during “train”" in dead.error
    assert not leftovers.exists()


@pytest.mark.parametrize("worker", [f"{socket.gethostname()}:{os.getpid()}", "elsewhere:1"], ids=["here", "elsewhere"])
def test_a_living_run_is_left_alone(worker: str) -> None:
    alive = a_running_run(worker=worker)
    assert runs.reap() == []
    alive.refresh_from_db()
    assert alive.status == Status.RUNNING


def test_a_run_taken_for_dead_stops() -> None:
    run = a_running_run()
    owner = runs.Owner(run, silent)
    TrainingRun.objects.filter(pk=run.pk).update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    runs.reap()
    with pytest.raises(runs.RunLostError), owner.phase("train"):
        pass
    assert not owner.end(Status.SUCCEEDED)


def test_a_cancelled_run_stops_at_its_next_step() -> None:
    run = a_running_run()
    owner = runs.Owner(run, silent)
    with owner.phase("read"):
        runs.cancel(run)
    with pytest.raises(runs.RunCancelledError), owner.phase("train"):
        pass


def test_a_queued_run_is_cancelled_at_once() -> None:
    run = runs.request(parameters={})
    runs.cancel(run)
    with pytest.raises(runs.RunCancelledError, match="Cancelled"):
        runs.claim(run)


def test_a_run_reports_its_progress() -> None:
    reports = []
    run = a_running_run()
    owner = runs.Owner(run, lambda *report: reports.append(report))
    with owner.phase("train"):
        owner.progress(0.5, "epoch 1 of 2")
    owner.end(Status.SUCCEEDED)
    run.refresh_from_db()
    assert reports == [("train", 0.0, "train"), ("train", 0.5, "epoch 1 of 2"), ("train", 1.0, "")]
    assert "epoch 1 of 2" in run.log
    assert set(run.timings) == {"train"}
    assert (run.peak_memory or 0) > 10_000_000


def test_a_message_delivered_twice_is_one_run() -> None:
    first = runs.request_once("nightly-1", {"trainer": "spark"})
    assert runs.request_once("nightly-1", {"trainer": "spark"}) == first
    assert first.parameters == {"trainer": "spark", "message": "nightly-1"}
    assert runs.request_once("nightly-2", {}) != first


def test_a_schedule_can_use_another_trainer(monkeypatch: pytest.MonkeyPatch) -> None:
    executed: list[TrainingRun] = []
    monkeypatch.setattr(pipeline, "retrain", executed.append)
    tasks.retrain.apply(kwargs={"parameters": {"trainer": "spark"}}, task_id="nightly")
    assert executed[0].parameters == {"trainer": "spark", "message": "nightly"}


def test_a_run_whose_message_was_lost_expires() -> None:
    lost, waiting = (runs.request(parameters={}) for _ in range(2))
    TrainingRun.objects.filter(pk=lost.pk).update(created_at=timezone.now() - timedelta(days=2))
    assert runs.expire() == 1
    lost.refresh_from_db()
    waiting.refresh_from_db()
    assert (lost.status, waiting.status) == (Status.FAILED, Status.QUEUED)
    assert "No worker started the run" in lost.error
