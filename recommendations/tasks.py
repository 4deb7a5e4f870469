"""Celery tasks: retrain, end dead runs, prune events and export lists."""

import logging
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery import Task, current_app, shared_task
from celery.signals import worker_ready
from kombu.exceptions import OperationalError

from recommendations.exports.recommendations import Export
from recommendations.feedback import recorder
from recommendations.models import TrainingRun
from recommendations.training import dispatch, pipeline, runs

logger = logging.getLogger(__name__)


TIME_LIMIT = 6 * 3600
CLEANUP_TIME = 300


@shared_task(bind=True, ignore_result=True, soft_time_limit=TIME_LIMIT, time_limit=TIME_LIMIT + CLEANUP_TIME)
def retrain(self: Task, run_id: int | None = None, parameters: dict[str, Any] | None = None) -> None:
    """Execute the run with this id, or, for a schedule, a new run with these parameters.

    A message that is delivered again while its run is running or after it has ended is ignored.
    """
    run = TrainingRun.objects.get(pk=run_id) if run_id else runs.request_once(str(self.request.id), parameters or {})
    try:
        pipeline.retrain(run)
    except (runs.RunInProgressError, runs.RunCancelledError) as reason:
        logger.info("Run %s: %s", run.pk, reason)


@worker_ready.connect
def check_active_version(**_: Any) -> None:
    """After an upgrade, replace a version that this release cannot read; a broken broker must not stop the worker."""
    with suppress(OperationalError, OSError):
        current_app.send_task("recommendations.tasks.retrain_outdated", retry=False)


@shared_task(ignore_result=True)
def retrain_outdated() -> None:
    """Request a retraining if this release cannot read the active version."""
    dispatch.retrain_outdated()


@shared_task(ignore_result=True)
def reap_runs() -> None:
    """Fail the runs whose process has died, and the runs whose message was lost."""
    runs.reap()
    runs.expire()


@shared_task(ignore_result=True)
def prune_events() -> None:
    """Delete impressions and clicks that are older than `EVENTS_KEPT_DAYS`."""
    logger.info("Deleted %s old events.", recorder.prune())


@shared_task(ignore_result=True)
def export_part(folder: str, part: int) -> None:
    """Write one part of the export in this folder, and merge the parts if it was the last."""
    export = Export.resume(Path(folder))
    if export:
        export.write_part(part)
        export.finish()
