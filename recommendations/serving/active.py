"""Serve the active version in this process and follow activations.

At most every `CHECK_SECONDS`, a request or the background thread asks the database which version is active. A new
version is verified, opened and smoke-tested in its own thread before one reference is swapped; a request keeps the
model that it started with. A version that cannot be opened is logged and retried later, while the last good one
keeps serving.
"""

import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from django.db import DatabaseError, close_old_connections
from django.utils import timezone

from recommendations.models import ModelVersion
from recommendations.serving import metrics
from recommendations.serving.model import ServingModel
from recommendations.serving.smoke_test import smoke_test
from recommendations.versions import registry, storage
from recsite.operations.machine import lower_thread_priority

logger = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
RETRY_SECONDS = 30.0
LOWEST_PRIORITY = 19
_NEVER = float("-inf")


@dataclass
class _State:
    model: ServingModel | None = None
    degraded: str = ""
    error: str = ""
    checked_at: float = _NEVER
    last_attempt: str = ""
    attempted_at: float = _NEVER
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Status:
    """What this process serves.

    If that is not the active version, `degraded` says so to anyone, and `error` holds the reason, which may name files.
    """

    version: str | None
    created_at: str | None
    degraded: str
    error: str = ""


_state = _State()


def current() -> ServingModel | None:
    """Return the model that answers this request; None if only popular movies can be served."""
    state = _state
    if state.model is None:
        with state.lock:
            _check(state, wait=True)
    elif state.lock.acquire(blocking=False):
        try:
            _check(state, wait=False)
        finally:
            state.lock.release()
    return state.model


def status() -> Status:
    """Report the served version for readiness checks and the dashboard."""
    model = current()
    return Status(
        version=model.name if model else None,
        created_at=model.manifest["created_at"] if model else None,
        degraded=_state.degraded,
        error=_state.error,
    )


def prepare() -> None:
    """Open the active version before forking, so that the workers share its memory, which is mostly compiled code.

    A version that is not on this host yet is left to the workers: a thread fetches it, and threads do not survive
    a fork.
    """
    with suppress(DatabaseError), _state.lock:
        version = registry.active()
        if version and storage.here(version.name):
            _load(_state, version)


def follow() -> None:
    """Serve the active version and keep checking in the background, so that an idle process follows too."""
    with _state.lock:
        _check(_state, wait=True)
    threading.Thread(target=_follow, name="follow", daemon=True).start()


def _follow() -> None:
    while True:
        try:
            current()
        except Exception:
            # The thread must survive any error; the next check may succeed.
            logger.exception("Cannot check for the active version")
        close_old_connections()
        time.sleep(CHECK_SECONDS)


def forget() -> None:
    """Drop the served model; the next request checks again."""
    global _state  # noqa: PLW0603 - one reference per process is the point
    _state = _State()


def open_version(version: ModelVersion) -> ServingModel:
    """Verify, open and smoke-test a version.

    Raises
    ------
    ArtifactError
        If its files are not what was published, or the model does not answer correctly.
    """
    # Verification reads every file, which takes long but rarely holds the interpreter lock, so it runs at the lowest
    # priority. Opening holds the lock: at low priority, requests would only wait longer for it.
    with ThreadPoolExecutor(1, "verify", lower_thread_priority, (LOWEST_PRIORITY,)) as pool:
        verified = pool.submit(storage.ready, version.name, version.manifest_sha256).result()
    model = ServingModel.open(*verified)
    smoke_test(model)
    return model


def _check(state: _State, *, wait: bool) -> None:
    now = time.monotonic()
    if now - state.checked_at < CHECK_SECONDS:
        return
    state.checked_at = now
    try:
        version = registry.active()
    except DatabaseError as error:
        logger.warning("Cannot read which version is active: %s", error)
        return
    if version is None:
        state.model, state.degraded, state.error = None, "", ""
    elif state.model and state.model.name == version.name:
        state.degraded = state.error = ""
    elif state.last_attempt != version.name or now - state.attempted_at > RETRY_SECONDS:
        state.last_attempt, state.attempted_at = version.name, now
        if wait and storage.here(version.name):
            _load(state, version)
        else:
            threading.Thread(target=_load, args=(state, version), name="reload", daemon=True).start()


def _load(state: _State, version: ModelVersion) -> None:
    started = time.perf_counter()
    try:
        state.model = open_version(version)
    except Exception as error:
        # A broken version must never break pages: the last good one keeps serving.
        logger.exception("Version %s cannot be served", version)
        metrics.reloads.labels("failed").inc()
        state.degraded = f"{version} cannot be opened ({timezone.now():%Y-%m-%d %H:%M} UTC)."
        state.error = str(error)
        return
    state.degraded = state.error = state.last_attempt = ""
    metrics.reloads.labels("opened").inc()
    logger.info("Serving version %s, opened in %.2f s.", version, time.perf_counter() - started)
