"""Several hosts with a shared version store: a mounted folder, or a bucket on an S3 server."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import pytest
from django.db import OperationalError
from moto.server import ThreadedMotoServer
from pytest_django import Settings

from benchmarks.support import worlds
from benchmarks.support.processes import wait_until
from benchmarks.support.worlds import World
from recommendations.models import ModelVersion, TrainingRun
from recommendations.serving import active
from recommendations.serving.recommend import recommend
from recommendations.training import pipeline, runs
from recommendations.versions import artifacts, registry, storage

BUCKET = "versions"


@contextmanager
def bucket_server() -> Iterator[None]:
    """Run an S3 server with an empty bucket, and set its address in the environment."""
    given = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "us-east-1"}
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in given.items():
            patch.setenv(name, value)
        patch.setenv("AWS_ENDPOINT_URL_S3", f"http://{host}:{port}")
        boto3.client("s3", endpoint_url=f"http://{host}:{port}").create_bucket(Bucket=BUCKET)
        yield
    server.stop()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with bucket_server():
        yield f"s3://{BUCKET}"


@pytest.fixture(params=["folder", pytest.param("bucket", marks=pytest.mark.slow)])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "folder":
        return f"file://{tmp_path / 'store'}"
    # Each thread loads boto's description of S3, which takes longer than all the transfers.
    monkeypatch.setattr(storage, "PARALLEL_TRANSFERS", 1)
    return f"{request.getfixturevalue('s3')}/{os.getpid()}-{tmp_path.name}"


@pytest.fixture
def move_to(settings: Settings, tmp_path: Path) -> Callable[[str], Path]:
    """Move to another host: another artifact folder and no model in memory."""

    def move(host: str) -> Path:
        settings.RECOMMENDER_ARTIFACTS = tmp_path / host
        active.forget()
        return tmp_path / host

    return move


@pytest.fixture
def shared(version: ModelVersion, address: str, settings: Settings) -> ModelVersion:
    """A version that its training host has uploaded to the store."""
    settings.RECOMMENDER_STORE = address
    storage.put(version.name)
    return version


def a_run() -> TrainingRun:
    return runs.request(parameters={"config": worlds.QUICK, "force": True})


def test_all_hosts_serve_what_one_publishes(world: World, shared: ModelVersion, move_to: Callable[[str], Path]) -> None:
    expected = recommend(world.people[0])
    for host in ("web-1", "web-2"):
        folder = move_to(host)
        assert active.open_version(shared).name == shared.name
        assert recommend(world.people[0]) == expected
        assert [path.name for path in folder.glob("[!.]*")] == [shared.name]
        assert not list(folder.glob(".staging*"))


def test_a_request_does_not_wait_for_a_download(
    world: World, shared: ModelVersion, move_to: Callable[[str], Path]
) -> None:
    move_to("web")
    assert recommend(world.people[0]).version is None
    wait_until(lambda: recommend(world.people[0]).version == shared.name, 10)


def test_a_damaged_copy_is_downloaded_again(world: World, shared: ModelVersion, move_to: Callable[[str], Path]) -> None:
    folder = move_to("web")
    active.open_version(shared)
    items = folder / shared.name / "items.npy"
    items.unlink()
    items.write_bytes(b"something else")
    active.forget()
    assert recommend(world.people[0]).version == shared.name
    artifacts.verify(folder / shared.name, shared.manifest_sha256)


@pytest.mark.parametrize("file", ["items.npy", artifacts.MANIFEST])
def test_a_version_damaged_in_the_store_is_not_served(
    shared: ModelVersion, move_to: Callable[[str], Path], file: str
) -> None:
    store = storage.shared()
    assert store is not None
    store.delete(f"{shared.name}/{file}")
    folder = move_to("web")
    with pytest.raises(artifacts.ArtifactError):
        active.open_version(shared)
    assert not list(folder.glob("[!.]*"))


def test_a_host_with_a_copy_does_not_need_the_store(
    world: World, shared: ModelVersion, move_to: Callable[[str], Path], settings: Settings
) -> None:
    settings.RECOMMENDER_STORE = "s3://nowhere"
    active.forget()
    assert recommend(world.people[0]).version == shared.name


def test_pruned_versions_are_removed_from_the_store(
    shared: ModelVersion, move_to: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "KEPT_VERSIONS", 1)
    second, third = (pipeline.retrain(a_run()) for _ in range(2))
    assert storage.names() == {second.name, third.name}


def test_a_refused_publication_leaves_nothing_in_the_store(
    shared: ModelVersion, move_to: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "publish", lambda *_, **__: None)
    with pytest.raises(runs.RunLostError):
        pipeline.retrain(a_run())
    assert storage.names() == {shared.name}


@pytest.mark.parametrize("error", [artifacts.ArtifactError("full"), KeyboardInterrupt(), OperationalError("gone")])
@pytest.mark.parametrize("step", ["put", "publish"])
def test_a_failed_publication_leaves_no_files_here_or_in_the_store(
    shared: ModelVersion, monkeypatch: pytest.MonkeyPatch, step: str, error: BaseException
) -> None:
    upload = storage.put

    def fail(*arguments: object, **_: object) -> None:
        if step == "put":
            upload(str(arguments[0]))
        raise error

    monkeypatch.setattr(storage if step == "put" else registry, step, fail)
    with pytest.raises(type(error)):
        pipeline.retrain(a_run())
    store = storage.shared()
    assert store is not None
    assert set(store.listdir("")[0]) == {shared.name}
    assert [path.name for path in artifacts.root().iterdir() if path.is_dir()] == [shared.name]


def test_uploads_of_a_dead_host_are_removed_by_another(shared: ModelVersion, move_to: Callable[[str], Path]) -> None:
    dead = a_run()
    runs.claim(dead)
    assert dead.started_at is not None
    name = runs.version_name(dead, dead.started_at)
    shutil.copytree(artifacts.folder_of(shared.name), artifacts.folder_of(name))
    storage.put(name)
    TrainingRun.objects.filter(pk=dead.pk).update(worker="elsewhere:1", heartbeat_at="2001-01-01T00:00Z")
    move_to("web")
    assert storage.names() == {shared.name, name}
    runs.reap()
    assert storage.names() == {shared.name}
