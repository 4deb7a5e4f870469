"""The version that this process serves.

At most every `CHECK_SECONDS` a request, or a thread that does nothing else, asks the database which version is
active.  Another one is verified, opened whole and asked a question, in a thread of its own, before one reference is
swapped; a request keeps the model that it took.  What cannot be opened is logged and
tried again later; the last good version serves on.
"""

import logging
import os
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

logger = logging.getLogger(__name__)

CHECK_SECONDS = 2.0
RETRY_SECONDS = 30.0
LEAST_PRIORITY = 19
_NEVER = float("-inf")


@dataclass
class _State:
    model: ServingModel | None = None
    fault: str = ""
    checked_at: float = _NEVER
    tried: str = ""
    tried_at: float = _NEVER
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Status:
    """What this process serves.  `degraded` says what is wrong, if it is not the active version."""

    version: str | None
    created_at: str | None
    degraded: str


_state = _State()


def current() -> ServingModel | None:
    """The model to answer this request from; None while there is nothing to serve but popularity."""
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
    model = current()
    return Status(
        version=model.name if model else None,
        created_at=model.manifest["created_at"] if model else None,
        degraded=_state.fault,
    )


def prepare() -> None:
    """Open the active version in a process that others are forked from: they share what that takes of memory.

    The code compiled for it is most of that.  A version that is not here yet is left to them: it is fetched by a
    thread, and none outlives a fork.
    """
    with suppress(DatabaseError), _state.lock:
        version = registry.active()
        if version and storage.here(version.name):
            _load(_state, version)


def follow() -> None:
    """Serve what is active now, and from now on look in the background, so that a process nobody asks follows too."""
    with _state.lock:
        _check(_state, wait=True)
    threading.Thread(target=_follow, name="follow", daemon=True).start()


def _follow() -> None:
    while True:
        try:
            current()
        except Exception:
            # Whatever it was, the next look may find better.
            logger.exception("Cannot look for the active version")
        close_old_connections()
        time.sleep(CHECK_SECONDS)


def forget() -> None:
    """Serve nothing until the next request asks anew."""
    global _state  # noqa: PLW0603 - one reference per process is the point
    _state = _State()


def open_version(version: ModelVersion) -> ServingModel:
    """Verify, open and try a version.

    Raises
    ------
    ArtifactError
        When its files are not what was published, or give no answer.
    """
    # Reading every file takes long, and hardly ever the interpreter: requests shall have the processors first.  What
    # follows holds the interpreter, so that they would wait for it the longer, the less of a processor it had.
    with ThreadPoolExecutor(1, "verify", _come_last) as pool:
        verified = pool.submit(storage.ready, version.name, version.manifest_sha256).result()
    model = ServingModel.open(*verified)
    smoke_test(model)
    return model


def _come_last() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LEAST_PRIORITY)


def _check(state: _State, *, wait: bool) -> None:
    now = time.monotonic()
    if now - state.checked_at < CHECK_SECONDS:
        return
    state.checked_at = now
    try:
        version = registry.active()
    except DatabaseError as error:
        logger.warning("Cannot ask which version is active: %s", error)
        return
    if version is None:
        state.model, state.fault = None, ""
    elif state.model and state.model.name == version.name:
        state.fault = ""
    elif state.tried != version.name or now - state.tried_at > RETRY_SECONDS:
        state.tried, state.tried_at = version.name, now
        if wait and storage.here(version.name):
            _load(state, version)
        else:
            threading.Thread(target=_load, args=(state, version), name="reload", daemon=True).start()


def _load(state: _State, version: ModelVersion) -> None:
    started = time.perf_counter()
    try:
        state.model = open_version(version)
    except Exception as error:
        # Whatever is wrong with a version, visitors keep their pages.
        logger.exception("Version %s cannot be served", version)
        metrics.reloads.labels("failed").inc()
        state.fault = f"{version} cannot be opened ({timezone.now():%Y-%m-%d %H:%M} UTC): {error}"
        return
    state.fault = state.tried = ""
    metrics.reloads.labels("opened").inc()
    logger.info("Serving version %s after %.2f s.", version, time.perf_counter() - started)
