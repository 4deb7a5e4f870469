"""TMDB client for the path of a movie's poster and the poster itself; callers pass URLs and key from the settings."""

import json
import re
from http import HTTPStatus
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

TIMEOUT_SECONDS = 10
MOST_BYTES = 2_000_000
JPEG = b"\xff\xd8\xff"
_PATH = re.compile(r"/[\w-]+\.jpg", re.ASCII)


class UnavailableError(Exception):
    """TMDB cannot be reached or returns an error, which the message describes."""


def poster_path(api: str, key: str, tmdb_id: int) -> str | None:
    """Return the path of a movie's poster; None if it has none.

    `key` is an API key or a read access token. Raises `UnavailableError`.
    """
    is_token = "." in key
    query = "" if is_token else "?" + urlencode({"api_key": key})
    headers = {"Authorization": f"Bearer {key}"} if is_token else {}
    body = _get(f"{api}/movie/{tmdb_id}{query}", headers)
    if body is None:
        return None
    try:
        path = json.loads(body).get("poster_path")
    except (ValueError, AttributeError) as error:
        raise UnavailableError(f"TMDB's response for movie {tmdb_id} is not valid JSON.") from error
    return path if isinstance(path, str) and _PATH.fullmatch(path) else None


def picture(images: str, path: str) -> bytes | None:
    """Return the poster at a path as JPEG; None if there is none. Raises `UnavailableError`."""
    body = _get(f"{images}{path}", {})
    return body if body and body.startswith(JPEG) else None


def _get(url: str, headers: dict[str, str]) -> bytes | None:
    request = Request(url, headers={"Accept": "*/*", "User-Agent": "recsite", **headers})  # noqa: S310 - from settings
    try:
        with urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
            body: bytes = response.read(MOST_BYTES + 1)
    except HTTPError as error:
        if error.code == HTTPStatus.NOT_FOUND:
            return None
        raise UnavailableError(f"TMDB returned status {error.code}.") from error
    except (URLError, TimeoutError, ConnectionError) as error:
        raise UnavailableError(f"TMDB cannot be reached: {error}") from error
    return body if len(body) <= MOST_BYTES else None
