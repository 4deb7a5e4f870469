"""The most expensive allowed request of each route, and what it costs."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse

from benchmarks.support import expensive_api
from benchmarks.support.stage import LIGATURE, MOST_TEXT, PASSWORD, Form, Stage, line
from movies.models import Movie


def routes(resolver: URLResolver | None = None, space: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Yield the name of each route but the admin's, and the methods of the API's."""
    for pattern in (resolver or get_resolver()).url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from routes(pattern, (*space, pattern.namespace) if pattern.namespace else space)
            continue
        view = getattr(pattern.callback, "cls", None)
        methods = [name for name in ("get", "post", "put", "patch", "delete") if hasattr(view, name)]
        yield ":".join((*space, pattern.name or str(pattern.pattern))), methods if pattern.name != "nowhere" else []


def forms(on: Stage) -> dict[str, list[Form]]:
    """Return the forms by the name of the route."""
    return {**_pages(on), **_accounts(on), **expensive_api.forms(on)}


def _pages(on: Stage) -> dict[str, list[Form]]:
    last, first = on.movies[-1], on.movies[0]
    steering = ["n=240", "diversity=1", "recency=1", "popularity=1"]
    steering += [f"{name}={genre}" for name in ("more", "less") for genre in on.genres]
    steering += [f"{name}={tag.replace(' ', '+')}" for name in ("more_tag", "less_tag") for tag in on.tags]
    wishes = [f"{name}=tag:{tag.replace(' ', '+')}" for tag in on.tags for name in ("more", "less")]
    genres = [f"genre={genre}" for genre in on.genres]
    words = "+".join(f"lo{n}" for n in range(40))
    texts = ("x" * 200, words, "t", "the", "%EF%B7%BA" * 200)
    group = reverse("recommendations:group", args=[on.group.pk])
    page, preview = "page=9999999", _preview(on)

    def of(name: str, *args: Any) -> str:
        return reverse(name, args=args)

    def get(name: str, *args: Any, parts: tuple[str, ...] = ()) -> Form:
        return Form("member", "get", line(of(name, *args), *parts))

    def post(name: str, /, *args: Any, **data: str) -> Form:
        return Form("member", "post", of(name, *args), {"data": data})

    return {
        "home": [get("home"), Form("visitor", "get", "/")],
        "movies:browse": [
            *(
                get("movies:browse", parts=(f"q={text}", *genres[:1]))
                for text in ("x" * 200, words, "t", "%EF%B7%BA" * 200)
            ),
            *(get("movies:browse", parts=(f"sort={sort}", page, *genres)) for sort in ("rating", "title", "newest")),
            get("movies:browse", parts=(f"tag={on.tags[0].replace(' ', '+')}", "min_ratings=10", page)),
        ],
        "movies:suggest": [get("movies:suggest", parts=(f"q={text}",)) for text in texts],
        "movies:detail": [get("movies:detail", pk) for pk in (first, last)],
        "movies:cover": [get("movies:cover", last)],
        "movies:poster": [get("movies:poster", last)],
        "movies:rate": [post("movies:rate", last, half_stars="9", next="/" + "x" * MOST_TEXT)],
        "movies:watch": [post("movies:watch", first, next="/" + "x" * MOST_TEXT)],
        "movies:see": [post("movies:see", first, next="/" + "x" * MOST_TEXT)],
        "movies:hide": [post("movies:hide", first, next="/" + "x" * MOST_TEXT)],
        "movies:ratings": [
            get("movies:ratings", parts=(page, f"sort={sort}", f"q={text}"))
            for sort, text in (("title", "t"), ("best", words))
        ],
        "movies:statistics": [get("movies:statistics")],
        "movies:export": [Form("member", "get", of("movies:export"), own_data=True)],
        "movies:import": [_upload(text) for text in _files(on)],
        "movies:save-import": [post("movies:save-import", token=token) for token in ("x" * 90_000, preview)],
        "movies:import-preview": [get("movies:import-preview", preview), post("movies:import-preview", preview)],
        "movies:import-missed": [Form("member", "get", of("movies:import-missed", preview), own_data=True)],
        "movies:import-line": [get("movies:import-line", preview, "0", parts=(f"q={text}",)) for text in texts],
        "movies:import-lines": [get("movies:import-lines", preview, which) for which in ("ready", "missed")],
        "movies:account": [get("movies:account")],
        "movies:export-account": [Form("member", "get", of("movies:export-account"), own_data=True)],
        "movies:predictions": [post("movies:predictions", shown="yes")],
        "movies:leave": [
            post("movies:leave", name="x" * MOST_TEXT, password="x" * 1_000),
            post("movies:leave", name=on.member.username, password=PASSWORD),
        ],
        "movies:watchlist": [get("movies:watchlist")],
        "movies:credits": [get("movies:credits")],
        "recommendations:start": [get("recommendations:start")],
        "recommendations:first-picks": [get("recommendations:first-picks")],
        "recommendations:list": [
            get("recommendations:list", parts=("n=240", "diversity=1", "recency=1")),
            get("recommendations:list", parts=tuple(steering)),
            get("recommendations:list", parts=("n=240", "diversity=1", *steering[-60:])),
        ],
        "recommendations:groups": [get("recommendations:groups"), post("recommendations:groups")],
        "recommendations:group": [Form("member", "get", line(group, *steering))],
        "recommendations:leave-group": [post("recommendations:leave-group", on.group.pk)],
        "recommendations:invitation": [post("recommendations:invitation", on.group.pk, action="renew")],
        "recommendations:join": [get("recommendations:join", "x" * 3_000)],
        "recommendations:similar": [get("recommendations:similar", last, parts=tuple(wishes))],
        "recommendations:verdict": [get("recommendations:verdict", last)],
        "offline": [get("offline")],
        "offline-worker": [get("offline-worker")],
        "livez": [Form("visitor", "get", "/livez")],
        "readyz": [Form("visitor", "get", "/readyz")],
        "metrics": [Form("visitor", "get", "/metrics")],
    }


def _files(on: Stage) -> Iterator[str]:
    """Files of ratings at the caps of bytes, lines and columns."""
    from movies.transfer.entries import MAX_COLUMNS, MOST_BYTES, MOST_LINES  # noqa: PLC0415

    titles = list(Movie.objects.order_by("pk").values_list("title", "year")[:MOST_LINES])
    known = "".join(f'"{title}",{year},5\n' for title, year in titles)
    yield "Title,Year,Rating\n" + known * (MOST_LINES // max(1, len(titles)))
    for title in (LIGATURE * 60, "The long title of a movie, unknown " * 5, "A. The b ("):
        row = f'"{title}",1999,5\n'
        yield "Title,Year,Rating\n" + row * min(MOST_LINES, (MOST_BYTES - 100) // len(row.encode()))
    yield "Title,Year,Rating\n" + "".join(f'"unknown {n} {n}",1999,5\n' for n in range(MOST_LINES))
    wide = "Heat,5" + "," * (MAX_COLUMNS - 2) + "\n"
    yield "Title,Rating\n" + wide * min(MOST_LINES, (MOST_BYTES - 100) // len(wide))
    yield "movieId,rating,timestamp\n" + "".join(f"{n},5,1500000000\n" for n in range(1, MOST_LINES + 1))
    yield "Title,Rating\n" + "Heat,9999\n" * MOST_LINES


def _preview(on: Stage) -> str:
    """The token of a preview with as many lines as a file may have, half of them found."""
    from movies.transfer import preview, reading  # noqa: PLC0415
    from movies.transfer.entries import MOST_LINES  # noqa: PLC0415

    titles = list(Movie.objects.order_by("pk").values_list("title", "year")[: MOST_LINES // 2])
    rows = "".join(f'"{title}",{year},5\n' for title, year in titles)
    rows += "".join(f'"unknown {n}",1999,5\n' for n in range(MOST_LINES - len(titles)))
    data = f"Title,Year,Rating\n{rows}".encode()
    return preview.create(on.member, "ratings.csv", data, reading.read(data, "ratings.csv")).token


def _upload(text: str) -> Form:
    file = SimpleUploadedFile("ratings.csv", text.encode())
    return Form("member", "post", reverse("movies:import"), {"data": {"file": file}})


def _accounts(on: Stage) -> dict[str, list[Form]]:
    long = LIGATURE * (MOST_TEXT // len(LIGATURE.encode()))
    password = "x" * 1_000
    fields = {
        "account_login": {"login": long, "password": password},
        "account_signup": {"username": "newcomer", "email": "new@example.org", "password1": f"{PASSWORD}-{'p' * 900}"},
        "account_reset_password": {"email": long},
        "account_logout": {},
        "account_reauthenticate": {"password": "p" * MOST_TEXT},
        "account_email": {"action_add": "", "email": long, "password": password},
        "account_change_password": {"oldpassword": "p" * MOST_TEXT, "password1": password, "password2": password},
        "account_set_password": {"password1": password, "password2": password},
        "account-revoke-token": {"token": long},
        "mfa_activate_totp": {"code": long},
        "mfa_authenticate": {"code": long},
        "mfa_deactivate_totp": {},
        "mfa_generate_recovery_codes": {},
        "mfa_reauthenticate": {"code": long},
    }
    plain = (
        *("account_inactive", "account_email_verification_sent", "account_confirm_login_code", "account-tokens"),
        *("account_reset_password_done", "account_reset_password_from_key_done"),
        *("mfa_index", "mfa_view_recovery_codes", "mfa_download_recovery_codes"),
    )
    visitors = ("account_login", "account_signup", "account_reset_password")
    found = {
        name: [
            Form("visitor" if name in visitors else "member", "get", reverse(name)),
            Form("visitor" if name in visitors else "member", "post", reverse(name), {"data": data}),
        ]
        for name, data in fields.items()
    }
    key = "x" * 3_000
    new = {"oldpassword": PASSWORD, "password1": f"new-{PASSWORD}", "password2": f"new-{PASSWORD}"}
    found["account_change_password"].append(Form("member", "post", reverse("account_change_password"), {"data": new}))
    return {
        **found,
        **{name: [Form("member", "get", reverse(name))] for name in plain},
        "account_confirm_email": [Form("visitor", "get", reverse("account_confirm_email", args=[key]))],
        "account_reset_password_from_key": [
            Form("visitor", "get", reverse("account_reset_password_from_key", args=["1", key]))
        ],
    }


def clients(on: Stage) -> dict[str, Client]:
    """Return a client for each actor."""
    made = {name: Client(raise_request_exception=False) for name in ("visitor", "member", "boss")}
    made["member"].force_login(on.member)
    made["boss"].force_login(on.boss)
    return made


@dataclass
class Cost:
    """What a request took: `seconds` of processor time, the least of several runs."""

    status: int
    seconds: float
    size: int


def cost(client: Client, form: Form, runs: int = 3) -> Cost:
    """Send a request several times; what it writes is rolled back."""
    costs = [_once(client, form) for _ in range(runs)]
    return min(costs, key=lambda cost: cost.seconds)


def _once(client: Client, form: Form) -> Cost:
    data = dict(form.body)
    for upload in data.get("data", {}).values() if isinstance(data.get("data"), dict) else ():
        if isinstance(upload, SimpleUploadedFile):
            upload.seek(0)
    cookies = SimpleCookie({name: morsel.value for name, morsel in client.cookies.items()})
    with transaction.atomic():
        started = time.process_time()
        response = getattr(client, form.method)(form.path, **data)
        size = sum(map(len, response)) if response.streaming else len(response.content)
        seconds = time.process_time() - started
        transaction.set_rollback(True)
    client.cookies = cookies
    return Cost(response.status_code, seconds, size)
