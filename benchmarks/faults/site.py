"""The site with its own PostgreSQL, Redis, worker and web server, for fault injection."""

import contextlib
import http.client
import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks.faults.servers import PostgreSQL, Redis, free_port
from benchmarks.support.processes import QUICK, Site, ready, wait_until

PREPARE = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from knox.models import get_token_model
ada = User.objects.create_superuser("ada", "ada@example.org")
session = import_module(settings.SESSION_ENGINE).SessionStore()
session[SESSION_KEY], session[HASH_SESSION_KEY] = str(ada.pk), ada.get_session_auth_hash()
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session.save()
print(get_token_model().objects.create(user=ada)[1], session.session_key, *Movie.objects.values_list("pk", flat=True))
"""
WORKER = ("-m", "celery", "--app", "recsite", "worker", "--concurrency", "1", "--loglevel", "INFO")
ACTIVE = "SELECT name FROM recommendations_modelversion WHERE is_active"


class FaultSite(Site):
    """gunicorn and a worker on a private PostgreSQL and Redis."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.database, self.redis = PostgreSQL(folder / "postgresql"), Redis(folder / "redis")
        super().__init__(folder, self.database.create())
        self.port = free_port()
        redis = self.redis.create()
        self.environment |= {
            "SECRET_KEY": os.environ.get("SECRET_KEY", "only-for-faults"),
            "REDIS_URL": redis,
            "CELERY_BROKER_URL": redis,
            "ALLOWED_HOSTS": "127.0.0.1",
            "HTTPS": "off",
            "API_RATE_USER": "1000000/min",
            "API_RATE_ANONYMOUS": "1000000/min",
            "BIND": f"127.0.0.1:{self.port}",
            "DATABASE_TIMEOUT": "5",
        }
        self.token = self.session = ""
        self.movies: list[int] = []
        self.paths: list[str] = []

    @contextlib.contextmanager
    def running(self) -> Iterator["FaultSite"]:
        """Start everything, with a published version."""
        with ExitStack() as stack:
            stack.callback(self.database.stop)
            stack.callback(self.redis.stop)
            ready(self)
            self.prepare()
            self.run("collectstatic", "--noinput", "-v0")
            self.retrain()
            self.web = stack.enter_context(self.start("-m", "gunicorn"))
            self.worker = stack.enter_context(self.start(*WORKER))
            assert self.is_healthy(60), self.web.said()
            yield self

    def prepare(self) -> None:
        """Create the account that reads and rates, and choose the pages that visitors read."""
        self.token, self.session, *movies = self.query(PREPARE).split()
        self.movies = [int(movie) for movie in movies]
        movie = movies[0]
        self.paths = ["/", "/movies/", f"/movies/{movie}/", "/recommendations/", "/api/v1/me/recommendations/"]
        self.paths += [f"/movies/{movie}/similar/", f"/api/v1/movies/{movie}/similar/", "/api/v1/movies/"]

    def retrain(self) -> str:
        """Publish another version from a process of its own, and return its name."""
        done = self.run("retrain", "--force", "--json", *QUICK)
        assert done.returncode == 0, done.stderr
        return str(json.loads(done.stdout)["version"]["name"])

    def active(self) -> str:
        return str(self.sql(ACTIVE)[0][0])

    def readiness(self) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request("GET", "/readyz")
            readiness: dict[str, Any] = json.load(connection.getresponse())
        return readiness

    def serves(self, name: str) -> bool:
        return bool(self.readiness().get("model", {}).get("version") == name)

    def degraded(self) -> bool:
        return bool(self.readiness().get("model", {}).get("degraded"))

    def is_healthy(self, seconds: float) -> bool:
        """Whether the site is ready and serves the active version within `seconds`."""

        def healthy() -> bool:
            try:
                readiness = self.readiness()
            except (OSError, http.client.HTTPException, ValueError):
                return False
            model = readiness.get("model", {})
            return bool(readiness["ready"] and not model["degraded"] and model["version"] == self.active())

        try:
            wait_until(healthy, seconds, step=0.1)
        except AssertionError:
            return False
        return True

    def settle(self) -> None:
        """Wait until the effects of a fault are over before the next one."""
        self.run("runs")
        assert self.is_healthy(60)

    def ratings(self) -> dict[int, int]:
        query = "SELECT movie_id, half_stars FROM movies_rating r JOIN movies_user u ON u.id = user_id"
        return dict(self.sql(f"{query} WHERE username = 'ada'"))

    def run_states(self) -> list[tuple[str, str, str]]:
        """Return status, phase and error of all runs, the latest first."""
        return [
            (status, phase, error)
            for status, phase, error in self.sql(
                "SELECT status, phase, error FROM recommendations_trainingrun ORDER BY id DESC"
            )
        ]

    def folder_of(self, name: str) -> Path:
        return self.artifacts / name
