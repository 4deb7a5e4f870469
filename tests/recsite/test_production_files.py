"""The deployment files match the settings and the program that they run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.recsite.test_docs import VARIABLES
from tests.support.environment import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = ("migrate", "web", "worker", "beat")


@pytest.mark.parametrize("service", OURS)
def test_services_set_variables_that_the_settings_read(service: str) -> None:
    variables = {name.removesuffix("_FILE") for name in COMPOSE["services"][service]["environment"]}
    assert variables <= set(VARIABLES)
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "ALLOWED_HOSTS"} <= variables


@pytest.mark.parametrize("service", list(COMPOSE["services"]))
def test_secrets_are_files_and_never_values(service: str) -> None:
    config = COMPOSE["services"][service]
    used = re.findall(r"/run/secrets/(\w+)", str(config["environment"])) if "environment" in config else []
    assert set(used) <= set(config.get("secrets", ())) <= set(COMPOSE["secrets"])
    for name, value in config.get("environment", {}).items():
        assert not re.search("KEY|PASSWORD|TOKEN", name) or name.endswith("_FILE"), (name, value)


def test_the_image_is_built_for_any_processor() -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert "LIGHTFM_NO_CFLAGS=1" in image
    assert "ANNOY_COMPILER_ARGS=" in image
    assert "native" not in image


def test_the_image_runs_nothing_as_root() -> None:
    steps = (ROOT / "Dockerfile").read_text().splitlines()
    last_stage = steps[max(index for index, step in enumerate(steps) if step.startswith("FROM")) :]
    assert "USER recsite" in last_stage
    command = next(index for index, step in enumerate(last_stage) if step.startswith("CMD"))
    assert last_stage.index("USER recsite") < command


def test_gunicorn_accepts_its_configuration(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gunicorn", "--check-config"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
