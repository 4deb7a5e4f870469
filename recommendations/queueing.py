"""Asking a worker for a retraining, without knowing how to train."""

from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from movies.models import User
from recommendations import runs
from recommendations.models import TrainingRun


class BrokerUnavailableError(Exception):
    """No worker can be told."""


def request_retraining(*, requested_by: User | None = None, parameters: dict[str, Any] | None = None) -> TrainingRun:
    """Ask a worker for a retraining, once the transaction that is open, if any, is committed.

    Raises
    ------
    BrokerUnavailableError
        When the broker does not answer; that is known within seconds, and the run is put down as failed.
    """
    run = runs.request(parameters=parameters or {}, requested_by=requested_by)
    transaction.on_commit(lambda: _send(run))
    return run


def _send(run: TrainingRun) -> None:
    try:
        current_app.send_task("recommendations.tasks.retrain", args=[run.pk], retry=False)
    except (OperationalError, OSError) as error:
        run.status = TrainingRun.Status.FAILED
        run.error = f"The broker does not answer, so no worker can be told: {error}"
        run.finished_at = timezone.now()
        run.save(update_fields=["status", "error", "finished_at"])
        raise BrokerUnavailableError(run.error) from error
