"""Which arm of the running experiment somebody is in, and what that changes.

The arm follows from the experiment's and the person's ids alone, so it is the same in every process and on every
day.  Arms are not edited once an experiment has begun.
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
    """An experiment cannot begin or end."""


@dataclass(frozen=True)
class Treatment:
    """What somebody's arm changes: another version, if one is named, and how lists lean unless they are steered."""

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
    """Look anew at the next request."""
    global _state  # noqa: PLW0603 - one reference per process is the point
    _state = _State()


def treatment_of(user: User) -> Treatment | None:
    """What the running experiment, if there is one, changes for somebody.

    None as well while the arm's version is still being opened: what is not treated must not be counted so.
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
    """The arms of the running experiment; none while there is none."""
    return _running(_state)


def arm_of(user_id: int, arms: list[Arm]) -> Arm:
    """The arm, of one experiment's, that a person is in for good."""
    digest = hashlib.sha256(f"{arms[0].experiment_id}:{user_id}".encode()).digest()
    place = int.from_bytes(digest[:8], "big") % sum(arm.weight for arm in arms)
    for arm in arms:
        place -= arm.weight
        if place < 0:
            return arm
    raise AssertionError("the weights add up")


def start(experiment: Experiment) -> None:
    """Begin, if no other is running and there is something to compare."""
    experiment.refresh_from_db()
    if experiment.started_at is not None:
        raise ExperimentError(f"“{experiment}” has begun already.")
    if experiment.arms.count() < FEWEST_ARMS:
        raise ExperimentError(f"“{experiment}” needs two arms or more.")
    gone = experiment.arms.filter(version__files_removed_at__isnull=False).first()
    if gone is not None:
        raise ExperimentError(f"The files of {gone.version} have been removed.")
    with transaction.atomic():
        other = Experiment.objects.filter(started_at__isnull=False, ended_at=None).first()
        if other is not None:
            raise ExperimentError(f"“{other}” is running; end it first.")
        Experiment.objects.filter(pk=experiment.pk).update(started_at=timezone.now())


def end(experiment: Experiment) -> None:
    """Give everybody the same again."""
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
        served = {arm.version_id for arm in state.arms}
        state.models = {pk: model for pk, model in state.models.items() if pk in served}
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
        # Its people get what everybody gets, uncounted; the next process to start tries again.
        logger.exception("The version of arm %s cannot be served", arm)
