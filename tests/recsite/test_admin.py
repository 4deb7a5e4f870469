"""The admin: lists and searches, permissions, deletion, estimates of large tables."""

import re
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from movies import services
from movies.models import Genre, Movie, MovieTag, Rating, Tag, User
from recommendations.models import ModelVersion, TrainingRun
from recsite.admin import PAGES, BoundedPaginator
from recsite.database.row_estimates import estimated_rows

pytestmark = [pytest.mark.django_db, pytest.mark.database]
HOSTILE = "<script>alert('x')</script>"


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("boss", "boss@example.org"))
    return client


@pytest.fixture
def rated() -> Rating:
    ada = User.objects.create_user("ada")
    movie = Movie.objects.create(title=f"Alien {HOSTILE}", year=1979)
    movie.genres.add(Genre.objects.create(name="Horror", slug="horror"))
    return services.rate(user=ada, movie=movie, half_stars=9)


def address(model: type, page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)  # type: ignore[attr-defined]


def rows(page: bytes) -> int:
    return len(re.findall(r'<tr><td class="action-checkbox">', page.decode()))


@pytest.mark.parametrize("model", list(admin.site._registry), ids=lambda model: model._meta.label)
def test_every_table_can_be_listed_and_searched(boss: Client, rated: Rating, model: type) -> None:
    for query in ("", "?q=alien", "?p=3", "?q=%00", "?q=1&o=1.-2"):
        assert boss.get(address(model, "changelist") + query).status_code in (HTTPStatus.OK, HTTPStatus.FOUND)


@pytest.mark.parametrize(
    ("model", "query", "found"),
    [
        (Movie, "?q=ALIEN+1979", 1),
        (Movie, "?q=nothing", 0),
        (Rating, "?q=ada", 1),
        (Rating, "?q=alien", 1),
        (Rating, "?q=ad", 0),
        (Rating, "?half_stars__exact=9", 1),
        (User, "?q=ad", 1),
    ],
)
def test_searches_and_filters_find_rows(boss: Client, rated: Rating, model: type, query: str, found: int) -> None:
    assert rows(boss.get(address(model, "changelist") + query).content) == found


@pytest.mark.parametrize(("query", "found"), [("ada", 1), ("SLOW", 1), ("slo", 0)])
def test_movie_tags_are_found_by_user_and_tag(boss: Client, rated: Rating, query: str, found: int) -> None:
    MovieTag.objects.create(user=rated.user, movie=rated.movie, tag=Tag.objects.create(name="Slow"))
    assert rows(boss.get(address(MovieTag, "changelist") + f"?q={query}").content) == found


@pytest.mark.parametrize("model", [Movie, Rating])
def test_a_list_needs_no_more_queries_for_more_rows(boss: Client, rated: Rating, model: type) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            boss.get(address(model, "changelist"))
        return len(captured)

    few = queries()
    for n in range(5):
        movie = Movie.objects.create(title=f"More {n}")
        movie.genres.set(Genre.objects.all())
        services.rate(user=rated.user, movie=movie, half_stars=n + 1)
    assert queries() <= few


def test_half_stars_are_shown_as_stars(boss: Client, rated: Rating) -> None:
    assert "★★★★½" in boss.get(address(Rating, "changelist")).content.decode()
    assert '<option value="9" selected>★★★★½</option>' in boss.get(address(Rating, "change", rated.pk)).content.decode()


def test_a_hostile_title_is_escaped(boss: Client, rated: Rating) -> None:
    for model, pk in ((Movie, rated.movie.pk), (Rating, Rating.objects.get().pk)):
        for page in (address(model, "changelist"), address(model, "change", pk), address(model, "delete", pk)):
            assert "<script>alert" not in boss.get(page).content.decode()


def test_a_movielens_user_cannot_be_enabled_to_sign_in(boss: Client) -> None:
    person = User.objects.create(username="movielens-7", movielens_id=7, is_active=False)
    post = {"username": person.username, "is_active": "on", "password": "x"}
    response = boss.post(address(User, "change", person.pk), post)
    assert "comes from a MovieLens release and cannot log in" in response.content.decode()
    person.refresh_from_db()
    assert not person.is_active


def test_a_second_rating_of_a_movie_is_refused_with_an_error(boss: Client, rated: Rating) -> None:
    post = {"user": rated.user.pk, "movie": rated.movie.pk, "half_stars": 3, "rated_at_0": "2026-01-01"}
    response = boss.post(address(Rating, "add"), {**post, "rated_at_1": "12:00"})
    assert response.status_code == HTTPStatus.OK
    assert "already exists" in response.content.decode()


def test_the_counters_stay_correct_when_ratings_are_deleted(boss: Client, rated: Rating) -> None:
    pks = list(Rating.objects.values_list("pk", flat=True))
    post = {"action": "delete_selected", "_selected_action": pks, "post": "yes"}
    assert boss.post(address(Rating, "changelist"), post).status_code == HTTPStatus.FOUND
    rated.movie.refresh_from_db()
    assert (rated.movie.rating_count, rated.movie.rating_mean) == (0, None)


def test_deletion_shows_how_many_rows_are_deleted_with_it(boss: Client, rated: Rating) -> None:
    page = boss.get(address(Movie, "delete", rated.movie.pk)).content.decode()
    assert re.search(r"<li>Ratings: 1</li>", page, re.IGNORECASE)
    assert boss.post(address(Movie, "delete", rated.movie.pk), {"post": "yes"}).status_code == HTTPStatus.FOUND
    assert not Movie.objects.exists()


def test_a_new_movie_gets_its_sort_title_and_a_note_on_retraining(boss: Client, rated: Rating) -> None:
    post = {"title": "The Thing", "year": 1982, "genres": [Genre.objects.get().pk]}
    page = boss.post(address(Movie, "add"), post, follow=True).content.decode()
    assert "after the next training" in page
    assert Movie.objects.get(year=1982).sort_title == "thing"


@pytest.mark.parametrize("model", [TrainingRun, ModelVersion])
def test_runs_and_versions_are_read_only(boss: Client, model: type) -> None:
    assert boss.get(address(model, "add")).status_code == HTTPStatus.FORBIDDEN
    run = TrainingRun.objects.create()
    assert boss.get(address(TrainingRun, "change", run.pk)).status_code == HTTPStatus.OK
    assert boss.post(address(TrainingRun, "change", run.pk), {}).status_code == HTTPStatus.FORBIDDEN
    assert boss.post(address(TrainingRun, "delete", run.pk), {"post": "yes"}).status_code == HTTPStatus.FORBIDDEN


def test_the_admin_redirects_to_the_rate_limited_login() -> None:
    response = Client().get("/admin/", follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))


def test_members_who_are_not_staff_are_refused(rated: Rating) -> None:
    client = Client()
    client.force_login(rated.user)
    assert client.get("/admin/", follow=True).status_code == HTTPStatus.FORBIDDEN


def test_large_tables_are_estimated(rated: Rating) -> None:
    Genre.objects.bulk_create(Genre(name=f"Genre {n}", slug=f"genre-{n}") for n in range(8))
    assert estimated_rows(Genre, exact_up_to=100) == 9
    assert estimated_rows(Genre, exact_up_to=5) == 9
    pages = BoundedPaginator(Genre.objects.order_by("pk"), 1)
    assert (pages.count, pages.num_pages) == (9, 9)
    assert BoundedPaginator(list(range(10_000)), 1).num_pages == PAGES
