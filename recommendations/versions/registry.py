"""Publish, activate, roll back and prune versions."""

import logging
from typing import Any

from django.db import transaction
from django.utils import timezone

from movies.models import User
from recommendations.models import Activation, ModelVersion, TrainingRun
from recommendations.versions import storage

logger = logging.getLogger(__name__)

KEPT_VERSIONS = 5


class VersionError(Exception):
    """A version cannot be activated."""


def active() -> ModelVersion | None:
    """Return the active version; None if there is none."""
    return ModelVersion.objects.filter(is_active=True).first()


def by_name(name: str) -> ModelVersion:
    """Return the version with this name, or with a name that starts so if there is only one.

    Raises
    ------
    VersionError
        If no version matches, or several do.
    """
    matches = list(ModelVersion.objects.filter(name__startswith=name)[:2])
    exact = [version for version in matches if version.name == name]
    if len(matches) != 1 and not exact:
        raise VersionError(f"{'Several versions start' if matches else 'No version starts'} with {name!r}.")
    return (exact or matches)[0]


def activate(version: ModelVersion, *, by: User | None = None) -> Activation:
    """Verify a version's files and make it the active one; every process follows within seconds.

    A version that the gate refused can be activated too; the activation is then recorded as forced.

    Raises
    ------
    VersionError
        If its files have been removed.
    ArtifactError
        If its files are not what was published.
    """
    if version.files_removed_at:
        raise VersionError(f"The files of {version} were removed on {version.files_removed_at:%Y-%m-%d}.")
    storage.ready(version.name, version.manifest_sha256)
    with transaction.atomic():
        _lock_versions()
        return _switch(version, by=by)


def publish(run: TrainingRun, parent: ModelVersion | None, **fields: Any) -> ModelVersion | None:
    """Record the version of a run, and activate it if it passed the gate or the run is forced.

    All or nothing. Returns None, and records nothing, if the run is no longer held or `parent`, which the version was
    compared with, is no longer the active one.
    """
    passed = all(test["passed"] for test in fields["gate"]) or run.parameters.get("force", False)
    status = TrainingRun.Status.SUCCEEDED if passed else TrainingRun.Status.REFUSED
    with transaction.atomic():
        _lock_versions()
        held = TrainingRun.objects.filter(pk=run.pk, status=TrainingRun.Status.RUNNING, worker=run.worker)
        if not held.update(status=status, finished_at=timezone.now()) or active() != parent:
            transaction.set_rollback(True)
            return None
        version = ModelVersion.objects.create(run=run, parent=parent, **fields)
        if passed:
            _switch(version, by=run.requested_by)
    return version


def predecessor() -> ModelVersion | None:
    """Return the version that was active before and still has its files."""
    earlier = Activation.objects.filter(version__is_active=False, version__files_removed_at=None)
    latest = earlier.select_related("version").first()
    return latest.version if latest else None


def roll_back(*, by: User | None = None) -> Activation:
    """Activate the version that was active before.

    Raises
    ------
    VersionError
        If there is none.
    ArtifactError
        If its files are not what was published.
    """
    earlier = predecessor()
    if earlier is None:
        raise VersionError("There is no earlier version to roll back to.")
    return activate(earlier, by=by)


def prune() -> list[ModelVersion]:
    """Remove the files of all but the newest versions, except those of the active one and its predecessor."""
    kept = {version.pk for version in (active(), predecessor()) if version}
    with_files = ModelVersion.objects.filter(files_removed_at=None)
    removed = [version for version in with_files[KEPT_VERSIONS:] if version.pk not in kept]
    for version in removed:
        version.files_removed_at = timezone.now()
        version.save(update_fields=["files_removed_at"])
        storage.discard(version.name)
    return removed


def _lock_versions() -> None:
    """Lock all rows until the transaction ends, so that activations happen one at a time."""
    list(ModelVersion.objects.select_for_update().order_by("pk").values_list("pk"))


def _switch(version: ModelVersion, *, by: User | None) -> Activation:
    now = timezone.now()
    ModelVersion.objects.filter(is_active=True).update(is_active=False)
    ModelVersion.objects.filter(pk=version.pk).update(is_active=True, activated_at=now)
    version.refresh_from_db()
    forced = not all(test["passed"] for test in version.gate)
    logger.info("Version %s is active%s.", version, ", although the gate refused it" if forced else "")
    return Activation.objects.create(version=version, activated_at=now, activated_by=by, forced=forced)
