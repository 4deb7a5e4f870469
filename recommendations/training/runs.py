"""The life cycle of a training run: requested, claimed, running, ended.

The row is the job. The process that sets it to running owns it, and the database allows only one running row. The
owner writes a heartbeat; a run whose heartbeat stops is ended by the next process that checks.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, IntegrityError, close_old_connections, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from movies.models import User
from recommendations.models import ModelVersion, TrainingRun
from recommendations.versions import artifacts, storage
from recsite.operations.machine import peak_memory

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 5.0
DEAD_AFTER = timedelta(seconds=60)
LOST_AFTER = timedelta(days=1)
LOG_LINES = 200
PROGRESS_SECONDS = 0.5
Listener = Callable[[str, float, str], None]
"""Called with the phase, its completed share (0 to 1) and a message."""
_Status = TrainingRun.Status


class RunInProgressError(Exception):
    """Another run holds the lock."""

    def __init__(self, holder: TrainingRun | None) -> None:
        self.holder = holder
        super().__init__(
            f"Another retraining is running: {describe(holder)}." if holder else "Another retraining is running."
        )


class RunCancelledError(Exception):
    """The run was cancelled."""


class RunLostError(Exception):
    """The process no longer owns its run, because another process took it for dead or ended it."""


def describe(run: TrainingRun) -> str:
    """Describe the holder of the lock in a phrase."""
    since = f"{run.started_at:%H:%M:%S}" if run.started_at else "?"
    return f"run {run.pk} on {run.worker or 'an unknown worker'}, since {since} UTC, {run.phase or 'starting'}"


def request(*, parameters: dict[str, Any], requested_by: User | None = None) -> TrainingRun:
    """Create a queued run."""
    return TrainingRun.objects.create(parameters=parameters, requested_by=requested_by)


def request_once(message: str, parameters: Mapping[str, Any]) -> TrainingRun:
    """Return the one run of a broker message, which may be delivered more than once."""
    earlier = TrainingRun.objects.filter(parameters__message=message).first()
    return earlier or request(parameters={**parameters, "message": message})


def running() -> TrainingRun | None:
    """Return the run that holds the lock."""
    return TrainingRun.objects.filter(status=_Status.RUNNING).first()


def claim(run: TrainingRun) -> None:
    """Make this process the owner of a queued run.

    Raises
    ------
    RunInProgressError
        If another run is running, or another process runs this one.
    RunCancelledError
        If the run ended before it started.
    """
    reap()
    now = timezone.now()
    fields = {"status": _Status.RUNNING, "started_at": now, "heartbeat_at": now, "worker": this_process()}
    try:
        with transaction.atomic():
            claimed = TrainingRun.objects.filter(pk=run.pk, status=_Status.QUEUED).update(**fields)
    except IntegrityError as error:
        busy = RunInProgressError(running())
        queued = TrainingRun.objects.filter(pk=run.pk, status=_Status.QUEUED)
        queued.update(status=_Status.CANCELLED, finished_at=now, error=str(busy))
        raise busy from error
    run.refresh_from_db()
    if not claimed and run.status == _Status.RUNNING:
        raise RunInProgressError(run)
    if not claimed:
        raise RunCancelledError(f"Run {run.pk} ended before it started: {run.get_status_display()}.")


def reap() -> list[TrainingRun]:
    """Fail the runs whose process has died, and remove their leftovers."""
    return [run for run in TrainingRun.objects.filter(status=_Status.RUNNING) if _is_dead(run) and _bury(run)]


def expire() -> int:
    """Fail the runs that have been queued for so long that their message must be lost; return how many."""
    lost = TrainingRun.objects.filter(status=_Status.QUEUED, created_at__lt=timezone.now() - LOST_AFTER)
    error = f"No worker started the run within {LOST_AFTER.days} day(s)."
    return lost.update(status=_Status.FAILED, finished_at=timezone.now(), error=error)


def cancel(run: TrainingRun) -> None:
    """Cancel a run: a queued one ends at once, a running one within seconds."""
    now = timezone.now()
    queued = TrainingRun.objects.filter(pk=run.pk, status=_Status.QUEUED)
    if not queued.update(status=_Status.CANCELLED, finished_at=now, cancel_requested=True):
        TrainingRun.objects.filter(pk=run.pk, status=_Status.RUNNING).update(cancel_requested=True)


def this_process() -> str:
    """Return host and process id, as `TrainingRun.worker` holds them."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Owner:
    """This process's ownership of a running run: heartbeat, phases, progress and log."""

    def __init__(self, run: TrainingRun, listener: Listener) -> None:
        self.run = run
        self.timings: dict[str, float] = {}
        self._listener = listener
        self._lines: list[str] = []
        self._written_at = 0.0
        self._stop: RunCancelledError | RunLostError | None = None
        self._ended = threading.Event()

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Record a phase of the run and time it."""
        self.run.phase = name
        self._written_at = 0.0
        self.progress(0.0, name)
        start = time.perf_counter()
        yield
        self.timings[name] = round(time.perf_counter() - start, 3)
        self._listener(name, 1.0, "")

    def progress(self, share: float, message: str = "") -> None:
        """Record that `share` of the phase is done; raise if the run was cancelled or is lost."""
        if message:
            self._lines = [*self._lines, f"{timezone.now():%H:%M:%S} {message}"][-LOG_LINES:]
        if time.monotonic() - self._written_at > PROGRESS_SECONDS:
            self._written_at = time.monotonic()
            self._write_row(phase=self.run.phase, progress=share, log="\n".join(self._lines))
        self._listener(self.run.phase, share, message)
        if self._stop:
            raise self._stop

    def end(self, status: TrainingRun.Status, error: str = "") -> bool:
        """Set the run's final status; return False if this process no longer owns it."""
        return bool(self._owned().update(status=status, error=error, finished_at=timezone.now(), **self._summary()))

    def summarise(self) -> None:
        """Complete the row of a run whose status `registry.publish` has set."""
        TrainingRun.objects.filter(pk=self.run.pk).update(progress=1, **self._summary())

    def _summary(self) -> dict[str, Any]:
        return {"timings": self.timings, "peak_memory": peak_memory(), "log": "\n".join(self._lines)}

    @contextmanager
    def heartbeat(self) -> Iterator[None]:
        """Write the heartbeat from its own thread, so that it continues during long phases."""
        thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._ended.set()
            thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_SECONDS):
            self._write_row()
        connection.close()

    def _write_row(self, **fields: Any) -> None:
        """Write heartbeat and fields. Without a database the run goes on; a later write shows whether it was lost."""
        try:
            if not self._owned().update(heartbeat_at=timezone.now(), **fields):
                self._stop = RunLostError(f"Run {self.run.pk} was ended by another process, which took it for dead.")
            elif self._owned().filter(cancel_requested=True).exists():
                self._stop = RunCancelledError(f"Run {self.run.pk} was cancelled.")
        except DatabaseError as error:
            logger.warning("Run %s could not write its progress: %s", self.run.pk, error)
            renew_connection()

    def _owned(self) -> QuerySet[TrainingRun]:
        return TrainingRun.objects.filter(pk=self.run.pk, status=_Status.RUNNING, worker=self.run.worker)


def renew_connection() -> None:
    """Close this thread's connection if it is dead or too old; the next query opens a new one."""
    if not connection.in_atomic_block:
        close_old_connections()


def version_name(run: TrainingRun, at: datetime) -> str:
    """Return the name of a run's version; later versions sort last."""
    return f"{at:%Y%m%d-%H%M%S}-{run.pk}"


def staging_owner(run: TrainingRun) -> str:
    return f"run-{run.pk}"


def _is_dead(run: TrainingRun) -> bool:
    """Return whether a run's heartbeat is too old, or its process on this host is gone."""
    if run.heartbeat_at is None or run.heartbeat_at < timezone.now() - DEAD_AFTER:
        return True
    host, _, process = run.worker.rpartition(":")
    if host != socket.gethostname():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _bury(run: TrainingRun) -> bool:
    """Fail a dead run and remove its leftovers; return False if it is not dead after all."""
    # The heartbeat in the filter makes the update fail if the run has written another since.
    dead = TrainingRun.objects.filter(pk=run.pk, status=_Status.RUNNING, heartbeat_at=run.heartbeat_at)
    error = f"Its process, {run.worker}, died during “{run.phase or 'start'}”; last heartbeat: {run.heartbeat_at}."
    if not dead.update(status=_Status.FAILED, error=error, finished_at=timezone.now()):
        return False
    logger.error("Run %s failed. %s", run.pk, error)
    artifacts.discard_staging(staging_owner(run))
    _discard_unpublished(run)
    return True


def _discard_unpublished(run: TrainingRun) -> None:
    """Remove the version's folder if the run died after renaming it and before creating its row."""
    if run.started_at is None:
        return
    earliest = version_name(run, run.started_at)
    for name in storage.names():
        if name.endswith(f"-{run.pk}") and name >= earliest and not ModelVersion.objects.filter(name=name).exists():
            storage.discard(name)
