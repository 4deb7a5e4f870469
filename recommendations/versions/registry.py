"""Which version serves: publish, activate, roll back, prune."""

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
    return ModelVersion.objects.filter(is_active=True).first()


def by_name(name: str) -> ModelVersion:
    """The version of this name, or of this beginning of a name if only one has it."""
    found = list(ModelVersion.objects.filter(name__startswith=name)[:2])
    exact = [version for version in found if version.name == name]
    if len(found) != 1 and not exact:
        raise VersionError(f"{'Several versions begin' if found else 'No version begins'} with {name!r}.")
    return (exact or found)[0]


def activate(version: ModelVersion, *, by: User | None = None) -> Activation:
    """Let a version serve, after its files have been verified; every process follows within seconds.

    A version that the gate refused may be activated too; that it was forced is recorded.

    Raises
    ------
    VersionError
        When its files have been removed.
    ArtifactError
        When its files are not what was published.
    """
    if version.files_removed_at:
        raise VersionError(f"The files of {version} were removed on {version.files_removed_at:%Y-%m-%d}.")
    storage.ready(version.name, version.manifest_sha256)
    with transaction.atomic():
        _one_at_a_time()
        return _switch(version, by=by)


def publish(run: TrainingRun, parent: ModelVersion | None, **fields: Any) -> ModelVersion | None:
    """Record the version that a run has made, and let it serve if the gate has passed it or was overruled.

    All or nothing, and only while the run is held and the version it was measured against still serves;
    else None.
    """
    passed = all(test["passed"] for test in fields["gate"]) or run.parameters.get("force", False)
    status = TrainingRun.Status.SUCCEEDED if passed else TrainingRun.Status.REFUSED
    with transaction.atomic():
        _one_at_a_time()
        held = TrainingRun.objects.filter(pk=run.pk, status=TrainingRun.Status.RUNNING, worker=run.worker)
        if not held.update(status=status, finished_at=timezone.now()) or active() != parent:
            transaction.set_rollback(True)
            return None
        version = ModelVersion.objects.create(run=run, parent=parent, **fields)
        if passed:
            _switch(version, by=run.requested_by)
    return version


def predecessor() -> ModelVersion | None:
    """The version that served before the active one and still has its files."""
    earlier = Activation.objects.filter(version__is_active=False, version__files_removed_at=None)
    last = earlier.select_related("version").first()
    return last.version if last else None


def roll_back(*, by: User | None = None) -> Activation:
    """Let the version serve again that served before the active one."""
    earlier = predecessor()
    if earlier is None:
        raise VersionError("There is no earlier version to go back to.")
    return activate(earlier, by=by)


def prune() -> list[ModelVersion]:
    """Remove the files of all but the newest versions; never those of the active one or its predecessor."""
    kept = {version.pk for version in (active(), predecessor()) if version}
    with_files = ModelVersion.objects.filter(files_removed_at=None)
    removed = [version for version in with_files[KEPT_VERSIONS:] if version.pk not in kept]
    for version in removed:
        version.files_removed_at = timezone.now()
        version.save(update_fields=["files_removed_at"])
        storage.discard(version.name)
    return removed


def _one_at_a_time() -> None:
    """Wait for whoever switches versions just now."""
    list(ModelVersion.objects.select_for_update().order_by("pk").values_list("pk"))


def _switch(version: ModelVersion, *, by: User | None) -> Activation:
    now = timezone.now()
    ModelVersion.objects.filter(is_active=True).update(is_active=False)
    ModelVersion.objects.filter(pk=version.pk).update(is_active=True, activated_at=now)
    version.refresh_from_db()
    forced = not all(test["passed"] for test in version.gate)
    logger.info("Version %s is active%s.", version, ", though the gate refused it" if forced else "")
    return Activation.objects.create(version=version, activated_at=now, activated_by=by, forced=forced)
