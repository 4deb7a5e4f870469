"""What every test may rely on."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.test import Client
from pytest_django import Settings

from movies.models import Movie, MovieTag, Tag, User
from recommendations import artifacts, experiments, feedback, runs, serving, training, versions
from recommendations.models import ModelVersion
from tests import worlds
from tests.worlds import World

# The same examples in every run, nothing kept between them; `--hypothesis-profile=default` looks for new ones.
hypothesis.settings.register_profile("same", derandomize=True, database=None, deadline=None)
hypothesis.settings.load_profile("same")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Settings) -> None:
    """Addresses of static files as they lie in the tree: nothing has been collected for a test."""
    backend = "django.contrib.staticfiles.storage.StaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": backend}}


@pytest.fixture(autouse=True)
def cheap_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def nothing_served_yet(settings: Settings, tmp_path: Path) -> Iterator[None]:
    """Each test has artifacts of its own, and no version in this process's memory."""
    settings.RECOMMENDER_ARTIFACTS = tmp_path / "artifacts"
    serving.forget()
    experiments.forget()
    yield
    serving.forget()


@pytest.fixture(autouse=True)
def own_recorder(monkeypatch: pytest.MonkeyPatch) -> feedback.Recorder:
    """What a test records is written when it says so; a thread would write outside its transaction."""
    recorder = feedback.Recorder()
    monkeypatch.setattr(recorder, "start", lambda: None)
    monkeypatch.setattr(feedback, "recorder", recorder)
    return recorder


@pytest.fixture(autouse=True)
def no_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's transaction hides a run from the thread of its heartbeat, which would take it for lost."""
    monkeypatch.setattr(runs, "HEARTBEAT_SECONDS", 600.0)


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
    """Empty until the first test has trained the world's version."""
    return {}


@pytest.fixture
def version(world: World, trained: dict[str, ModelVersion], tmp_path_factory: pytest.TempPathFactory) -> ModelVersion:
    """The world's version, published and active.  It is trained once; other tests get a copy of its files."""
    kept = tmp_path_factory.getbasetemp() / "trained"
    if not trained:
        made = training.retrain(runs.request(parameters={"config": worlds.QUICK}))
        shutil.copytree(artifacts.folder_of(made.name), kept / made.name)
        trained["version"] = made
        return made
    copy = ModelVersion.objects.get_or_create(name=trained["version"].name, defaults=_fields(trained["version"]))[0]
    shutil.copytree(kept / copy.name, artifacts.folder_of(copy.name))
    versions.activate(copy)
    return copy


@pytest.fixture
def tagged(world: World, ada: User) -> list[Movie]:
    """Movies of both kinds that are tagged “Robots”, which the version that serves knows."""
    tag, movies = Tag.objects.create(name="Robots"), world.space[-3:] + world.romance[-3:]
    MovieTag.objects.bulk_create(MovieTag(user=ada, movie=movie, tag=tag) for movie in movies)
    training.retrain(runs.request(parameters={"config": worlds.QUICK, "force": True}))
    return movies


def _fields(version: ModelVersion) -> dict[str, object]:
    left = {"id", "run", "parent", "is_active", "activated_at", "name"}
    return {field.name: getattr(version, field.name) for field in version._meta.fields if field.name not in left}
