"""The running site, asked as a browser or a client of the API asks it."""

import http.client
import json
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import Any


class SiteError(AssertionError):
    """The site has answered something else than it must."""


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Site:
    """A site at `address`, with TLS if a certificate to trust is given.

    Without TLS, requests carry the headers that the proxy sets.
    """

    address: str
    port: int
    certificate: str = ""
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    def connection(self) -> http.client.HTTPConnection:
        if not self.certificate:
            return http.client.HTTPConnection(self.address, self.port, timeout=300)
        trusted = ssl.create_default_context(cafile=self.certificate)
        trusted.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return http.client.HTTPSConnection(self.address, self.port, timeout=300, context=trusted)

    def ask(self, path: str, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """Ask for a path.  Bytes are sent as they are, everything else as JSON."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if body is not None and not isinstance(body, bytes):
            body, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        if self.token:
            sent["Authorization"] = f"Token {self.token}"
        if not self.certificate:
            sent = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "localhost"} | sent
        connection = self.connection()
        try:
            connection.request(method, path, body=body, headers=self.headers | sent)
            response = connection.getresponse()
            return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()

    def expect(self, path: str, status: int = 200, method: str = "GET", body: Any = None, **headers: str) -> Answer:
        """As `ask`.  Raises `SiteError` at any other status."""
        answer = self.ask(path, method, body, **headers)
        if answer.status != status:
            raise SiteError(f"{method} {path}: {answer.status}, not {status}: {answer.body[:500]!r}")
        return answer

    def sign_in(self, username: str, password: str) -> None:
        credentials = {"username": username, "password": password}
        self.token = ""
        self.token = self.expect("/api/v1/auth/login/", 201, "POST", credentials).json()["token"]

    def retrain(self, config: dict[str, Any], timeout: float = 600) -> str:
        """Ask for a retraining, wait for the worker to end it; the name of the version."""
        run = self.expect("/api/v1/runs/", 202, "POST", {"config": config}).json()
        deadline = time.monotonic() + timeout
        while run["finished_at"] is None and time.monotonic() < deadline:
            time.sleep(1)
            run = self.expect(f"/api/v1/runs/{run['id']}/").json()
        if not run["version"]:
            raise SiteError(f"The run has no version: {run}")
        return str(run["version"])

    def recommendations(self, version: str, timeout: float = 30) -> list[int]:
        """The ids of the movies recommended to the account that is signed in, as soon as this version serves."""
        deadline = time.monotonic() + timeout
        while True:
            listed = self.expect("/api/v1/me/recommendations/?n=20").json()
            if listed["version"] == version and listed["source"] != "popular":
                return [entry["movie"]["id"] for entry in listed["results"]]
            if time.monotonic() > deadline:
                raise SiteError(f"{version} does not serve: {listed['version']}, {listed['source']}")
            time.sleep(1)

    def seconds_until_closed(self, start: bytes, most: float = 30) -> float:
        """How long the server keeps a connection on which an unfinished request has stalled."""
        connection = self.connection()
        connection.connect()
        began = time.monotonic()
        stream: socket.socket = connection.sock
        try:
            stream.settimeout(most)
            stream.sendall(start)
            while stream.recv(4096):
                pass
        except TimeoutError as error:
            raise SiteError(f"A stalled request is kept open for more than {most} s.") from error
        except ConnectionError:
            pass
        finally:
            connection.close()
        return time.monotonic() - began
