"""Share versions between hosts, in a folder that all hosts mount or in a bucket.

A version is uploaded completely, manifest last, before it is activated. A host without it downloads it into a
staging folder, verifies it against the checksum in the database, and renames it. Each host maps its own copy.
"""

import fcntl
import logging
import shutil
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage

from recommendations.versions import artifacts
from recommendations.versions.artifacts import MANIFEST, ArtifactError, FormatError

logger = logging.getLogger(__name__)

PARALLEL_TRANSFERS = 4
_LOCK = ".fetching"


def shared() -> Storage | None:
    """Return the store that `RECOMMENDER_STORE` names; None if versions are not shared."""
    return _open(settings.RECOMMENDER_STORE) if settings.RECOMMENDER_STORE else None


@lru_cache(maxsize=4)
def _open(address: str) -> Storage:
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FileSystemStorage(parts.path, allow_overwrite=True)
    return bucket(parts.netloc, parts.path.strip("/"))


def bucket(name: str, prefix: str) -> Storage:
    """Return a store in an S3 bucket."""
    # Only sites with a bucket wait for these imports.
    from botocore.config import Config  # noqa: PLC0415
    from storages.backends.s3 import S3Storage  # noqa: PLC0415

    config = Config(
        connect_timeout=3, read_timeout=20, retries={"max_attempts": 3}, max_pool_connections=2 * PARALLEL_TRANSFERS
    )
    store: Storage = S3Storage(bucket_name=name, location=prefix, client_config=config)
    return store


def put(name: str) -> None:
    """Upload a complete version; the manifest comes last, so that its presence means that all files are there."""
    store = shared()
    if store is None:
        return
    folder = artifacts.folder_of(name)
    files = [path.name for path in folder.iterdir() if path.name != MANIFEST]
    for batch in (files, [MANIFEST]):
        _for_each(batch, lambda file: _upload(store, folder / file, f"{name}/{file}"))


def here(name: str) -> bool:
    """Return whether the version needs no download: this host has its files, or there is no store."""
    return shared() is None or artifacts.folder_of(name).is_dir()


def ready(name: str, manifest_sha256: str) -> tuple[Path, dict[str, Any]]:
    """Return the verified folder of a version on this host, and its manifest; download it if missing or damaged.

    Raises
    ------
    ArtifactError
        If neither this host nor the store has the files that were published.
    """
    folder = artifacts.folder_of(name)
    store = shared()
    try:
        return folder, artifacts.verify(folder, manifest_sha256)
    except FormatError:
        raise
    except ArtifactError as error:
        if store is None:
            raise
        logger.info("Downloading version %s: %s", name, error)
    with _host_lock():
        try:
            # Another process may have downloaded it meanwhile.
            return folder, artifacts.verify(folder, manifest_sha256)
        except ArtifactError:
            artifacts.remove(name)
            return folder, _fetch(store, name, manifest_sha256)


def discard(name: str) -> None:
    """Remove a version from this host, and from the store if it answers.

    The manifest goes first, so that no host starts to download an incomplete version.
    """
    artifacts.remove(name)
    store = shared()
    if store is None:
        return
    try:
        with _store_errors():
            _, files = store.listdir(name)
            for file in sorted(files, key=lambda file: file != MANIFEST):
                store.delete(f"{name}/{file}")
            if isinstance(store, FileSystemStorage):
                shutil.rmtree(store.path(name), ignore_errors=True)
    except ArtifactError as error:
        logger.warning("Version %s could not be removed from the store: %s", name, error)


def names() -> set[str]:
    """Return the names of all versions on this host, and in the store if it answers."""
    local = {path.name for path in artifacts.root().glob("*") if artifacts.is_valid_name(path.name)}
    store = shared()
    if store is None:
        return local
    try:
        with _store_errors():
            return local | {name for name in store.listdir("")[0] if artifacts.is_valid_name(name)}
    except ArtifactError as error:
        logger.warning("Listing only this host's versions: %s", error)
        return local


def _fetch(store: Storage, name: str, manifest_sha256: str) -> dict[str, Any]:
    with artifacts.staging(f"fetch-{name}") as folder:
        _download(store, f"{name}/{MANIFEST}", folder / MANIFEST)
        files = artifacts.manifest_of(folder, manifest_sha256)["files"]
        _for_each(files, lambda file: _download(store, f"{name}/{file}", folder / file))
        manifest = artifacts.verify(folder, manifest_sha256)
        artifacts.publish(folder, name)
    return manifest


@contextmanager
def _host_lock() -> Iterator[None]:
    """Let one process of this host download at a time."""
    artifacts.root().mkdir(parents=True, exist_ok=True)
    with (artifacts.root() / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _store_errors() -> Iterator[None]:
    """Turn any error of the store into an ArtifactError."""
    try:
        yield
    except _errors() as error:
        raise ArtifactError(f"The version store ({settings.RECOMMENDER_STORE}) failed: {error}") from error


def _errors() -> tuple[type[Exception], ...]:
    """Return what stores raise. An `except` clause evaluates it only after an error, so no start imports botocore."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    return OSError, BotoCoreError, ClientError


def _for_each(files: Iterable[str], action: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(PARALLEL_TRANSFERS) as pool:
        list(pool.map(action, files))


def _upload(store: Storage, path: Path, key: str) -> None:
    with _store_errors(), path.open("rb") as file:
        store.save(key, File(file))


def _download(store: Storage, key: str, path: Path) -> None:
    with _store_errors(), store.open(key) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
