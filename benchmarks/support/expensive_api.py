"""The most expensive allowed request of each endpoint of the API."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.urls import reverse

from benchmarks.support.stage import LIGATURE, LIKED, Form, Stage, line


def forms(on: Stage) -> dict[str, list[Form]]:
    """Return the forms by the name of the route."""
    from recommendations.api.events import MOST_EVENTS  # noqa: PLC0415
    from recommendations.api.serializers import LONGEST_LIST, MOST_RATINGS, MOST_USERS  # noqa: PLC0415

    last, first = on.movies[-1], on.movies[0]
    pairs = [{"movie": pk, "stars": 0.5 + n % 10 / 2} for n, pk in enumerate(on.movies[:MOST_RATINGS])]
    sliders = {"n": LONGEST_LIST, "explain": True, "reasons": 10, "diversity": 1, "recency": 1, "popularity": 1}
    wishes = {"more": on.genres[:20], "less": on.genres[:20], "more_tags": on.tags[:20], "less_tags": on.tags[20:40]}
    steered = [f"{name}={str(value).lower()}" for name, value in sliders.items()]
    steered += [f"{name}={value.replace(' ', '%20')}" for name, values in wishes.items() for value in values]
    steered += [f"exclude={pk}" for pk in on.movies[:100]]
    preview = {"ratings": pairs, **sliders, **wishes, "exclude": on.movies[-MOST_RATINGS:]}
    listed = [{"kind": "click", "movie": pk, "source": "popular", "rank": 1} for pk in on.movies[:MOST_EVENTS]]
    credentials = {"username": LIGATURE * 254, "password": "x" * 1_000}
    names = ("api-v1:movie", "api-v1:movie-tags", "api-v1:rating")
    pages = ("api-v1:tags", "api-v1:my-ratings", "api-v1:my-watchlist", "api-v1:my-seen", "api-v1:my-hidden")
    texts = ("x" * 200, "+".join(f"lo{n}" for n in range(40)), "the")
    deep = "[" + "[]," * ((_most_body() - 10) // 3) + "[]]"

    def send(name: str, content: Any, *args: Any, method: str = "post", actor: str = "member") -> Form:
        text = content if isinstance(content, str) else json.dumps(content)
        return Form(actor, method, reverse(name, args=args), {"data": text, "content_type": "application/json"})

    def get(name: str, *args: Any, parts: tuple[str, ...] = (), actor: str = "member") -> Form:
        return Form(actor, "get", line(reverse(name, args=args), *parts))

    return {
        "api-v1:login": [send("api-v1:login", content, actor="visitor") for content in (credentials, deep)],
        "api-v1:logout": [send("api-v1:logout", {})],
        "api-v1:logout-everywhere": [send("api-v1:logout-everywhere", {})],
        "api-v1:movies": [
            get("api-v1:movies", parts=("page_size=100", *(f"genre={genre}" for genre in on.genres[:6]))),
            *(get("api-v1:movies", parts=("page_size=100", "sort=rating", f"q={text}")) for text in texts),
        ],
        **{name: [get(name, pk) for pk in (first, last)] for name in names[:2]},
        "api-v1:rating": [
            get("api-v1:rating", first),
            send("api-v1:rating", {"stars": 5}, last, method="put"),
            send("api-v1:rating", {}, last, method="delete"),
        ],
        **{
            f"api-v1:{name}": [send(f"api-v1:{name}", {}, last, method=method) for method in ("put", "delete")]
            for name in ("on-watchlist", "seen", "not-interested")
        },
        "api-v1:genres": [get("api-v1:genres")],
        "api-v1:me": [get("api-v1:me")],
        **{name: [get(name, parts=("page_size=100",))] for name in pages},
        "api-v1:my-ratings": [
            get("api-v1:my-ratings", parts=("page_size=100",)),
            send("api-v1:my-ratings", {"movie": last, "stars": 5}),
        ],
        "api-v1:import-ratings": [send("api-v1:import-ratings", content) for content in _imports(on)],
        "api-v1:similar": [get("api-v1:similar", last, parts=("n=100",))],
        "api-v1:explanation": [get("api-v1:explanation", last)],
        "api-v1:my-recommendations": [
            get("api-v1:my-recommendations", parts=parts) for parts in (tuple(steered), tuple(steered[:6]))
        ],
        "api-v1:my-predictions": [get("api-v1:my-predictions", parts=tuple(f"movie={pk}" for pk in on.movies[-100:]))],
        "api-v1:preview": [send("api-v1:preview", content, actor="visitor") for content in (preview, deep)],
        "api-v1:batch": [send("api-v1:batch", {"users": on.people[:MOST_USERS], "n": _batch_n(on)}, actor="boss")],
        "api-v1:recommendations-of": [
            get("api-v1:recommendations-of", on.member.pk, parts=tuple(steered), actor="boss")
        ],
        "api-v1:versions": [get("api-v1:versions", parts=("page_size=100",), actor="boss")],
        "api-v1:version": [get("api-v1:version", "x" * 60, actor="boss")],
        "api-v1:roll-back": [send("api-v1:roll-back", {})],
        "api-v1:activate": [send("api-v1:activate", {}, "x" * 60)],
        "api-v1:runs": [get("api-v1:runs", parts=("page_size=100",), actor="boss"), send("api-v1:runs", deep)],
        "api-v1:run": [get("api-v1:run", 1, actor="boss")],
        "api-v1:cancel": [send("api-v1:cancel", {}, 1)],
        "api-v1:events": [send("api-v1:events", {"events": listed})],
        "api-v1:schema": [get("api-v1:schema", actor="visitor")],
        "api-v1:docs": [get("api-v1:docs", actor="visitor")],
        "api-v1:nowhere": [get("api-v1:nowhere", "x" * 3_000, actor="visitor")],
    }


def _most_body() -> int:
    from recsite.api.parsing import MOST_BYTES  # noqa: PLC0415

    return MOST_BYTES


def _batch_n(on: Stage) -> int:
    from recommendations.api.serializers import MOST_LINES, MOST_USERS  # noqa: PLC0415

    return MOST_LINES // MOST_USERS


def _imports(on: Stage) -> Iterator[Any]:
    from movies.api.serializers import MOST_IMPORTED  # noqa: PLC0415

    times = [(LIKED + timedelta(seconds=n)).isoformat() for n in range(MOST_IMPORTED)]
    movies = (on.movies * MOST_IMPORTED)[:MOST_IMPORTED]
    yield {"ratings": [{"movie": pk, "stars": 5, "rated_at": at} for pk, at in zip(movies, times, strict=True)]}
    yield {"ratings": [{"movie": 10**9 + n, "stars": 5, "rated_at": at} for n, at in enumerate(times)]}
    yield {"ratings": [{"movie": "x", "stars": 7, "rated_at": "x"} for _ in range(MOST_IMPORTED)]}
