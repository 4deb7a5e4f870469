"""Where the hosts of a site share versions, if they are several: a folder that all mount, or a bucket.

A version is put there whole, its manifest last, before it is activated.  A host that lacks it fetches it into a
staging folder, verifies it against the database's checksum, and gives it its name; what it maps is its own copy.
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

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, Storage
from storages.backends.s3 import S3Storage

from recommendations.versions import artifacts
from recommendations.versions.artifacts import MANIFEST, ArtifactError

logger = logging.getLogger(__name__)

PARALLEL_TRANSFERS = 4
PATIENCE = Config(
    connect_timeout=3, read_timeout=20, retries={"max_attempts": 3}, max_pool_connections=2 * PARALLEL_TRANSFERS
)
_LOCK = ".fetching"


def shared() -> Storage | None:
    """The store that `RECOMMENDER_STORE` names; None if this host keeps its versions to itself."""
    return _open(settings.RECOMMENDER_STORE) if settings.RECOMMENDER_STORE else None


@lru_cache(maxsize=4)
def _open(address: str) -> Storage:
    parts = urlsplit(address)
    if parts.scheme == "file":
        return FileSystemStorage(parts.path, allow_overwrite=True)
    return S3Storage(bucket_name=parts.netloc, location=parts.path.strip("/"), client_config=PATIENCE)


def put(name: str) -> None:
    """Share a version that lies complete on this host; the manifest comes last, so that it stands for the whole."""
    store = shared()
    if store is None:
        return
    folder = artifacts.folder_of(name)
    files = [path.name for path in folder.iterdir() if path.name != MANIFEST]
    for some in (files, [MANIFEST]):
        _each(some, lambda file: _upload(store, folder / file, f"{name}/{file}"))


def here(name: str) -> bool:
    """Whether this host has the version's files, or is not to expect them from anywhere."""
    return shared() is None or artifacts.folder_of(name).is_dir()


def ready(name: str, manifest_sha256: str) -> tuple[Path, dict[str, Any]]:
    """The verified folder of a version on this host, and its manifest; fetched if it is missing or damaged.

    Raises
    ------
    ArtifactError
        When neither this host nor the store has what was published.
    """
    folder = artifacts.folder_of(name)
    store = shared()
    try:
        return folder, artifacts.verify(folder, manifest_sha256)
    except ArtifactError as error:
        if store is None:
            raise
        logger.info("Fetching version %s: %s", name, error)
    with _alone():
        try:
            # Another process may have fetched it meanwhile.
            return folder, artifacts.verify(folder, manifest_sha256)
        except ArtifactError:
            artifacts.remove(name)
            return folder, _fetch(store, name, manifest_sha256)


def discard(name: str) -> None:
    """Remove a version from this host, and from the store if that answers.

    There its manifest goes first: nobody begins to fetch it.
    """
    artifacts.remove(name)
    store = shared()
    if store is None:
        return
    try:
        with _said():
            _, files = store.listdir(name)
            for file in sorted(files, key=lambda file: file != MANIFEST):
                store.delete(f"{name}/{file}")
            if isinstance(store, FileSystemStorage):
                shutil.rmtree(store.path(name), ignore_errors=True)
    except ArtifactError as error:
        logger.warning("Version %s could not be removed from the store: %s", name, error)


def names() -> set[str]:
    """The names of all versions on this host, and in the store if that answers."""
    local = {path.name for path in artifacts.root().glob("[!.]*")}
    store = shared()
    if store is None:
        return local
    try:
        with _said():
            return local | set(store.listdir("")[0])
    except ArtifactError as error:
        logger.warning("Only this host's versions are known: %s", error)
        return local


def _fetch(store: Storage, name: str, manifest_sha256: str) -> dict[str, Any]:
    with artifacts.staging(f"fetch-{name}") as folder:
        _download(store, f"{name}/{MANIFEST}", folder / MANIFEST)
        files = artifacts.manifest_of(folder, manifest_sha256)["files"]
        _each(files, lambda file: _download(store, f"{name}/{file}", folder / file))
        manifest = artifacts.verify(folder, manifest_sha256)
        artifacts.publish(folder, name)
    return manifest


@contextmanager
def _alone() -> Iterator[None]:
    """One process of this host at a time."""
    artifacts.root().mkdir(parents=True, exist_ok=True)
    with (artifacts.root() / _LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def _said() -> Iterator[None]:
    """Let whatever goes wrong with the store be the artifact's error."""
    try:
        yield
    except (OSError, BotoCoreError, ClientError) as error:
        raise ArtifactError(f"The store of versions ({settings.RECOMMENDER_STORE}): {error}") from error


def _each(files: Iterable[str], action: Callable[[str], None]) -> None:
    with ThreadPoolExecutor(PARALLEL_TRANSFERS) as pool:
        list(pool.map(action, files))


def _upload(store: Storage, path: Path, key: str) -> None:
    with _said(), path.open("rb") as file:
        store.save(key, File(file))


def _download(store: Storage, key: str, path: Path) -> None:
    with _said(), store.open(key) as source, path.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
