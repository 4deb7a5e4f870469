"""Assign users to arms of the running experiment.

The arm depends only on the ids of experiment and user, so it is the same in every process and on every day. Arms
cannot be edited once an experiment has started.
"""

import hashlib
import logging
import threading
import time
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from movies.models import User
from recommendations.models import Arm, Experiment
from recommendations.serving import active
from recommendations.serving.filters import Steering
from recommendations.serving.model import ServingModel
from recommendations.versions.artifacts import ArtifactError

logger = logging.getLogger(__name__)

CHECK_SECONDS = 5.0
FEWEST_ARMS = 2


class ExperimentError(Exception):
    """An experiment cannot start or end."""


@dataclass(frozen=True)
class Treatment:
    """What an arm changes: the model, if the arm names a version, and the steering of lists that users do not steer."""

    arm: Arm
    model: ServingModel | None
    steering: Steering


@dataclass
class _State:
    arms: list[Arm] = field(default_factory=list)
    checked_at: float = float("-inf")
    models: dict[int, ServingModel] = field(default_factory=dict)
    opening: set[int] = field(default_factory=set)


_state = _State()


def forget() -> None:
    """Read the running experiment again at the next request."""
    global _state  # noqa: PLW0603 - one reference per process is the point
    _state = _State()


def treatment_of(user: User) -> Treatment | None:
    """Return what the running experiment changes for a user; None if no experiment runs.

    Also None while the arm's version is being opened, because an untreated user must not count as treated.
    """
    state = _state
    arms = _running(state)
    if not arms:
        return None
    arm = arm_of(user.pk, arms)
    if arm.version_id is None:
        return Treatment(arm, None, Steering(**arm.settings))
    model = state.models.get(arm.version_id)
    if model is None:
        _open(state, arm)
        return None
    return Treatment(arm, model, Steering(**arm.settings))


def running() -> list[Arm]:
    """Return the arms of the running experiment; empty if none runs."""
    return _running(_state)


def arm_of(user_id: int, arms: list[Arm]) -> Arm:
    """Return the arm of an experiment that a user is permanently in, drawn by weight."""
    digest = hashlib.sha256(f"{arms[0].experiment_id}:{user_id}".encode()).digest()
    bucket = int.from_bytes(digest[:8], "big") % sum(arm.weight for arm in arms)
    for arm in arms:
        bucket -= arm.weight
        if bucket < 0:
            return arm
    raise AssertionError("a bucket is less than the sum of the weights")


def start(experiment: Experiment) -> None:
    """Start an experiment with two or more arms, if no other is running."""
    experiment.refresh_from_db()
    if experiment.started_at is not None:
        raise ExperimentError(f"“{experiment}” has already started.")
    if experiment.arms.count() < FEWEST_ARMS:
        raise ExperimentError(f"“{experiment}” needs at least two arms.")
    unavailable = experiment.arms.filter(version__files_removed_at__isnull=False).first()
    if unavailable is not None:
        raise ExperimentError(f"The files of {unavailable.version} have been removed; choose another version.")
    with transaction.atomic():
        other = Experiment.objects.filter(started_at__isnull=False, ended_at=None).first()
        if other is not None:
            raise ExperimentError(f"“{other}” is running; end it first.")
        Experiment.objects.filter(pk=experiment.pk).update(started_at=timezone.now())


def end(experiment: Experiment) -> None:
    """End an experiment; all users get the same lists again."""
    if not Experiment.objects.filter(pk=experiment.pk, started_at__isnull=False, ended_at=None).update(
        ended_at=timezone.now()
    ):
        raise ExperimentError(f"“{experiment}” is not running.")


def _running(state: _State) -> list[Arm]:
    now = time.monotonic()
    if now - state.checked_at > CHECK_SECONDS:
        state.checked_at = now
        running = Arm.objects.filter(experiment__started_at__isnull=False, experiment__ended_at=None)
        state.arms = list(running.select_related("version").order_by("pk"))
        needed = {arm.version_id for arm in state.arms}
        state.models = {pk: model for pk, model in state.models.items() if pk in needed}
    return state.arms


def _open(state: _State, arm: Arm) -> None:
    if arm.version_id is not None and arm.version_id not in state.opening:
        state.opening.add(arm.version_id)
        threading.Thread(target=_load, args=(state, arm), name="experiment", daemon=True).start()


def _load(state: _State, arm: Arm) -> None:
    if arm.version is None or arm.version_id is None:
        return
    try:
        state.models[arm.version_id] = active.open_version(arm.version)
    except (ArtifactError, OSError):
        # Users of the arm get the active version, uncounted; the next process to start tries again.
        logger.exception("The version of arm %s cannot be served", arm)
