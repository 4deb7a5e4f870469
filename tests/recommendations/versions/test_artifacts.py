"""Artifacts on disk are complete and unchanged, or refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from recommendations.versions import artifacts
from recommendations.versions.artifacts import ArtifactError


@pytest.fixture
def sealed() -> tuple[Path, str]:
    """A published folder and the checksum of its manifest."""
    with artifacts.staging("test") as folder:
        artifacts.write_arrays(folder, {"items": np.arange(1000, dtype=np.float32), "none": np.empty((0, 4), np.int64)})
        (folder / "movies.ann").write_bytes(bytes(range(256)) * 8)
        digest = artifacts.seal(folder, {"metrics": {"ndcg@10": 0.5}})
        artifacts.publish(folder, "v1")
    return artifacts.folder_of("v1"), digest


def test_written_artifacts_can_be_read(sealed: tuple[Path, str]) -> None:
    manifest = artifacts.verify(*sealed)
    assert manifest["metrics"] == {"ndcg@10": 0.5}
    assert manifest["files"]["items.npy"]["shape"] == [1000]
    arrays = artifacts.open_arrays(sealed[0])
    np.testing.assert_array_equal(arrays["items"], np.arange(1000))
    assert isinstance(arrays["items"], np.memmap)
    assert not arrays["items"].flags.writeable
    assert arrays["none"].shape == (0, 4)


def fail_half_way() -> None:
    with artifacts.staging("broken") as folder:
        (folder / "half").write_text("half")
        raise RuntimeError


def test_a_staging_folder_is_always_removed(sealed: tuple[Path, str]) -> None:
    with pytest.raises(RuntimeError):
        fail_half_way()
    assert [path.name for path in artifacts.root().iterdir()] == ["v1"]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-64])


@pytest.mark.parametrize("damage", [flip, cut, Path.unlink])
@pytest.mark.parametrize("name", ["items.npy", "movies.ann", "manifest.json"])
def test_damage_is_detected(sealed: tuple[Path, str], name: str, damage: Callable[[Path], None]) -> None:
    damage(sealed[0] / name)
    with pytest.raises(ArtifactError, match=f"{name}|no artifacts of version"):
        artifacts.verify(*sealed)


def test_an_added_file_is_detected(sealed: tuple[Path, str]) -> None:
    (sealed[0] / "more.npy").write_bytes(b"")
    with pytest.raises(ArtifactError, match=r"more\.npy"):
        artifacts.verify(*sealed)


def test_another_versions_manifest_is_detected(sealed: tuple[Path, str]) -> None:
    with pytest.raises(ArtifactError, match="not the one that was published"):
        artifacts.verify(sealed[0], "0" * 64)


def test_a_version_is_never_overwritten(sealed: tuple[Path, str]) -> None:
    with artifacts.staging("again") as folder, pytest.raises(ArtifactError, match="already"):
        artifacts.publish(folder, "v1")
    artifacts.verify(*sealed)


@pytest.mark.parametrize("name", ["..", "../v1", "", "a/b", ".staging-run-1", "x" * 61])
def test_names_stay_inside_the_folder(name: str) -> None:
    with pytest.raises(ArtifactError, match="not a valid version name"):
        artifacts.folder_of(name)


def test_pickles_are_neither_written_nor_read(tmp_path: Path) -> None:
    harmful = np.array([{"a": 1}], dtype=object)
    with pytest.raises(ValueError, match="pickle"):
        artifacts.write_arrays(tmp_path, {"harmful": harmful})
    np.save(tmp_path / "harmful.npy", harmful, allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        artifacts.open_arrays(tmp_path)
