"""File names in manifests, which a shared store may have altered."""

import hashlib
import json
from pathlib import Path

import pytest
from pytest_django import Settings

from recommendations.versions import artifacts, storage
from recommendations.versions.artifacts import ArtifactError

BAD = ["../evil.npy", "/evil.npy", "a/b.npy", "..", ".hidden", "a\\b.npy", "", "a\n.npy", "manifest.json", "ｅ.npy"]


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_leaves_the_folder_is_refused_before_anything_is_written(
    settings: Settings, tmp_path: Path, name: str
) -> None:
    settings.RECOMMENDER_STORE = f"file://{tmp_path / 'store'}"
    folder = tmp_path / "store" / "20260101-000000-1"
    folder.mkdir(parents=True)
    (tmp_path / "store" / "evil.npy").write_bytes(b"evil")
    entry = {"length": 4, "sha256": hashlib.sha256(b"evil").hexdigest()}
    manifest = json.dumps({"format": artifacts.FORMAT, "files": {name: entry}})
    (folder / "manifest.json").write_text(manifest)
    with pytest.raises(ArtifactError, match="invalid file name"):
        storage.ready(folder.name, hashlib.sha256(manifest.encode()).hexdigest())
    assert not list(artifacts.root().rglob("*.npy"))


def test_the_names_of_this_release_are_valid() -> None:
    for name in ("fold_in.long_history_rows.npy", "movies.ann", "item_vectors.npy"):
        artifacts._check_names("version", [name])


def test_folders_with_other_names_are_no_versions(settings: Settings, tmp_path: Path) -> None:
    settings.RECOMMENDER_STORE = f"file://{tmp_path / 'store'}"
    for name in ("20260101-000000-1", ".trash", "a b"):
        (tmp_path / "store" / name).mkdir(parents=True)
    assert storage.names() == {"20260101-000000-1"}
