"""A version of the format before serves as it did, without retraining."""

import json

import numpy as np
import pytest

from benchmarks.support.worlds import World
from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.serving.recommend import recommend
from recommendations.versions import artifacts


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


def test_an_older_format_is_refused_by_name(version: ModelVersion) -> None:
    folder = artifacts.folder_of(version.name)
    manifest = json.loads((folder / artifacts.MANIFEST).read_text())
    (folder / artifacts.MANIFEST).write_text(json.dumps({**manifest, "format": 5}))
    digest = artifacts.sha256_of(folder / artifacts.MANIFEST)
    with pytest.raises(artifacts.ArtifactError, match="format 5; this release reads 6 and 7"):
        artifacts.verify(folder, digest)
