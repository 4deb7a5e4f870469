"""Below a path of its host, pages link and load only what is below that path."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.environment import ROOT

pytestmark = pytest.mark.slow

PATH = "/movies-app"
SCRIPT = """
import json, sys
import django
from django.conf import settings
import recsite.wsgi  # reads the address of static files before there is a request, as gunicorn does
django.setup()
settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"
from django.template import loader
from django.test import Client
from recsite.api import throttling
throttling.count = lambda *_: 0
client = Client(HTTP_HOST="localhost")
found = {}
for name in ("offline/", "offline.js", "accounts/login/", "accounts/signup/", "credits/", "nowhere/", "api/v1/docs/"):
    response = client.get("/" + name, secure=True)
    found[name] = [response.status_code, response.content.decode()]
    found["cookies " + name] = [cookie["path"] for cookie in response.cookies.values()]
for name in ("500.html", "503.html"):
    found[name] = [200, loader.render_to_string(name)]
found["moved"] = client.get("/account", secure=True)["Location"]
found["sign in"] = client.get("/account/", secure=True)["Location"]
found["probe"] = client.get("/livez").status_code
found["schema"] = client.get("/api/v1/schema/?format=json", secure=True).json().get("servers")
json.dump(found, sys.stdout)
"""


@pytest.fixture(scope="module", params=["SCRIPT_NAME", "FORCE_SCRIPT_NAME"])
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Status and text of pages by name, from a process whose environment has the sub-path."""
    folder: Path = tmp_path_factory.mktemp("below")
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "recsite.settings.base",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "ALLOWED_HOSTS": "localhost",
        "HTTPS": "on",
        "LOG_LEVEL": "ERROR",
        request.param: PATH,
    }
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_pages_link_and_load_below_the_path(answers: dict[str, Any]) -> None:
    for name in ("offline/", "offline.js", "accounts/login/", "credits/", "nowhere/", "api/v1/docs/", "500.html"):
        status, text = answers[name]
        assert status == (404 if name == "nowhere/" else 200), name
        assert f'"{PATH}/' in text, name
        for start in ("/static", "/movies/", "/accounts", "/offline", "/api", "/recommendations", "/credits"):
            assert f'"{start}' not in text, (name, start)
            assert f"'{start}" not in text, (name, start)
        assert 'href="/"' not in text, name
    assert f'data-worker="{PATH}/offline.js"' in answers["credits/"][1]
    assert f'href="{PATH}/static/site.css"' in answers["503.html"][1]


def test_redirects_and_cookies_stay_below_the_path(answers: dict[str, Any]) -> None:
    assert answers["moved"] == f"{PATH}/account/"
    assert answers["sign in"] == f"{PATH}/accounts/login/?next={PATH}/account/"
    paths = [path for name, value in answers.items() if name.startswith("cookies") for path in value]
    assert paths
    assert set(paths) == {PATH}


def test_the_openapi_document_and_probes_follow_the_path(answers: dict[str, Any]) -> None:
    assert answers["schema"] == [{"url": PATH}]
    assert answers["probe"] == 200


@pytest.mark.parametrize("path", ["movies", "/movies/", "//x", "/a b", "/"])
def test_a_wrong_path_stops_the_program(path: str) -> None:
    environment = {**os.environ, "FORCE_SCRIPT_NAME": path}
    command = [sys.executable, "-c", "import recsite.settings.base"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert "FORCE_SCRIPT_NAME is" in done.stderr
