"""Asking a worker for a retraining, without knowing how to train."""

from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from movies.models import User
from recommendations.models import TrainingRun
from recommendations.training import runs


class BrokerUnavailableError(Exception):
    """No worker can be told."""


def trainers() -> list[TrainingRun.Trainer]:
    """Whom one can ask for; the worker must have what Spark needs where `SPARK_MASTER` says that it is used."""
    return [trainer for trainer in TrainingRun.Trainer if trainer != TrainingRun.Trainer.SPARK or settings.SPARK_MASTER]


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


@dataclass(frozen=True)
class Health:
    """Whether the broker answers, and which workers do."""

    broker: str
    workers: list[str]


def health() -> Health:
    """Ask the broker and the workers, which takes a second."""
    try:
        with current_app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=1)
        answers = current_app.control.ping(timeout=1.0)
    except (OperationalError, OSError) as error:
        return Health(f"does not answer: {error}", [])
    return Health("answers", sorted(name for answer in answers or () for name in answer))


def _send(run: TrainingRun) -> None:
    try:
        current_app.send_task("recommendations.tasks.retrain", args=[run.pk], retry=False)
    except (OperationalError, OSError) as error:
        run.status = TrainingRun.Status.FAILED
        run.error = f"The broker does not answer, so no worker can be told: {error}"
        run.finished_at = timezone.now()
        run.save(update_fields=["status", "error", "finished_at"])
        raise BrokerUnavailableError(run.error) from error
