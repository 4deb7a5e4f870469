"""The API under concurrency, with several processes, and with a client generated from the OpenAPI document."""

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from benchmarks.support.processes import Site, copy_of, served

pytestmark = pytest.mark.xdist_group("api")
SAME = 16
LIMIT = 25
MOVIE = 1_000_000
SIGN_IN = """
from django.contrib.auth.hashers import make_password
from knox.models import AuthToken
password = make_password("lovelace-1815")
for number in range(8):
    user = User.objects.create(username=f"member-{number}", password=password)
    print(user.pk, AuthToken.objects.create(user=user)[1])
"""
COUNTER_IS_CORRECT = f"""
SELECT count(*) = (SELECT rating_count FROM movies_movie WHERE id = {MOVIE})
FROM movies_rating WHERE movie_id = {MOVIE}
"""  # noqa: S608 - constants


@pytest.fixture(scope="module")
def site(trained_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, str]]:
    """A site served by two processes behind one address."""
    with copy_of(trained_site, tmp_path_factory.mktemp("api")) as site:
        rates = {"API_RATE_USER": f"{LIMIT}/hour", "API_RATE_ANONYMOUS": f"{LIMIT}/hour"}
        with served(site, "--workers", "2", "--threads", "8", REDIS_URL="", **rates) as address:
            yield site, address


@pytest.fixture(scope="module")
def members(site: tuple[Site, str]) -> list[tuple[str, str]]:
    """Ids and tokens of members that no test has used yet."""
    pairs = [line.split() for line in site[0].query(SIGN_IN).splitlines()]
    return [(user, token) for user, token in pairs]


def ask(address: str, method: str = "GET", body: Any = None, token: str = "") -> int:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Token {token}"} if token else {})
    data = None if body is None else json.dumps(body).encode()
    try:
        with urlopen(Request(address, data, headers, method=method), timeout=60) as response:  # noqa: S310
            return int(response.status)
    except HTTPError as error:
        return error.code


def at_once(times: int, *request: Any) -> Counter[int]:
    with ThreadPoolExecutor(times) as pool:
        return Counter(pool.map(lambda _: ask(*request), range(times)))


@pytest.mark.database
@pytest.mark.parametrize(
    ("call", "table", "statuses"),
    [
        ((f"movies/{MOVIE}/rating/", "PUT", {"stars": 4.5}), "movies_rating", {200, 201}),
        (("me/ratings/", "POST", {"movie": MOVIE, "stars": 4.5}), "movies_rating", {201}),
        (("me/ratings/import/", "POST", {"ratings": [{"movie": MOVIE, "stars": 4.5}]}), "movies_rating", {200}),
        ((f"movies/{MOVIE}/watchlist/", "PUT", None), "movies_watchlistitem", {204}),
        ((f"movies/{MOVIE}/seen/", "PUT", {"seen_on": "2026-01-31"}), "movies_seenmovie", {204}),
        ((f"movies/{MOVIE}/not-interested/", "PUT", None), "movies_hiddenmovie", {204}),
    ],
    ids=["put rating", "post rating", "import", "watchlist", "seen", "not interested"],
)
def test_concurrent_identical_writes_leave_one_row(
    site: tuple[Site, str],
    members: list[tuple[str, str]],
    call: tuple[str, str, Any],
    table: str,
    statuses: set[int],
) -> None:
    running, address = site
    path, method, body = call
    user, token = members.pop()
    assert set(at_once(SAME, f"{address}/api/v1/{path}", method, body, token)) <= statuses
    assert running.sql(f"SELECT count(*) FROM {table} WHERE user_id = {user}") == [(1,)]  # noqa: S608 - constants
    assert running.sql(COUNTER_IS_CORRECT) == [(True,)]


@pytest.mark.database
def test_a_throttle_counts_across_processes(site: tuple[Site, str], members: list[tuple[str, str]]) -> None:
    _, address = site
    _, token = members.pop()
    statuses = at_once(2 * LIMIT, f"{address}/api/v1/me/", "GET", None, token)
    assert statuses == {200: LIMIT, 429: LIMIT}


@pytest.mark.usefixtures("members")
def test_a_generated_client_signs_in_rates_and_reads(site: tuple[Site, str], tmp_path: Path) -> None:
    running, address = site
    done = running.run("spectacular", "--format", "openapi-json", "--file", str(tmp_path / "openapi.json"))
    assert done.returncode == 0, done.stderr
    generator = Path(sys.executable).with_name("openapi-python-client")
    command = [str(generator), "generate", "--path", "openapi.json", "--output-path", "client", "--meta", "none"]
    path = f"{generator.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path}
    generated = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert "Warning" not in generated.stdout + generated.stderr, generated.stdout + generated.stderr
    script = [sys.executable, "-W", "ignore", "-c", USE_CLIENT, address]
    used = subprocess.run(script, cwd=tmp_path, capture_output=True, text=True, check=False)  # noqa: S603
    assert used.returncode == 0, used.stderr
    assert used.stdout.split() == ["201", "folded_in", "10"]


USE_CLIENT = f"""
import sys
from client import AuthenticatedClient, Client
from client.api.session import auth_login_create
from client.api.opinions import movies_rating_update
from client.api.recommendations import me_recommendations_retrieve
from client.models import CredentialsRequest, StarsRequest

visitor = Client(sys.argv[1])
body = CredentialsRequest(username="member-0", password="lovelace-1815")
token = auth_login_create.sync(client=visitor, body=body).token
member = AuthenticatedClient(sys.argv[1], token=token, prefix="Token")
rated = movies_rating_update.sync_detailed({MOVIE}, client=member, body=StarsRequest(stars=5.0))
recommended = me_recommendations_retrieve.sync(client=member)
print(int(rated.status_code), recommended.source.value, len(recommended.results))
"""
