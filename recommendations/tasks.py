"""What a worker does."""

import logging
from pathlib import Path
from typing import Any

from celery import Task, shared_task

from recommendations.exports.recommendations import Export
from recommendations.feedback import recorder
from recommendations.models import TrainingRun
from recommendations.training import pipeline, runs

logger = logging.getLogger(__name__)


LONGEST_TRAINING = 6 * 3600
TIME_TO_CLEAR_UP = 300


@shared_task(
    bind=True, ignore_result=True, soft_time_limit=LONGEST_TRAINING, time_limit=LONGEST_TRAINING + TIME_TO_CLEAR_UP
)
def retrain(self: Task, run_id: int | None = None, parameters: dict[str, Any] | None = None) -> None:
    """Do the run with this id; without one, as from a schedule, make a new one with these parameters.

    A copy that is delivered again while its run is going, or after it has ended, leaves.
    """
    run = TrainingRun.objects.get(pk=run_id) if run_id else runs.request_once(str(self.request.id), parameters or {})
    try:
        pipeline.retrain(run)
    except (runs.RunInProgressError, runs.RunCancelledError) as reason:
        logger.info("Run %s: %s", run.pk, reason)


@shared_task(ignore_result=True)
def reap_runs() -> None:
    """End the runs whose process has died, and those that no worker has heard of."""
    runs.reap()
    runs.expire()


@shared_task(ignore_result=True)
def prune_events() -> None:
    """Forget what members were shown and chose long ago."""
    logger.info("%s old events are deleted.", recorder.prune())


@shared_task(ignore_result=True)
def export_part(folder: str, part: int) -> None:
    """Write one part of the export whose parts lie in this folder, and the whole if it was the last."""
    export = Export.begun(Path(folder))
    if export:
        export.write_part(part)
        export.finish()
