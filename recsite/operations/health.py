"""Liveness and readiness probes."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.module_loading import import_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def livez(request: HttpRequest) -> HttpResponse:
    """Report that the process is alive; nothing else is checked."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Report whether to route visitors here: the database responds and its migrations are applied.

    A missing or outdated model is reported as `degraded` but does not make the process unready: popular movies are
    served instead.
    """
    try:
        missing = _missing_migrations()
    except DatabaseError:
        return _respond({"database": "does not answer"}, ready=False)
    if missing:
        return _respond({"database": "answers", "missing_migrations": missing}, ready=False)
    return _respond({"database": "answers", "missing_migrations": [], "model": _model()}, ready=True)


def _respond(details: dict[str, Any], *, ready: bool) -> JsonResponse:
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": ready, **details}, status=status)


def _missing_migrations() -> list[str]:
    if _migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        # Migrations stay applied for the lifetime of a process: a new release starts new processes.
        _migrated.add(True)
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


_migrated: set[bool] = set()


def _model() -> dict[str, Any]:
    status = import_string(settings.READINESS_MODEL_STATUS)()
    age = timezone.now() - datetime.fromisoformat(status.created_at) if status.created_at else None
    degraded = status.degraded or ("" if status.version else "There is no model version; popular movies are served.")
    # Anyone may ask: `status` summarises the error, which is only in the log and on the dashboard.
    public = {"version": status.version, "created_at": status.created_at, "degraded": degraded}
    return {**public, "age_seconds": round(age.total_seconds()) if age else None}
