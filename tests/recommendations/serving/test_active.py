"""What a process serves: the active version within seconds, the last good one if that is broken."""

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
def no_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the database with every request."""
    monkeypatch.setattr(active, "CHECK_SECONDS", 0.0)


@pytest.fixture
def successor(version: ModelVersion, publish: Callable[..., ModelVersion]) -> ModelVersion:
    """Another version, which is not active yet."""
    made = publish(seed=5)
    registry.activate(version)
    return made


def serving_bundle() -> ServingModel:
    model = active.current()
    assert model is not None
    return model


def served_within(seconds: float, wanted: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if wanted():
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
    assert active.status() == active.Status(version.name, serving_bundle().manifest["created_at"], "")


def test_a_forked_process_has_what_its_parent_opened_and_serves_what_is_active_by_then(
    version: ModelVersion, successor: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active, "_follow", lambda: None)
    active.prepare()
    opened = active._state.model
    assert opened is not None
    assert opened.name == version.name
    active.follow()
    assert active._state.model is opened
    registry.activate(successor)
    active.follow()
    assert active._state.model.name == successor.name


def test_a_parent_opens_nothing_that_it_would_have_to_fetch(
    version: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recommendations.versions.storage.here", lambda name: False)
    active.prepare()
    assert active._state.model is None


def test_a_request_keeps_the_bundle_that_it_took(version: ModelVersion, successor: ModelVersion) -> None:
    taken = serving_bundle()
    registry.activate(successor)
    registry.prune()
    assert served_within(5, lambda: serves(successor))
    assert taken.name == version.name
    assert len(taken.similar_ids(int(taken.embeddings.item_ids[0]), 3)) == 3


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
def test_the_last_good_version_serves_on(
    world: World, version: ModelVersion, successor: ModelVersion, damage: Callable[[Path], None]
) -> None:
    before = recommend(world.people[0])
    registry.activate(successor)
    damage(artifacts.folder_of(successor.name))
    assert served_within(5, lambda: bool(active.status().degraded))
    assert successor.name in active.status().degraded
    assert recommend(world.people[0]) == before


@pytest.mark.parametrize("damage", [remove, flip, cut, swap])
def test_with_no_good_version_popularity_serves(
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


def test_what_is_damaged_is_not_activated(version: ModelVersion, successor: ModelVersion) -> None:
    flip(artifacts.folder_of(successor.name))
    with pytest.raises(artifacts.ArtifactError, match="damaged"):
        registry.activate(successor)
    assert registry.active() == version


def answer(place: int) -> tuple[str, tuple[int, ...]]:
    """Which version answers, and the movies it names for the person at a place."""
    model = serving_bundle()
    return model.name, tuple(model.ranker.rank(model.embeddings.users[place], 5).ordinals.tolist())


def test_a_swap_under_load_leaves_no_request_without_a_whole_answer(
    version: ModelVersion, successor: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lists of threads that ask all the time are of one version or the other, never of both or none."""
    wanted = [successor]
    monkeypatch.setattr(registry, "active", lambda: wanted[0])
    right = {answer(place) for place in range(8)}
    wanted[0] = version
    assert served_within(5, lambda: serves(version))
    right |= {answer(place) for place in range(8)}
    done = threading.Event()

    def ask() -> list[tuple[str, tuple[int, ...]]]:
        answers = []
        while not done.is_set():
            answers += [answer(place) for place in range(8)]
        return answers

    with ThreadPoolExecutor() as pool:
        asked = [pool.submit(ask) for _ in range(3)]
        for each in (successor, version, successor):
            wanted[0] = each
            assert served_within(5, partial(serves, each))
        done.set()
    answers = [found for future in asked for found in future.result()]
    assert {name for name, _ in answers} == {version.name, successor.name}
    assert set(answers) <= right
