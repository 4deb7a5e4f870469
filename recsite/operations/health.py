"""Whether this process lives, and whether it can do its work."""

from dataclasses import asdict
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
    """The process answers; nothing else is asked."""
    return HttpResponse("alive\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Whether to send visitors here: the database answers and has its tables.

    A model that is missing or old is told, as `degraded`, and is no reason to send nobody: popular movies serve.
    """
    try:
        missing = _missing_migrations()
    except DatabaseError:
        return _answer({"database": "does not answer"}, ready=False)
    if missing:
        return _answer({"database": "answers", "missing_migrations": missing}, ready=False)
    return _answer({"database": "answers", "missing_migrations": [], "model": _model()}, ready=True)


def _answer(findings: dict[str, Any], *, ready: bool) -> JsonResponse:
    status = HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE
    return JsonResponse({"ready": ready, **findings}, status=status)


def _missing_migrations() -> list[str]:
    if _migrated:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return []
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if not plan:
        # What is done stays done while this process lives: the next release has new processes.
        _migrated.add(True)
    return [f"{migration.app_label}.{migration.name}" for migration, _ in plan]


_migrated: set[bool] = set()


def _model() -> dict[str, Any]:
    status = import_string(settings.READINESS_MODEL_STATUS)()
    age = timezone.now() - datetime.fromisoformat(status.created_at) if status.created_at else None
    degraded = status.degraded or ("" if status.version else "There is no version: popular movies serve.")
    return {**asdict(status), "degraded": degraded, "age_seconds": round(age.total_seconds()) if age else None}
