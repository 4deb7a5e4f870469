"""Browser fixtures: gunicorn on real data with a trained model, and a Chromium that fails tests on console errors."""

import csv
import json
import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from tests.support.environment import ROOT, missing

CHROMIUM = Path("/usr/bin/chromium")
MOVIES = 300
PATIENCE = 15_000
"""Milliseconds to wait for a page to change, on a machine that is busy with other work."""
expect.set_options(timeout=PATIENCE)
PASSWORD = "correct-horse-battery-1"

MAKE_MEMBERS = f"""
import json
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import make_password
from django.contrib.sessions.backends.cached_db import SessionStore
from django.conf import settings
from movies.models import User
password, members = make_password({PASSWORD!r}), []
for n in range(80):
    user = User.objects.create(username=f"guest{{n}}", password=password)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    members.append((user.username, session.session_key))
User.objects.create_superuser("boss", password={PASSWORD!r})
print(json.dumps(members))
"""

NewContext = Callable[..., BrowserContext]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # They share the server, so one worker of pytest-xdist runs them all. It reads the mark in a later hook.
            item.add_marker(pytest.mark.xdist_group("browser"))


@pytest.fixture(scope="session")
def well_known_movielens(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled data reduced to its most rated movies, so that it loads and trains in seconds."""
    source, folder = ROOT / "fixtures" / "ml-latest-small", tmp_path_factory.mktemp("movielens")
    with (source / "ratings.csv").open() as file:
        counted = Counter(row["movieId"] for row in csv.DictReader(file))
    kept = {movie for movie, _ in counted.most_common(MOVIES)}
    for name in ("movies", "ratings", "tags", "links"):
        lines = (source / f"{name}.csv").read_text().splitlines(keepends=True)
        column = lines[0].split(",").index("movieId")
        chosen = [line for line in lines[1:] if line.split(",")[column] in kept]
        (folder / f"{name}.csv").write_text("".join([lines[0], *chosen]))
    return folder


@pytest.fixture(scope="session")
def mail_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the site writes its emails to."""
    return tmp_path_factory.mktemp("mail")


@pytest.fixture(scope="session")
def sessions() -> list[tuple[str, str]]:
    """Names and session keys of members that no test has used yet; the fixture `installation` fills it."""
    return []


@pytest.fixture(scope="session")
def installation(
    tmp_path_factory: pytest.TempPathFactory,
    well_known_movielens: Path,
    mail_folder: Path,
    sessions: list[tuple[str, str]],
) -> dict[str, str]:
    """The environment of a site with a trained model and members."""
    folder = tmp_path_factory.mktemp("site")
    environment = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "RECOMMENDER_ARTIFACTS": str(folder / "artifacts"),
        "STATIC_ROOT": str(folder / "static"),
        "ALLOWED_HOSTS": "127.0.0.1",
        "EMAIL_URL": f"filemail:///{mail_folder}",
        "SITE_ADDRESS": "http://127.0.0.1",
    }

    def manage(*arguments: str) -> str:
        command = [sys.executable, str(ROOT / "manage.py"), *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
        assert done.returncode == 0, f"manage.py {arguments[0]} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    manage("collectstatic", "--no-input")
    manage("migrate")
    manage("createcachetable")
    manage("load_movielens", str(well_known_movielens))
    manage("retrain", "--set=recipe=article", "--set=dimension=32", "--set=epochs=10")
    sessions += json.loads(manage("shell", "--no-imports", "-c", MAKE_MEMBERS))
    return environment


@pytest.fixture(scope="session")
def site(installation: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the site, served by gunicorn."""
    with served(installation, tmp_path_factory.mktemp("served") / "log") as address:
        yield address


@contextmanager
def served(environment: Mapping[str, str], log: Path) -> Iterator[str]:
    """Serve an installation with gunicorn; yield its address, which includes a `SCRIPT_NAME`."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = "{}:{}".format(*probe.getsockname())
    gunicorn = [sys.executable, "-m", "gunicorn", "recsite.wsgi", "--bind", address, "--threads", "6"]
    with (
        log.open("w") as file,
        subprocess.Popen(  # noqa: S603
            gunicorn, env={**environment, "SITE_ADDRESS": f"http://{address}"}, cwd=ROOT, stdout=file, stderr=file
        ) as server,
    ):
        try:
            root = f"http://{address}{environment.get('SCRIPT_NAME', '')}"
            _wait_for(f"{root}/credits/", log)
            yield root
        finally:
            server.terminate()


def _wait_for(url: str, log: Path) -> None:
    for _ in range(150):
        try:
            with urlopen(url) as response:  # noqa: S310
                assert response.status == 200
            return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"The server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        missing(f"{CHROMIUM} is not installed")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


class Complaints(list[str]):
    """Console errors and warnings, among them policy violations, and uncaught script errors."""

    def watch(self, context: BrowserContext) -> None:
        context.on("console", self._note)
        context.on("weberror", lambda error: self.append(str(error.error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"{message.page and message.page.url}: {message.text}")


@pytest.fixture
def complaints() -> Iterator[Complaints]:
    collected = Complaints()
    yield collected
    assert collected == []


@pytest.fixture
def new_context(site: str, browser: Browser, complaints: Complaints) -> Iterator[NewContext]:
    """A function that opens browser contexts (viewport, colour scheme, JavaScript …) whose complaints fail the test."""
    contexts: list[BrowserContext] = []

    def make(*, width: int = 1280, scheme: str = "light", **options: object) -> BrowserContext:
        viewport = {"width": width, "height": 800}
        context = browser.new_context(base_url=site, viewport=viewport, color_scheme=scheme, **options)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE)
        complaints.watch(context)
        contexts.append(context)
        return context

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_context: NewContext) -> Page:
    return new_context().new_page()


@pytest.fixture
def sign_up() -> Callable[[Page], str]:
    """A function that signs up a new member on a page and returns their name."""

    def make(page: Page) -> str:
        name = f"member{time.time_ns()}"
        page.goto("/accounts/signup/")
        page.get_by_label("Username").fill(name)
        page.get_by_label("Password").fill(PASSWORD)
        page.get_by_role("button", name="Join").click()
        page.wait_for_url("**/start/")
        return name

    return make


@pytest.fixture
def as_member(site: str, new_context: NewContext, sessions: list[tuple[str, str]]) -> Callable[..., Page]:
    """A function that opens a page signed in as a new member, with the options of `new_context`.

    The page's attribute `member` is the member's name.
    """

    def make(**options: object) -> Page:
        context = new_context(**options)
        name, key = sessions.pop()
        context.add_cookies([{"name": "sessionid", "value": key, "url": site}])
        page = context.new_page()
        page.member = name  # type: ignore[attr-defined]
        return page

    return make
