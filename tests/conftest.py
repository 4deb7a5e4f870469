"""Fixtures of all tests: isolation between tests, a small trained world, sites in processes of their own."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from benchmarks.support import worlds
from benchmarks.support.processes import QUICK, Site, copy_of, own_database, ready
from benchmarks.support.worlds import World
from movies.models import Movie, MovieTag, Tag, User
from movies.search import current as search_indexes
from recommendations.feedback import assignment
from recommendations.feedback import recorder as feedback_recorder
from recommendations.models import ModelVersion, TrainingRun
from recommendations.serving import active, smoke_test
from recommendations.training import gate, pipeline, runs
from recommendations.versions import artifacts, registry

# The same examples in every run, and no example database; `--hypothesis-profile=default` searches for new ones.
hypothesis.settings.register_profile("same", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("same")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Link static files by their source paths: tests run without `collectstatic`."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_served_yet(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Give each test an artifacts folder of its own, and no version in the process's memory."""
    settings.RECOMMENDER_ARTIFACTS = tmp_path / "artifacts"
    active.forget()
    assignment.forget()
    yield
    active.forget()


@pytest.fixture(autouse=True)
def own_recorder(monkeypatch: pytest.MonkeyPatch) -> feedback_recorder.Recorder:
    """Write recorded feedback only when a test asks for it; a thread would write outside the test's transaction."""
    recorder = feedback_recorder.Recorder()
    monkeypatch.setattr(recorder, "start", lambda: None)
    monkeypatch.setattr(feedback_recorder, "recorder", recorder)
    return recorder


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """Postpone heartbeats: a test's transaction hides its run from the heartbeat thread, which would see it as lost."""
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 600.0)


@pytest.fixture(autouse=True)
def smoke_test_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the smoke test of a new version in this process: starting another takes longer than training."""

    def answers(folder: Path) -> gate.GateCheck:
        smoke_test.main(str(folder))
        return gate.GateCheck("smoke test", True, None, None, "it opened and gave true answers")

    monkeypatch.setattr(gate, "answers", answers)


@pytest.fixture(autouse=True)
def no_search_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Build search indexes only when a test does: a thread would not see the test's transaction."""
    monkeypatch.setattr(search_indexes, "start_refresh", lambda: None)
    search_indexes.forget()
    yield
    search_indexes.forget()


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_user("ada", email="ada@example.org", password="lovelace-1815")


@pytest.fixture
def member(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


@pytest.fixture
def world(db: None) -> World:
    return worlds.build()


@pytest.fixture(scope="session")
def trained() -> dict[str, ModelVersion]:
    """The versions trained so far in this session, by configuration."""
    return {}


@pytest.fixture
def publish(
    world: World, trained: dict[str, ModelVersion], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., ModelVersion]:
    """A function that publishes and activates a version of the world.

    Each configuration is trained once; every test gets a copy of its row and files.
    """
    originals = tmp_path_factory.getbasetemp() / "trained"
    originals.mkdir(exist_ok=True)

    def make(**config: object) -> ModelVersion:
        key = str(config)
        if key not in trained:
            trained[key] = _train(worlds.FIRST_ID + len(trained), config)
            shutil.move(artifacts.folder_of(trained[key].name), originals / trained[key].name)
        copy = ModelVersion.objects.create(**_fields(trained[key]))
        shutil.copytree(originals / copy.name, artifacts.folder_of(copy.name))
        registry.activate(copy)
        return copy

    return make


@pytest.fixture
def version(publish: Callable[..., ModelVersion]) -> ModelVersion:
    """The world's version, published and active."""
    return publish()


@pytest.fixture(scope="session")
def ready_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site for real processes that contains the world; tests copy it and never change it."""
    folder = tmp_path_factory.mktemp("ready")
    with own_database(folder) as url:
        yield ready(Site(folder, url))


@pytest.fixture(scope="session")
def trained_site(ready_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same site with an active version."""
    with copy_of(ready_site, tmp_path_factory.mktemp("trained")) as site:
        done = site.run("retrain", *QUICK)
        assert done.returncode == 0, done.stderr
        yield site


@pytest.fixture
def tagged(world: World, ada: User) -> list[Movie]:
    """Movies of both genres with the tag “Robots”, which the active version has learned."""
    tag, movies = Tag.objects.create(name="Robots"), world.space[-3:] + world.romance[-3:]
    MovieTag.objects.bulk_create(MovieTag(user=ada, movie=movie, tag=tag) for movie in movies)
    pipeline.retrain(runs.request(parameters={"config": worlds.QUICK, "force": True}))
    return movies


def _train(run: int, config: dict[str, object]) -> ModelVersion:
    """Train a version and roll its rows back, so that the test that trains it sees the same rows as later ones."""
    parameters = {"config": {**worlds.QUICK, **config}, "force": True}
    with transaction.atomic():
        version = pipeline.retrain(TrainingRun.objects.create(pk=run, parameters=parameters))
        transaction.set_rollback(True)
    return version


def _fields(version: ModelVersion) -> dict[str, object]:
    not_copied = {"id", "run", "parent", "is_active", "activated_at"}
    return {field.name: getattr(version, field.name) for field in version._meta.fields if field.name not in not_copied}
