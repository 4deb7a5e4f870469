"""Versions of the last two formats serve as they did; what becomes of a version in another format."""

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.support.worlds import World
from recommendations.models import ModelVersion, TrainingRun
from recommendations.serving import active
from recommendations.serving.recommend import recommend, recommend_for_ratings
from recommendations.serving.results import Recommendations
from recommendations.training import dispatch
from recommendations.versions import artifacts, registry, storage
from tests.support import version_fixture


def as_format_6(version: ModelVersion) -> None:
    """Give the files of a version the names that format 6 has for them."""
    folder = artifacts.folder_of(version.name)
    old_names = {present: old for old, present in artifacts.RENAMED_SINCE[6].items()}
    for path in sorted(folder.glob("*.npy")):
        prefix, dot, rest = path.stem.partition(".")
        name = old_names.get(path.stem) or f"{old_names.get(prefix, prefix)}{dot}{rest}"
        path.rename(folder / f"{name}.npy")
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    details = {key: value for key, value in manifest.items() if key != "files"}
    (folder / artifacts.MANIFEST).unlink()
    version.manifest_sha256 = artifacts.seal(folder, {**details, "format": 6})
    version.save()


def test_the_format_before_is_read(world: World, version: ModelVersion) -> None:
    before = recommend(world.people[0])
    as_format_6(version)
    names = {path.stem for path in artifacts.folder_of(version.name).glob("*.npy")}
    assert {"trial", "fold_in.rows", "fold_in.first_rows", "catalogue.years", "stars.mean"} <= names
    active.forget()
    after = recommend(world.people[0])
    assert after == before
    assert after.version == version.name
    assert all(entry.stars and np.isfinite(entry.stars) for entry in after.entries)


def in_format(version: ModelVersion, number: int) -> None:
    """Give a version's manifest another format number."""
    manifest = artifacts.folder_of(version.name) / artifacts.MANIFEST
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": number}))
    version.manifest_sha256 = artifacts.sha256_of(manifest)
    version.save(update_fields=["manifest_sha256"])


def test_an_older_format_is_refused_by_name(version: ModelVersion) -> None:
    in_format(version, 5)
    with pytest.raises(artifacts.ArtifactError, match="format 5; this release reads 6 and 7"):
        artifacts.verify(artifacts.folder_of(version.name), version.manifest_sha256)


def test_the_last_two_formats_are_read() -> None:
    assert set(artifacts.RENAMED_SINCE) == {artifacts.FORMAT - 1, artifacts.FORMAT}
    assert not artifacts.RENAMED_SINCE[artifacts.FORMAT]


def assert_same(recommendations: Recommendations, expected: list[list[Any]], version: str) -> None:
    assert recommendations.version == version
    served = version_fixture.plain(recommendations)
    assert [(movie, reasons) for movie, _, _, reasons in served] == [(line[0], line[3]) for line in expected]
    for column in (1, 2):
        assert [line[column] for line in served] == pytest.approx([line[column] for line in expected], rel=1e-5)


@pytest.mark.parametrize("number", artifacts.RENAMED_SINCE)
def test_a_version_that_a_release_made_serves_its_lists(world: World, number: int) -> None:
    """Format 6 is that of release 0.1.0."""
    with zipfile.ZipFile(version_fixture.path_of(number)) as archive:
        expected = json.loads(archive.read(version_fixture.EXPECTED))
        folder = artifacts.folder_of(expected["version"]["name"])
        folder.mkdir(parents=True)
        for name in set(archive.namelist()) - {version_fixture.EXPECTED}:
            (folder / name).write_bytes(archive.read(name))
    version = ModelVersion.objects.create(**expected["version"])
    registry.activate(version)
    assert artifacts.verify(folder, version.manifest_sha256)["format"] == number
    for n, lines in expected["lists"].items():
        assert_same(recommend(world.people[int(n)]), lines, version.name)
    ratings = {int(movie): stars for movie, stars in expected["ratings"].items()}
    assert_same(recommend_for_ratings(ratings), expected["list_for_ratings"], version.name)


def test_a_newer_format_is_refused_and_the_last_good_version_serves_on(world: World, version: ModelVersion) -> None:
    before = recommend(world.people[0])
    newer = ModelVersion.objects.get(pk=version.pk)
    newer.pk, newer.name, newer.run, newer.is_active = None, f"{version.name}-newer", None, False
    newer.save()
    folder = artifacts.folder_of(version.name)
    (folder.parent / newer.name).mkdir()
    for path in folder.iterdir():
        (folder.parent / newer.name / path.name).write_bytes(path.read_bytes())
    in_format(newer, 8)
    with pytest.raises(artifacts.FormatError, match="A newer release wrote it"):
        registry.activate(newer)
    ModelVersion.objects.filter(pk=version.pk).update(is_active=False)
    ModelVersion.objects.filter(pk=newer.pk).update(is_active=True)
    state = active._state
    state.checked_at = float("-inf")
    with state.lock:
        active._check(state, wait=True)
    assert recommend(world.people[0]) == before
    assert active.status().version == version.name
    assert "format 8; this release reads 6 and 7. A newer release wrote it" in active.status().error
    # The worker of the older release leaves it to the newer one.
    assert dispatch.retrain_outdated() is None
    assert not TrainingRun.objects.filter(status="queued").exists()


def test_an_unreadable_version_is_replaced_once(version: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []
    monkeypatch.setattr(dispatch, "_send", lambda run: sent.append(run.pk))
    assert dispatch.retrain_outdated() is None
    in_format(version, 5)
    run = dispatch.retrain_outdated()
    assert run
    assert dispatch.retrain_outdated() is None
    assert sent == [run.pk]
    assert run.status == TrainingRun.Status.QUEUED


def test_an_unreadable_format_is_not_downloaded_again(
    version: ModelVersion, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RECOMMENDER_STORE = f"file://{tmp_path / 'store'}"
    in_format(version, 5)
    monkeypatch.setattr(storage, "_fetch", lambda *_: pytest.fail("downloaded"))
    with pytest.raises(artifacts.FormatError):
        storage.ready(version.name, version.manifest_sha256)
    assert artifacts.folder_of(version.name).is_dir()
