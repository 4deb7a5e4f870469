"""The gate's smoke test in a real child process."""

from pathlib import Path

import pytest

from recommendations.models import ModelVersion
from recommendations.training.gate import answers
from recommendations.versions import artifacts


@pytest.mark.slow
def test_the_smoke_test_runs_from_any_current_folder(
    version: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    check = answers(artifacts.folder_of(version.name))
    assert check.passed, check.detail
