"""Fetching of posters, from a fake TMDB server."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from movies import tasks
from movies.models import Movie
from movies.posters import fetch
from movies.sources import tmdb

pytestmark = [pytest.mark.django_db, pytest.mark.database]
PICTURE = tmdb.JPEG + b"a poster"
KEY = "a-key"
POSTER_PATHS = {11: "/star-wars.jpg", 12: "/none.jpg", 13: None, 14: "/../../etc/passwd", 15: "/page.jpg"}


class FakeTmdb(BaseHTTPRequestHandler):
    requests: list[str]
    broken = False

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        self.requests.append(path)
        if self.broken or (path.startswith("/3/") and query != f"api_key={KEY}"):
            return self.respond(HTTPStatus.SERVICE_UNAVAILABLE if self.broken else HTTPStatus.UNAUTHORIZED)
        number = path.removeprefix("/3/movie/")
        if number.isdigit() and int(number) in POSTER_PATHS:
            return self.respond(
                HTTPStatus.OK, json.dumps({"id": number, "poster_path": POSTER_PATHS[int(number)]}).encode()
            )
        pictures = {"/images/star-wars.jpg": PICTURE, "/images/page.jpg": b"<html>not a picture</html>"}
        if path in pictures:
            return self.respond(HTTPStatus.OK, pictures[path])
        return self.respond(HTTPStatus.NOT_FOUND)

    def respond(self, status: HTTPStatus, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def server(settings: Settings, tmp_path: Path) -> Iterator[type[FakeTmdb]]:
    handler = type("Handler", (FakeTmdb,), {"requests": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        threading.Thread(target=running.serve_forever, args=(0.01,), daemon=True).start()
        address = "http://{}:{}".format(*running.server_address)
        settings.TMDB_KEY, settings.TMDB_API, settings.TMDB_IMAGES = KEY, f"{address}/3", f"{address}/images"
        options = {"location": tmp_path / "posters"}
        posters = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
        settings.STORAGES = {**settings.STORAGES, "posters": posters}
        yield handler
        running.shutdown()


@pytest.fixture
def star_wars() -> Movie:
    return Movie.objects.create(title="Star Wars", year=1977, tmdb_id=11)


def test_a_poster_is_fetched_once_and_then_shown(server: type[FakeTmdb], star_wars: Movie) -> None:
    drawn = reverse("movies:cover", args=[star_wars.pk])
    assert drawn in Client().get(star_wars.get_absolute_url()).content.decode()
    assert server.requests == []
    assert fetch.fetch_posters() == 1
    assert fetch.fetch_posters() == 0
    assert server.requests == ["/3/movie/11", "/images/star-wars.jpg"]
    page = Client().get(star_wars.get_absolute_url()).content.decode()
    shown = reverse("movies:poster", args=[star_wars.pk])
    assert shown in page
    assert drawn not in page
    assert "The poster is from TMDB" in page
    response = Client().get(shown)
    assert b"".join(response) == PICTURE
    assert response.headers["Content-Type"] == "image/jpeg"


@pytest.mark.parametrize("tmdb_id", [12, 13, 14, 15, 16])
def test_without_a_poster_the_drawn_cover_stays(server: type[FakeTmdb], tmdb_id: int) -> None:
    movie = Movie.objects.create(title="Other", tmdb_id=tmdb_id)
    assert fetch.fetch_posters() == 0
    movie.refresh_from_db()
    assert movie.cover_url == reverse("movies:cover", args=[movie.pk])
    assert fetch.fetch_posters() == 0
    assert server.requests.count(f"/3/movie/{tmdb_id}") == 1


def test_the_most_rated_come_first_and_old_posters_are_refreshed(server: type[FakeTmdb], star_wars: Movie) -> None:
    Movie.objects.create(title="Little known", tmdb_id=12)
    Movie.objects.filter(pk=star_wars.pk).update(rating_count=9)
    fetch.fetch_posters(1)
    assert server.requests[0] == "/3/movie/11"
    Movie.objects.update(poster_sought_at=timezone.now() - timedelta(days=100))
    assert fetch.fetch_posters() == 1
    star_wars.refresh_from_db()
    assert star_wars.poster == "11.jpg"


def test_posters_are_retried_after_tmdb_was_down(server: type[FakeTmdb], star_wars: Movie) -> None:
    server.broken = True
    with pytest.raises(tmdb.UnavailableError, match="503"):
        fetch.fetch_posters()
    tasks.fetch_posters()
    server.broken = False
    tasks.fetch_posters()
    star_wars.refresh_from_db()
    assert star_wars.poster


def test_without_a_key_tmdb_is_not_contacted(server: type[FakeTmdb], star_wars: Movie, settings: Settings) -> None:
    settings.TMDB_KEY = ""
    tasks.fetch_posters()
    assert server.requests == []
    assert "TMDB" not in Client().get(reverse("movies:credits")).content.decode()


def test_the_credits_contain_the_notice_that_tmdb_requires(server: type[FakeTmdb]) -> None:
    page = Client().get(reverse("movies:credits")).content.decode()
    assert "This product uses the TMDB API but is not endorsed or certified by TMDB." in page


def test_a_poster_with_a_missing_file_is_replaced_by_the_cover(server: type[FakeTmdb], star_wars: Movie) -> None:
    Movie.objects.filter(pk=star_wars.pk).update(poster="gone.jpg")
    response = Client().get(reverse("movies:poster", args=[star_wars.pk]))
    assert response.headers["Location"] == reverse("movies:cover", args=[star_wars.pk])
