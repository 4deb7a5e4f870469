"""A process serves the active version within seconds, or the last good one if that is broken."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from benchmarks.support.worlds import World
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.model import ServingModel
from recommendations.serving.recommend import Source, recommend
from recommendations.versions import artifacts, registry

pytestmark = pytest.mark.database


@pytest.fixture(autouse=True)
def always_check(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check the database at every request."""
    monkeypatch.setattr(active, "CHECK_SECONDS", 0.0)


@pytest.fixture
def successor(version: ModelVersion, publish: Callable[..., ModelVersion]) -> ModelVersion:
    """Another version, which is not active yet."""
    newer = publish(seed=5)
    registry.activate(version)
    return newer


def serving_model() -> ServingModel:
    model = active.current()
    assert model is not None
    return model


def served_within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return False


def serves(version: ModelVersion) -> bool:
    model = active.current()
    return model is not None and model.name == version.name


def test_the_active_version_is_served_and_followed(version: ModelVersion, successor: ModelVersion) -> None:
    assert serves(version)
    registry.activate(successor)
    assert served_within(5, lambda: serves(successor))
    registry.roll_back()
    assert served_within(5, lambda: serves(version))
    assert active.status() == active.Status(version.name, serving_model().manifest["created_at"], "")


def test_a_forked_process_inherits_the_model_and_follows_activations(
    version: ModelVersion, successor: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "_follow", lambda: None)
    active.prepare()
    inherited = active._state.model
    assert inherited is not None
    assert inherited.name == version.name
    active.follow()
    assert active._state.model is inherited
    registry.activate(successor)
    active.follow()
    assert active._state.model.name == successor.name


def test_a_parent_process_does_not_download_a_version(version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommendations.versions.storage.here", lambda name: False)
    active.prepare()
    assert active._state.model is None


def test_a_request_keeps_its_model(version: ModelVersion, successor: ModelVersion) -> None:
    model = serving_model()
    registry.activate(successor)
    registry.prune()
    assert served_within(5, lambda: serves(successor))
    assert model.name == version.name
    assert len(model.similar_ids(int(model.embeddings.item_ids[0]), 3)) == 3


def remove(folder: Path) -> None:
    artifacts.remove(folder.name)


def flip(folder: Path) -> None:
    path = folder / "movies.ann"
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)


def cut(folder: Path) -> None:
    path = folder / "items.npy"
    path.write_bytes(path.read_bytes()[:1000])


def swap(folder: Path) -> None:
    (folder / "items.npy").write_bytes((folder / "directions.npy").read_bytes())


@pytest.mark.parametrize("damage", [remove, flip, cut, swap])
def test_the_last_good_version_keeps_serving(
    world: World, version: ModelVersion, successor: ModelVersion, damage: Callable[[Path], None]
) -> None:
    before = recommend(world.people[0])
    registry.activate(successor)
    damage(artifacts.folder_of(successor.name))
    assert served_within(5, lambda: bool(active.status().degraded))
    assert successor.name in active.status().degraded
    assert recommend(world.people[0]) == before


@pytest.mark.parametrize("damage", [remove, flip, cut, swap])
def test_without_a_good_version_popular_movies_are_served(
    world: World, version: ModelVersion, damage: Callable[[Path], None]
) -> None:
    damage(artifacts.folder_of(version.name))
    assert recommend(world.people[0]).source == Source.POPULAR
    assert version.name in active.status().degraded


def test_a_repaired_version_is_served_again(version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = artifacts.folder_of(version.name)
    aside = folder.rename(folder.with_name("aside"))
    assert active.current() is None
    monkeypatch.setattr(active, "RETRY_SECONDS", 0.0)
    aside.rename(folder)
    assert serves(version)
    assert not active.status().degraded


def test_a_damaged_version_is_not_activated(version: ModelVersion, successor: ModelVersion) -> None:
    flip(artifacts.folder_of(successor.name))
    with pytest.raises(artifacts.ArtifactError, match="damaged"):
        registry.activate(successor)
    assert registry.active() == version


def answer(user: int) -> tuple[str, tuple[int, ...]]:
    """The version that answers, and the ordinals that it ranks for a user's ordinal."""
    model = serving_model()
    return model.name, tuple(model.ranker.rank(model.embeddings.users[user], 5).ordinals.tolist())


def test_a_swap_under_load_never_breaks_a_list(
    version: ModelVersion, successor: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each list of busy threads comes from one version or the other, never from both or none."""
    activated = [successor]
    monkeypatch.setattr(registry, "active", lambda: activated[0])
    expected = {answer(user) for user in range(8)}
    activated[0] = version
    assert served_within(5, lambda: serves(version))
    expected |= {answer(user) for user in range(8)}
    done = threading.Event()

    def request() -> list[tuple[str, tuple[int, ...]]]:
        answers = []
        while not done.is_set():
            answers += [answer(user) for user in range(8)]
        return answers

    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(request) for _ in range(3)]
        for each in (successor, version, successor):
            activated[0] = each
            assert served_within(5, partial(serves, each))
        done.set()
    answers = [each for future in futures for each in future.result()]
    assert {name for name, _ in answers} == {version.name, successor.name}
    assert set(answers) <= expected
