"""Filters and searches of the admin reveal no password, token or invitation."""

from http import HTTPStatus

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from knox.models import AuthToken

from movies.models import Movie, Rating, User
from recsite.admin import OfferedLookups

pytestmark = [pytest.mark.django_db, pytest.mark.database]


@pytest.fixture
def staff(db: None) -> Client:
    """Staff who may see all tables and change none."""
    user = User.objects.create_user("staff", password="unused-0815-long", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    client = Client()
    client.force_login(user)
    return client


def address(model: type) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("model", "query"),
    [
        ("movies.User", "password__startswith=pbkdf2"),
        ("movies.User", "password__regex=."),
        ("movies.User", "email__startswith=a"),
        ("movies.User", "auth_token_set__digest__startswith=0"),
        ("movies.User", "watch_groups__invitation__startswith=a"),
        ("movies.User", "groups__user__password__startswith=p"),
        ("movies.Rating", "user__password__startswith=p"),
        ("movies.Rating", "user__id__exact__password__startswith=p"),
        ("movies.MovieTag", "user__password__startswith=p"),
        ("movies.WatchlistItem", "user__auth_token_set__token_key__startswith=p"),
        ("api.ServiceToken", "token__digest__startswith=0"),
        ("api.ServiceToken", "token__user__password__startswith=0"),
        ("knox.AuthToken", "digest__startswith=0"),
        ("knox.AuthToken", "token_key__startswith=0"),
        ("knox.AuthToken", "user__password__startswith=0"),
        ("recommendations.TrainingRun", "requested_by__password__startswith=p"),
        ("axes.AccessAttempt", "post_data__contains=secret"),
    ],
)
def test_a_lookup_that_no_filter_offers_is_refused(staff: Client, model: str, query: str) -> None:
    response = staff.get(f"{address(apps.get_model(model))}?{query}")
    assert response.status_code == HTTPStatus.BAD_REQUEST


def test_every_table_allows_only_the_filters_that_it_offers() -> None:
    assert not [model for model, table in admin.site._registry.items() if not isinstance(table, OfferedLookups)]


def test_a_search_reads_no_secret(staff: Client, ada: User) -> None:
    token, _ = AuthToken.objects.create(user=ada)
    for model, text in ((AuthToken, token.digest[:9]), (AuthToken, token.token_key[:5]), (User, ada.password[:9])):
        page = staff.get(f"{address(model)}?q={text}")
        assert page.context["cl"].result_count == 0
    assert staff.get(f"{address(AuthToken)}?q=ada").context["cl"].result_count == 1


def test_offered_filters_and_links_still_work(staff: Client, ada: User) -> None:
    rating = Rating.objects.create(user=ada, movie=Movie.objects.create(title="Alien"), half_stars=9)
    for model, query in (
        (User, "is_staff__exact=0"),
        (User, "groups__isnull=True"),
        (Rating, f"user__id__exact={ada.pk}"),
        (Rating, f"movie__id__exact={rating.movie_id}"),
        (Rating, "half_stars__exact=9"),
        (apps.get_model("axes.AccessAttempt"), "locked_out=no"),
    ):
        assert staff.get(f"{address(model)}?{query}").status_code == HTTPStatus.OK, query
