"""Values that once broke a parser, a cache or an import are refused with a clear message."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from movies import selectors
from movies.admin.import_export import UploadStorage
from movies.models import Genre, Movie, User
from movies.transfer import ratings_csv
from recsite.database.redis_cache import ForgivingRedisCache
from tests.support.environment import missing

pytestmark = [pytest.mark.django_db, pytest.mark.database, pytest.mark.slow]


@pytest.fixture
def boss(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss"))
    return client


@pytest.fixture
def redis_cache(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The cache in Redis, as in production."""
    server = ForgivingRedisCache("redis://127.0.0.1:6379/15", {"KEY_PREFIX": "hostile"})
    server.set("probe", "1")
    if server.get("probe") != "1":
        missing("Redis does not answer")
    for module in ("import_export.tmp_storages", "movies.selectors.movie_queries", "recsite.database.cache"):
        monkeypatch.setattr(f"{module}.cache", server)
    yield server
    server.clear()


def preview(client: Client, name: str, content: str, format_: int) -> str:
    upload = SimpleUploadedFile(name, content.encode())
    response = client.post(reverse("admin:movies_genre_import"), {"import_file": upload, "format": format_})
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("body", ["[[1,2]]", "[1]", "{}", '"a"', '[{"id":1},{"name":2}]', "[" * 100_000, "nonsense"])
def test_an_admin_import_of_other_json_is_refused(boss: Client, body: str) -> None:
    assert "confirm_form" not in preview(boss, "genres.json", body, 1)
    assert Genre.objects.count() == 0


@pytest.mark.parametrize("format_", [0, 1])
def test_an_admin_import_works_with_redis(boss: Client, redis_cache: Any, format_: int) -> None:
    content = "id,name,slug\n,Été,ete\n" if format_ == 0 else json.dumps([{"id": "", "name": "Été", "slug": "ete"}])
    page = preview(boss, "genres", content, format_)
    name = page.split('name="import_file_name" value="')[1].split('"')[0]
    fields = {"import_file_name": name, "original_file_name": "genres", "format": format_, "resource": ""}
    assert boss.post(reverse("admin:movies_genre_process_import"), fields).status_code == 302
    assert Genre.objects.get().name == "Été"


@pytest.mark.parametrize("changed", [{"import_file_name": "x"}, {"format": "7"}, {"format": "x"}, {"resource": "9"}])
def test_a_changed_import_preview_is_refused(boss: Client, changed: dict[str, str]) -> None:
    UploadStorage(name="kept").save(b"id,name,slug\n,Drama,drama\n")
    fields = {"import_file_name": "kept", "original_file_name": "a", "format": "0", "resource": "", **changed}
    assert boss.post(reverse("admin:movies_genre_process_import"), fields).status_code == 400
    assert Genre.objects.count() == 0


@pytest.mark.parametrize("stars", ["1e99999999", "-1e99999999", "1e-99999999", "sNaN", "inf", "9" * 5_000, "\0"])
def test_a_rating_that_is_no_rating_is_rejected(stars: str) -> None:
    sheet = ratings_csv.read(f"title,rating\nAlien,{stars}\nHeat,4\n".encode())
    assert [line.title for line in sheet.lines] == ["Heat"]
    assert [number for number, _ in sheet.rejected] == [2]


def test_a_csv_with_null_characters_is_rejected_line_by_line() -> None:
    sheet = ratings_csv.read(b"title,rating\nAl\0ien,4\nHeat,4\n")
    assert [line.title for line in sheet.lines] == ["Heat"]


def test_a_csv_whose_head_is_too_long_is_refused() -> None:
    with pytest.raises(ratings_csv.UnreadableError, match="not valid CSV"):
        ratings_csv.read(b"rating," + b"a" * 200_000 + b"\n4,5\n")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("[" * 100_000, 413),
        ('{"ratings": ' * 50 + "1" + "}" * 50, 400),
        ('{"username": "\\ud800", "password": "x"}', 400),
        ('{"username": "\\uDFFF", "password": "x"}', 400),
        ('{"\\ud800": 1}', 400),
        ('{"username": "\\ud83d\\ude00", "password": "x"}', 401),
        ('{"username": 1e400, "password": "x"}', 400),
        ('{"username": NaN, "password": "x"}', 400),
        ('{"username": ' + "9" * 5_000 + "}", 400),
        ('{"username": "ada", "password": "wrong"}', 401),
    ],
)
def test_json_that_cannot_be_stored_is_refused(body: str, status: int) -> None:
    response = APIClient().post("/api/v1/auth/login/", body, content_type="application/json")
    assert response.status_code == status
    assert response.json()["errors"]


@pytest.mark.parametrize("token", ["Token \xff\xe9", "Token ü", "\xff"])
def test_credentials_that_are_not_ascii_are_refused(token: str) -> None:
    response = APIClient().get("/api/v1/me/", HTTP_AUTHORIZATION=token)
    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize("charset", ["zlib_codec", "rot13", "undefined", "utf-7", "utf-16", "unicode_escape"])
def test_a_charset_that_is_not_a_forms_is_refused(member: Client, charset: str) -> None:
    movie = Movie.objects.create(title="Alien")
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    response = member.generic("POST", reverse("movies:rate", args=[movie.pk]), b"half_stars=9", content_type)
    assert response.status_code == 400


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "no-such"])
def test_the_charset_of_browsers_is_accepted(member: Client, charset: str) -> None:
    movie = Movie.objects.create(title="Alien")
    content_type = f"application/x-www-form-urlencoded; charset={charset}"
    response = member.generic("POST", reverse("movies:rate", args=[movie.pk]), b"half_stars=9", content_type)
    assert response.status_code == 302


@pytest.mark.parametrize(
    "raw", [b"\x80\x04nonsense", b"", b'{"a":', b'"text"', b"[[1]]", b"17", b'{"a": 1}', b"[null]"]
)
def test_values_in_the_cache_that_the_site_did_not_write_are_ignored(redis_cache: Any, raw: bytes) -> None:
    client = redis_cache._cache.get_client(None, write=True)
    for key in ("popular-now", "best-known:0", "histogram:1", "tag-names"):
        client.set(redis_cache.make_and_validate_key(key), raw)
    movie = Movie.objects.create(pk=1, title="Alien")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE movies_movie SET rating_count = 1000000")
    movie.refresh_from_db()
    assert selectors.popular_now(3) == []
    assert selectors.well_known(3) == [movie]
    assert selectors.rating_histogram(movie) == [0] * 10


def test_a_value_of_another_type_in_the_cache_is_ignored(redis_cache: Any) -> None:
    client = redis_cache._cache.get_client(None, write=True)
    key = redis_cache.make_and_validate_key("listed")
    client.lpush(key, "x")
    assert redis_cache.get("listed", "default") == "default"
    assert redis_cache.incr("listed") == 1
