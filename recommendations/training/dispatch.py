"""Request a retraining from a worker; importing this does not import the training code."""

import logging
from dataclasses import dataclass
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from movies.models import User
from recommendations.models import ModelVersion, TrainingRun
from recommendations.training import runs
from recommendations.versions import artifacts, registry, storage

logger = logging.getLogger(__name__)


class BrokerUnavailableError(Exception):
    """The broker does not answer, so no worker can be notified."""


def trainers() -> list[TrainingRun.Trainer]:
    """Return the available trainers: Spark only if `SPARK_MASTER` is set; its workers then need pyspark and Java."""
    return [trainer for trainer in TrainingRun.Trainer if trainer != TrainingRun.Trainer.SPARK or settings.SPARK_MASTER]


def request_retraining(*, requested_by: User | None = None, parameters: dict[str, Any] | None = None) -> TrainingRun:
    """Queue a retraining for a worker, after any open transaction has committed.

    Raises
    ------
    BrokerUnavailableError
        If the broker does not answer within seconds; the run is then marked as failed.
    """
    run = runs.request(parameters=parameters or {}, requested_by=requested_by)
    transaction.on_commit(lambda: _send(run))
    return run


def retrain_outdated() -> TrainingRun | None:
    """Queue a retraining if this release cannot read the format of the active version; return its run.

    Each version is replaced in this way once, whatever becomes of the run, and never one of a newer release: its own
    workers serve it, while this worker is about to be replaced.
    """
    version = registry.active()
    if version is None:
        return None
    try:
        storage.ready(version.name, version.manifest_sha256)
    except artifacts.FormatError as error:
        if error.is_newer:
            logger.warning("%s", error)
            return None
        message = f"{version.name} in format {artifacts.FORMAT}"
        with transaction.atomic():
            # Several workers start at once: one creates the run.
            ModelVersion.objects.select_for_update().get(pk=version.pk)
            if TrainingRun.objects.filter(parameters__message=message).exists():
                return None
            run = runs.request_once(message, {})
        logger.warning("Run %s replaces the active version: %s", run.pk, error)
        _send(run)
        return run
    except artifacts.ArtifactError as error:
        logger.warning("The active version cannot be read: %s", error)
    return None


@dataclass(frozen=True)
class Health:
    """Whether the broker answers ("answers", or the error), and the names of the workers that do."""

    broker: str
    workers: list[str]


def health() -> Health:
    """Ping the broker and the workers, which takes a second."""
    try:
        with current_app.connection_for_read() as connection:
            connection.ensure_connection(max_retries=1, timeout=1)
        replies = current_app.control.ping(timeout=1.0)
    except (OperationalError, OSError) as error:
        return Health(f"does not answer: {error}", [])
    return Health("answers", sorted(name for reply in replies or () for name in reply))


def _send(run: TrainingRun) -> None:
    try:
        current_app.send_task("recommendations.tasks.retrain", args=[run.pk], retry=False)
    except (OperationalError, OSError) as error:
        run.status = TrainingRun.Status.FAILED
        run.error = f"The broker does not answer, so no worker can be notified: {error}"
        run.finished_at = timezone.now()
        run.save(update_fields=["status", "error", "finished_at"])
        raise BrokerUnavailableError(run.error) from error
