"""The deployment files match the settings and the program that they run."""

import re
import stat
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import pytest
import yaml

from deploy.container_test.compose import ComposeError, Project, interpolated
from deploy.container_test.engine import Engine
from deploy.container_test.images import PLANTED
from tests.recsite.test_docs import VARIABLES
from tests.support.environment import ROOT

COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = list(COMPOSE["services"])
OURS = ("migrate", "web", "worker", "beat")
IMAGE = (ROOT / "Dockerfile").read_text()
PROXY = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text()


@pytest.mark.parametrize("service", OURS)
def test_services_set_variables_that_the_settings_read(service: str) -> None:
    variables = {name.removesuffix("_FILE") for name in COMPOSE["services"][service]["environment"]}
    assert variables <= set(VARIABLES)
    assert {"SECRET_KEY", "DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "ALLOWED_HOSTS"} <= variables


@pytest.mark.parametrize("service", SERVICES)
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


@pytest.mark.slow
def test_gunicorn_accepts_its_configuration(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "gunicorn", "--check-config"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def in_build_context(name: str) -> bool:
    """Whether .dockerignore lets a path into the build context: the last pattern that matches decides."""
    path = PurePosixPath(name)
    candidates = [path, *list(path.parents)[:-1]]
    included = True
    for line in (ROOT / ".dockerignore").read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        pattern = line.removeprefix("!")
        if any(matches(candidate, pattern) for candidate in candidates):
            included = line.startswith("!")
    return included


def matches(path: PurePosixPath, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatchcase(path.name, pattern.removeprefix("**/"))
    return "/" not in str(path) and fnmatchcase(str(path), pattern)


@pytest.mark.parametrize("name", [*PLANTED, "secrets/database_url", "id_rsa", "var/demo-password", "recsite/x/.env"])
def test_secrets_stay_out_of_the_build_context(name: str) -> None:
    assert not in_build_context(name)


def test_the_build_context_holds_only_what_the_image_copies() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S607
    names = tracked.stdout.split() or [str(path.relative_to(ROOT)) for path in ROOT.rglob("*") if path.is_file()]
    roots = {PurePosixPath(name).parts[0] for name in names if in_build_context(name)}
    code = {"manage.py", "gunicorn.conf.py", "recsite", "movies", "recommendations"}
    assert roots == {*code, "requirements.txt", "LICENSE", "NOTICE.md"}
    copied = {word for line in re.findall(r"^COPY (?!--from)(.*)$", IMAGE, re.MULTILINE) for word in line.split()[:-1]}
    assert copied == roots


def test_images_are_pinned_to_a_patch_release() -> None:
    bases = re.findall(r"^ARG \w+_IMAGE=(\S+)$", IMAGE, re.MULTILINE)
    others = [service["image"] for service in COMPOSE["services"].values() if "build" not in service]
    assert len(bases) == 2
    assert len(others) == 3
    for image in (*bases, *others):
        assert re.search(r":\d+\.\d+(\.\d+)?-(slim-)?bookworm$", image), image
    assert all(re.search(r":\d+\.\d+\.\d+-", image) for image in bases)


def test_the_final_image_has_no_compiler() -> None:
    final = IMAGE[IMAGE.rindex("\nFROM") :]
    assert re.findall(r"--no-install-recommends (.*?) \\", final) == ["libgomp1"]
    assert "pip install" not in final


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_confined(service: str) -> None:
    described = COMPOSE["services"][service]
    assert described["read_only"] is True
    assert described["cap_drop"] == ["ALL"]
    assert "cap_add" not in described
    assert described["security_opt"] == ["no-new-privileges:true"]
    assert set(described["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert any(mount.startswith("/tmp:size=") for mount in described["tmpfs"])  # noqa: S108
    assert service in OURS or described["user"] != "root"
    assert "ports" not in described or service == "proxy"
    assert "privileged" not in described
    assert "/var/run/docker.sock" not in str(described)


@pytest.mark.parametrize("service", [name for name in SERVICES if name != "migrate"])
def test_a_service_that_stays_is_watched(service: str) -> None:
    described = COMPOSE["services"][service]
    assert described["restart"] == "unless-stopped"
    assert {"test", "interval", "timeout"} <= set(described["healthcheck"])


@pytest.mark.parametrize("service", ["web", "worker", "beat"])
def test_the_site_starts_after_migrations(service: str) -> None:
    assert COMPOSE["services"][service]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
    assert COMPOSE["services"]["migrate"]["restart"] == "no"


def test_web_sees_what_the_worker_writes() -> None:
    for service in ("web", "worker"):
        assert set(COMPOSE["services"][service]["volumes"]) == {
            "artifacts:/app/var/artifacts",
            "posters:/app/var/posters",
            "numba:/app/var/numba",
        }


def test_servers_of_data_are_in_a_network_that_leads_nowhere() -> None:
    assert COMPOSE["networks"]["back"]["internal"] is True
    for service in ("database", "redis"):
        assert COMPOSE["services"][service]["networks"] == ["back"]


def test_the_application_is_not_the_superuser_of_the_database() -> None:
    assert COMPOSE["services"]["database"]["environment"]["POSTGRES_USER"] == "postgres"
    script = (ROOT / "deploy" / "database" / "role.sh").read_text()
    assert "ALTER ROLE recsite LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE" in script
    assert "GRANT SET ON PARAMETER session_replication_role TO recsite" in script


@pytest.mark.parametrize(
    "directive",
    [
        *("client_max_body_size 6m", "client_header_timeout 10s", "client_body_timeout 10s", "limit_conn connections"),
        *("proxy_request_buffering on", "large_client_header_buffers 4 16k", "server_tokens off"),
        *("proxy_set_header X-Forwarded-For $remote_addr", "proxy_set_header X-Forwarded-Proto https"),
        *("proxy_set_header X-Forwarded-Host $http_host", 'proxy_set_header Forwarded ""'),
    ],
)
def test_the_proxy_limits_clients_and_replaces_their_words(directive: str) -> None:
    assert directive in PROXY
    assert "$proxy_add_x_forwarded_for" not in PROXY


def test_secrets_are_made_once(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    script = [str(ROOT / "deploy" / "make-secrets"), "movies.example.org", str(folder)]
    subprocess.run(script, check=True, capture_output=True)  # noqa: S603
    first = {path.name: path.read_text() for path in folder.iterdir() if path.is_file()}
    assert set(first) == set(COMPOSE["secrets"])
    assert not [name for name, value in first.items() if value != value.strip()]
    assert first["database_password"] in first["database_url"]
    assert first["redis_password"] in first["redis_url"]
    assert first["redis_password"] in first["broker_url"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert "BEGIN CERTIFICATE" in (folder / "tls" / "certificate.pem").read_text()
    subprocess.run(script, check=True, capture_output=True)  # noqa: S603
    assert {path.name: path.read_text() for path in folder.iterdir() if path.is_file()} == first


@pytest.mark.parametrize("service", SERVICES)
def test_the_container_test_understands_every_service(service: str, tmp_path: Path) -> None:
    project = Project(Engine(tmp_path), ROOT, {}, {"ALLOWED_HOSTS": "localhost", "HTTPS_PORT": "8443"})
    options = project.options(service)
    assert project.options(service) == options
    assert any(option.startswith("--memory=") for option in options)
    assert {"--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"} <= set(options)
    assert "$" not in " ".join(option for option in options if option.startswith(("--env", "--publish", "--volume")))


def test_variables_of_compose_are_filled_in() -> None:
    text = "${A} ${B:-two} ${C:?needed} $$D"
    assert interpolated(text, {"A": "one", "C": "three"}) == "one two three $D"
    with pytest.raises(ComposeError, match="C is missing: needed"):
        interpolated(text, {"A": "one"})


def test_an_empty_secret_for_mail_means_none(tmp_path: Path) -> None:
    (tmp_path / "email_url").write_text("")
    environment = {"SECRET_KEY": "x", "EMAIL_URL_FILE": str(tmp_path / "email_url"), "PATH": ""}
    code = "from recsite.settings import base; print(base.EMAIL_BACKEND, base.ACCOUNT_EMAIL_VERIFICATION)"
    command = [sys.executable, "-c", code]
    printed = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603
    assert printed.stdout.split() == ["django.core.mail.backends.dummy.EmailBackend", "none"]
