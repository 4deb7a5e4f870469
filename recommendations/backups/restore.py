"""Restore a backup into a database of this release, in one transaction, after all of it has been checked."""

import io
import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import DatabaseError, models
from django.utils import timezone
from numpy.typing import NDArray

from movies import bulk
from movies.bulk import refill
from recommendations.backups import container, rows
from recommendations.backups.container import ANOTHER, BackupError, Reader
from recommendations.backups.create import RATING, Progress
from recommendations.models import ModelVersion
from recommendations.versions import artifacts, storage

logger = logging.getLogger(__name__)

_ASIDE = f"{artifacts.STAGING}aside-"


def restore(path: Path, progress: Progress, *, force: bool = False) -> dict[str, Any]:
    """Replace all rows of the database by those of a backup, and add its versions; return its manifest's details.

    Raises
    ------
    BackupError
        If the backup is damaged or of another release, or the database has rows and `force` is not set. Database and
        versions are then as they were.
    """
    with container.opened(path) as reader:
        _check_release(reader)
        if not force:
            _check_empty()
        reader.verify(progress)
        store = bulk.store()
        with ExitStack() as undo:
            try:
                with store.loading():
                    _write_rows(reader, progress)
                    _write_versions(reader, undo, progress)
                    store.analyse()
            except (DatabaseError, psycopg2.Error) as error:
                raise BackupError(f"{reader.path} cannot be restored: {error} Nothing was changed.") from error
            undo.pop_all()
        for folder in artifacts.root().glob(f"{_ASIDE}*"):
            shutil.rmtree(folder, ignore_errors=True)
        _write_posters(reader, progress)
        try:
            # Sessions of the replaced members must not be found in the cache.
            cache.clear()
        except (DatabaseError, OSError) as error:
            logger.warning("The cache could not be emptied: %s. Empty it before the site starts.", error)
        return reader.details


def _check_release(reader: Reader) -> None:
    """Compare migrations, tables and columns with those of this release and database."""
    own, backed_up = rows.migrations(), reader.details.get("migrations")
    if not isinstance(backed_up, dict) or not isinstance(reader.details.get("tables"), dict):
        raise BackupError(f"{reader.path}: {container.MANIFEST} is not that of a backup. {ANOTHER}")
    ours, theirs = _pairs(own), _pairs(backed_up)
    if unknown := theirs - ours:
        raise BackupError(
            f"{reader.path} was made by another release: it has the migration {min(unknown)}, which this database "
            "lacks. Run `manage.py migrate`, or restore with the release that made it, and upgrade afterwards."
        )
    if more := ours - theirs:
        raise BackupError(
            f"{reader.path} was made by an older release: it lacks the migration {min(more)}. Restore it with that "
            "release into a database of its own, and upgrade afterwards."
        )
    columns = {model._meta.db_table: rows.columns_of(model) for model in rows.kept_models()}
    columns[rows.RATINGS] = list(RATING)
    for table in sorted({*columns, *reader.details["tables"]}):
        if reader.details["tables"].get(table, {}).get("columns") != columns.get(table):
            raise BackupError(
                f"{reader.path}: table {table} has other columns than in this release. Restore it with the release "
                "that made it, and upgrade afterwards."
            )
    expected = {f"tables/{table}.jsonl" for table in columns if table != rows.RATINGS}
    if expected != set(reader.starting("tables")):
        missing = min(expected ^ set(reader.starting("tables")))
        raise BackupError(f"{reader.path}: {missing} is missing, or of no table. {ANOTHER}")


def _pairs(migrations: dict[str, list[str]]) -> set[str]:
    return {f"{app}.{name}" for app, names in migrations.items() for name in names}


def _check_empty() -> None:
    used = (model for model in rows.kept_models() if model._meta.app_label not in rows.FILLED_BY_MIGRATIONS)
    for model in used:
        if model._base_manager.exists():
            raise BackupError(
                f"The database is not empty: {model._meta.db_table} has rows. Restore into a new one, or replace "
                "everything in this one with --force."
            )


def _write_rows(reader: Reader, progress: Progress) -> None:
    kept = rows.kept_models()
    refill.empty(rows.all_models())
    for model in kept:
        table = model._meta.db_table
        if table != rows.RATINGS:
            name = f"tables/{table}.jsonl"
            _fill(reader, name, table, refill.fill(model, _rows(reader, name, model)), progress)
    _fill(reader, "ratings", rows.RATINGS, refill.fill_ratings(_ratings(reader)), progress)
    refill.reset_sequences(kept)
    refill.check_references([model for model in kept if model._meta.db_table != rows.RATINGS])


def _fill(reader: Reader, name: str, table: str, written: Iterator[int], progress: Progress) -> None:
    expected, count = reader.details["tables"][table]["rows"], 0
    try:
        for size in written:
            count += size
            progress(table, size)
    except (ValueError, DatabaseError, psycopg2.Error) as error:
        raise BackupError(f"{reader.path}: {name} cannot be written to {table}: {error}. {ANOTHER}") from error
    if count != expected:
        raise BackupError(f"{reader.path}: {name} has {count} rows instead of {expected}. {ANOTHER}")


def _rows(reader: Reader, name: str, model: type[models.Model]) -> Iterable[list[Any]]:
    return rows.values(model, reader.lines(name))


def _ratings(reader: Reader) -> Iterator[NDArray[Any]]:
    layout = np.dtype(list(RATING.items()))
    for name in reader.starting("ratings"):
        array = np.load(io.BytesIO(reader.read(name)), allow_pickle=False)
        if array.dtype != layout or array.ndim != 1:
            raise ValueError(f"{name} is not an array of ratings")
        yield array


def _write_versions(reader: Reader, undo: ExitStack, progress: Progress) -> None:
    """Add the folders of the backed-up versions; rows of versions without files say so."""
    names = reader.details.get("versions", [])
    for version in ModelVersion.objects.filter(name__in=names):
        if _is_here(version):
            continue
        prefix = f"versions/{version.name}"
        with artifacts.staging(f"restore-{version.name}") as folder:
            for member in reader.starting(prefix):
                reader.copy(member, folder / member.removeprefix(f"{prefix}/"))
                progress("versions", reader.members[member]["length"])
            try:
                artifacts.verify(folder, version.manifest_sha256)
            except artifacts.ArtifactError as error:
                raise BackupError(f"{reader.path}: {prefix}: {error} {ANOTHER}") from error
            _set_aside(version.name, undo)
            artifacts.publish(folder, version.name)
        undo.callback(artifacts.remove, version.name)
        storage.put(version.name)
    without_files = ModelVersion.objects.filter(files_removed_at=None).exclude(name__in=names)
    for version in without_files:
        if not _is_here(version):
            version.files_removed_at = timezone.now()
            version.save(update_fields=["files_removed_at"])


def _set_aside(name: str, undo: ExitStack) -> None:
    """Move a folder of the same name away, such as a damaged copy, until the transaction has ended."""
    folder = artifacts.folder_of(name)
    if folder.exists():
        aside = artifacts.root() / f"{_ASIDE}{name}"
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
        undo.callback(aside.rename, folder)


def _is_here(version: ModelVersion) -> bool:
    try:
        storage.ready(version.name, version.manifest_sha256)
    except artifacts.ArtifactError:
        return False
    return True


def _write_posters(reader: Reader, progress: Progress) -> None:
    for member in reader.starting("posters"):
        name = member.removeprefix("posters/")
        if not storages["posters"].exists(name):
            storages["posters"].save(name, ContentFile(reader.read(member)))
        progress("posters", 1)
