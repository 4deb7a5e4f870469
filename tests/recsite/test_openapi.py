"""Every operation behaves as the OpenAPI document says."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rest_framework.test import APIClient

from benchmarks.support.processes import Site, copy_of, served

# One worker: Python 3.11 counts the depth of syntax trees across threads, and fails when two parse at the same time.
QUIET = ("--no-color", "--phases", "examples,coverage,fuzzing", "--workers", "1", "--request-timeout", "60")
CASES = 5
"""Per operation and phase. Before a release, run more: `st run ADDRESS/api/v1/schema/ -n 100`."""
SIGN_IN = """
from knox.models import AuthToken
boss = User.objects.create_superuser("boss")
print(AuthToken.objects.create(user=boss)[1])
"""
UNTHROTTLED = {f"API_RATE_{who}": "1000000/min" for who in ("ANONYMOUS", "USER", "SERVICE")}


@pytest.fixture(scope="module")
def site(trained_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A server with a trained model, and the URL of its OpenAPI document."""
    with (
        copy_of(trained_site, tmp_path_factory.mktemp("openapi")) as site,
        served(site, "--threads", "2", **UNTHROTTLED) as address,
    ):
        yield site, f"{address}/api/v1/schema/?format=json"


# A server may reject a URL that is too long before it validates the parameters.
SCHEMATHESIS = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 414, 415, 422, 429, "5xx"]
"""


def check(document: str, folder: Path, *options: str) -> None:
    """Call every operation with valid and invalid data, with all of schemathesis' checks."""
    (folder / "schemathesis.toml").write_text(SCHEMATHESIS)
    program = Path(sys.executable).with_name("st")
    command = [str(program), "run", document, "--max-examples", str(CASES), "--seed", "1", *QUIET, *options]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


@pytest.mark.long
@pytest.mark.xdist_group("openapi")
@pytest.mark.parametrize(
    "signed_in",
    # For a visitor, most operations refuse before any query, so one database is enough.
    [pytest.param(True, id="signed in", marks=pytest.mark.database), pytest.param(False, id="visitor")],
)
def test_every_operation_behaves_as_documented(site: tuple[Site, str], tmp_path: Path, *, signed_in: bool) -> None:
    running, document = site
    if not signed_in:
        check(document, tmp_path)
        return
    token = running.query(SIGN_IN).splitlines()[-1]
    # Signing out would revoke the token that all other operations are called with.
    check(document, tmp_path, "--header", f"Authorization: Token {token}", "--exclude-path-regex", "logout")


def test_the_document_has_an_example_of_each_body(db: None) -> None:
    document = APIClient().get("/api/v1/schema/?format=json").json()
    assert document["openapi"].startswith("3.1")
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "requestBody" in operation
    }
    assert bodies
    assert [path for path, body in bodies.items() if "examples" not in body] == []
