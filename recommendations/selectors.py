"""Queries and JSON reports of runs, versions and users."""

from typing import Any

from movies.models import User
from recommendations.models import ModelVersion, TrainingRun


class UnknownUserError(LookupError):
    """No user has this name or id."""


def run_report(run: TrainingRun) -> dict[str, Any]:
    """Return how a run ended, with its version, ready for JSON."""
    version = ModelVersion.objects.filter(run=run).first()
    return {
        "run": run.pk,
        "status": run.status,
        "error": run.error,
        "seconds": run.timings,
        "peak_memory": run.peak_memory,
        "version": version_report(version) if version else None,
    }


def latest_runs(n: int) -> list[TrainingRun]:
    """Return the latest runs, newest first, with their requesters and versions."""
    return list(TrainingRun.objects.select_related("requested_by", "version")[:n])


def run_summary(run: TrainingRun) -> dict[str, Any]:
    """Return a run's summary, ready for JSON."""
    times = {name: getattr(run, name) for name in ("created_at", "started_at", "finished_at", "heartbeat_at")}
    version = getattr(run, "version", None)
    return {
        "run": run.pk,
        "status": run.status,
        "requested_by": run.requested_by.get_username() if run.requested_by else None,
        "parameters": run.parameters,
        "phase": run.phase,
        "progress": run.progress,
        "worker": run.worker,
        "error": run.error,
        "seconds": run.timings,
        "peak_memory": run.peak_memory,
        "version": version.name if version else None,
        **{name: at.isoformat(timespec="seconds") if at else None for name, at in times.items()},
    }


def version_report(version: ModelVersion) -> dict[str, Any]:
    """Return a version's sizes, parameters, metrics and gate, ready for JSON."""
    return {
        "name": version.name,
        "active": version.is_active,
        "created_at": version.created_at.isoformat(timespec="seconds"),
        "users": version.users,
        "movies": version.movies,
        "ratings": version.ratings,
        "dimension": version.dimension,
        "size": version.size,
        "parameters": version.parameters,
        "metrics": version.metrics,
        "gate": version.gate,
    }


def user_named(name: str) -> User:
    """Return the user with this username, id or MovieLens id (as in `movielens:42`).

    Raises
    ------
    UnknownUserError
        If there is none.
    """
    kind, _, number = name.rpartition(":")
    if kind == "movielens" and number.isdecimal():
        user = User.objects.filter(movielens_id=int(number)).first()
    else:
        user = User.objects.filter(username=name).first()
        if user is None and name.isdecimal():
            user = User.objects.filter(pk=int(name)).first()
    if user is None:
        raise UnknownUserError(f"There is no user {name!r}. Give a username, an id, or movielens:ID.")
    return user
