"""Back up: write one snapshot of the database, and the files of the versions that serve, into one file."""

import io
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone
from numpy.typing import NDArray

from movies.columns import backends
from movies.models import Movie
from recommendations.backups import container, rows
from recommendations.backups.container import BackupError, Writer
from recommendations.models import ModelVersion
from recommendations.versions import artifacts, storage
from recsite.database.snapshot import snapshot

RATING = {"id": "<i8", "user_id": "<i4", "movie_id": "<i4", "half_stars": "i1", "rated_at": "<i8"}
"""The columns of a rating in a member, which is a structured array."""
RATINGS_PER_MEMBER = 500_000
Progress = Callable[[str, int], None]
"""Called with what was written, and how many rows or bytes more."""


def back_up(path: Path, progress: Progress, *, posters: bool = False) -> dict[str, Any]:
    """Write the backup and return its manifest's details.

    Raises
    ------
    BackupError
        If the file cannot be written, or the files of a version that serves are missing or damaged.
    """
    with container.written(path) as writer, snapshot():
        tables = {}
        for model in rows.kept_models():
            table = model._meta.db_table
            if table == rows.RATINGS:
                tables[table] = {"columns": list(RATING), "rows": _write_ratings(writer, progress)}
            else:
                count = _write_lines(writer, table, rows.lines(model), progress)
                tables[table] = {"columns": rows.columns_of(model), "rows": count}
        details = {
            "created_at": timezone.now().isoformat(timespec="seconds"),
            "database": connection.vendor,
            "migrations": rows.migrations(),
            "tables": tables,
            "versions": [_write_version(writer, version, progress) for version in _serving_versions()],
            "posters": _write_posters(writer, progress) if posters else 0,
        }
        writer.close(details)
    return details


def _write_lines(writer: Writer, table: str, lines: Iterable[str], progress: Progress) -> int:
    count = 0
    with writer.member(f"tables/{table}.jsonl") as file:
        for line in lines:
            file.write(line.encode() + b"\n")
            count += 1
            if count % rows.ROWS_AT_A_TIME == 0:
                progress(table, rows.ROWS_AT_A_TIME)
    progress(table, count % rows.ROWS_AT_A_TIME)
    return count


def _write_ratings(writer: Writer, progress: Progress) -> int:
    layout = np.dtype(list(RATING.items()))
    pending: list[NDArray[Any]] = []
    written = members = 0

    def flush() -> None:
        nonlocal written, members
        array = np.concatenate(pending) if pending else np.empty(0, layout)
        pending.clear()
        content = io.BytesIO()
        np.save(content, array, allow_pickle=False)
        with writer.member(f"ratings/{members:06}.npy") as file:
            file.write(content.getvalue())
        members += 1
        written += len(array)
        progress(rows.RATINGS, len(array))

    def take(columns: backends.Arrays) -> None:
        array = np.empty(len(columns[0]), layout)
        for name, column in zip(RATING, columns, strict=True):
            array[name] = column
        pending.append(array)
        if sum(len(part) for part in pending) >= RATINGS_PER_MEMBER:
            flush()

    backends.stream(rows.RATINGS, {name: layout[name] for name in RATING}, take)
    if pending or not members:
        flush()
    return written


def _serving_versions() -> list[ModelVersion]:
    """Return the active version, and those of the arms of a running experiment."""
    running = ModelVersion.objects.filter(arms__experiment__started_at__isnull=False, arms__experiment__ended_at=None)
    active = ModelVersion.objects.filter(is_active=True)
    return list(ModelVersion.objects.filter(pk__in={version.pk for version in (*active, *running)}).order_by("pk"))


def _write_version(writer: Writer, version: ModelVersion, progress: Progress) -> str:
    try:
        folder, _ = storage.ready(version.name, version.manifest_sha256)
    except artifacts.ArtifactError as error:
        remedy = "Retrain, or activate another version, and back up again."
        raise BackupError(f"Version {version} serves, but its files cannot be backed up: {error} {remedy}") from error
    for path in sorted(folder.iterdir()):
        with writer.member(f"versions/{version.name}/{path.name}") as target, path.open("rb") as source:
            while chunk := source.read(container.CHUNK):
                target.write(chunk)
                progress("versions", len(chunk))
    return version.name


def _write_posters(writer: Writer, progress: Progress) -> int:
    count = 0
    names = Movie.objects.filter(poster__isnull=False).order_by("poster").values_list("poster", flat=True).distinct()
    for name in names.iterator():
        if not name or not storages["posters"].exists(name):
            continue
        with storages["posters"].open(name) as source, writer.member(f"posters/{name}") as target:
            while chunk := source.read(container.CHUNK):
                target.write(chunk)
        count += 1
        progress("posters", 1)
    return count
