"""What is read of runs and versions."""

from typing import Any

from movies.models import User
from recommendations.models import ModelVersion, TrainingRun


class UnknownUserError(LookupError):
    """Nobody has this name or id."""


def run_report(run: TrainingRun) -> dict[str, Any]:
    """How a run ended and what it made, ready for JSON."""
    version = ModelVersion.objects.filter(run=run).first()
    return {
        "run": run.pk,
        "status": run.status,
        "error": run.error,
        "seconds": run.timings,
        "peak_memory": run.peak_memory,
        "version": version_report(version) if version else None,
    }


def version_report(version: ModelVersion) -> dict[str, Any]:
    """A version in numbers, ready for JSON."""
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
    """The user with this username, id, or (as in `movielens:42`) MovieLens id.

    Raises
    ------
    UnknownUserError
        When there is none.
    """
    kind, _, number = name.rpartition(":")
    if kind == "movielens" and number.isdecimal():
        found = User.objects.filter(movielens_id=int(number)).first()
    else:
        found = User.objects.filter(username=name).first()
        if found is None and name.isdecimal():
            found = User.objects.filter(pk=int(name)).first()
    if found is None:
        raise UnknownUserError(f"There is no user {name!r}. Give a username, an id, or movielens:ID.")
    return found
