"""Time the queries of pages on a warm database, and print p50 and p99 with their limits, and the query plans.

    ALLOWED_HOSTS=localhost DATABASE_URL=… .venv/bin/python -m benchmarks.queries [--repeats 200]

Wall time is what visitors wait for. This process's processor time shows how much of it was spent waiting for other
work on the machine.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.support.measuring import django

PAGE, OPTIONS = 36, 7
MOVIE_MS, SEARCH_MS = 10, 25

Call = Callable[[], Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=200)
    options = parser.parse_args()
    database = django()
    table = Table(title=f"{database['ENGINE'].rpartition('.')[2]}, {options.repeats} of each, warm")
    for name in ("query", "p50 ms", "p99 ms", "limit", "CPU p50 ms"):
        table.add_column(name, justify="left" if name == "query" else "right")
    random = np.random.default_rng(0)
    for name, limit, draw in [*user_queries(), *movie_queries(), *search_queries(), *browse_queries()]:
        calls = [draw(random) for _ in range(options.repeats)]
        wall, cpu = timed(calls)
        cells = (np.percentile(wall, 50), np.percentile(wall, 99), np.percentile(cpu, 50))
        table.add_row(name, f"{cells[0]:.2f}", f"{cells[1]:.2f}", f"{limit or ''}", f"{cells[2]:.2f}")
    console = Console(width=150)
    console.print(table)
    for name, plan in plans():
        console.print(f"[b]{name}[/b]\n", end="")
        console.print(plan, highlight=False, markup=False)


def timed(calls: list[Call]) -> tuple[list[float], list[float]]:
    """Milliseconds of wall and processor time of each call, after a first round that warms the caches."""
    wall, cpu = [], []
    for call in calls:
        call()
    for call in calls:
        started, used = time.perf_counter(), time.process_time()
        call()
        wall.append((time.perf_counter() - started) * 1e3)
        cpu.append((time.process_time() - used) * 1e3)
    return wall, cpu


Query = tuple[str, float, Callable[[np.random.Generator], Call]]


def user_queries() -> Iterator[Query]:
    from movies import columns, selectors  # noqa: PLC0415 - after Django is set up
    from movies.models import User  # noqa: PLC0415

    ratings = columns.ratings()
    ids, counts = np.unique(ratings.user_ids, return_counts=True)
    for target in (20, 500, 20_000):
        near = [User(pk=int(pk)) for pk in ids[np.argsort(np.abs(counts - target))[:20]]]

        def draw(random: np.random.Generator, near: list[User] = near) -> Call:
            user = near[random.integers(len(near))]
            return lambda: selectors.half_stars_of(user)

        yield f"ratings of a user with about {target:,}", 0, draw


def movie_queries() -> Iterator[Query]:
    from django.core.cache import cache  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from movies import selectors  # noqa: PLC0415
    from movies.models import Movie  # noqa: PLC0415
    from movies.selectors import genome, tags  # noqa: PLC0415

    movies = list(Movie.objects.order_by("-rating_count", "pk")[:50]) + list(Movie.objects.order_by("pk")[::1000])

    def drawn(work: Callable[[Movie], Any]) -> Callable[[np.random.Generator], Call]:
        def draw(random: np.random.Generator) -> Call:
            movie = movies[random.integers(len(movies))]
            return lambda: work(movie)

        return draw

    def histogram(movie: Movie) -> Any:
        cache.delete(f"histogram:{movie.pk}")
        return selectors.rating_histogram(movie)

    client = Client(headers={"host": "localhost"})
    yield "movie with genres", MOVIE_MS, drawn(lambda movie: list(selectors.movies().filter(pk=movie.pk)))
    yield "its tags", MOVIE_MS, drawn(tags.top_tags)
    yield "its strongest genome tags", MOVIE_MS, drawn(lambda movie: genome.strongest_tags(movie.pk))
    yield "its histogram", MOVIE_MS, drawn(selectors.rating_histogram)
    yield "its histogram, uncached", MOVIE_MS, drawn(histogram)
    yield "the whole page", 0, drawn(lambda movie: client.get(movie.get_absolute_url(), secure=True))


def search_queries() -> Iterator[Query]:
    from movies import selectors  # noqa: PLC0415
    from movies.models import Movie  # noqa: PLC0415
    from movies.search import current  # noqa: PLC0415

    titles = list(Movie.objects.order_by("pk").values_list("search_text", flat=True)[::97])

    def draw(random: np.random.Generator) -> Call:
        title = titles[random.integers(len(titles))]
        text = title[: random.integers(1, len(title) + 1)] if title else "a"
        return lambda: list(selectors.browse(selectors.Browse(text=text))[:OPTIONS])

    def misspelled(random: np.random.Generator) -> Call:
        title = titles[random.integers(len(titles))] or "a"
        text = title[: random.integers(1, len(title) + 1)]
        position = int(random.integers(len(text)))
        typed = text[:position] + "abcdefghijklmnopqrstuvwxyz"[random.integers(26)] + text[position + 1 :]
        return lambda: selectors.answers(typed, OPTIONS)

    def answered(random: np.random.Generator) -> Call:
        title = titles[random.integers(len(titles))] or "a"
        text = title[: random.integers(1, len(title) + 1)]
        return lambda: selectors.answers(text, OPTIONS)

    started = time.perf_counter()
    current.refresh()
    print(f"search index built in {time.perf_counter() - started:.1f} s")
    yield "search by prefixes only", SEARCH_MS, draw
    yield "search as you type", SEARCH_MS, answered
    yield "search as you type, one letter wrong", SEARCH_MS, misspelled
    for text in ("t", "the", "Matrix, The", "1999", "Amélie", "zzz"):
        yield f"search “{text}”", SEARCH_MS, _always(selectors.Browse(text=text), OPTIONS)


def browse_queries() -> Iterator[Query]:
    from movies.selectors import Browse, Sort  # noqa: PLC0415

    for name, filters in filter_sets().items():
        yield f"page of {name}, best known", 0, _always(Browse(**filters), PAGE)
        yield f"page of {name}, best rated", 0, _always(Browse(**filters, sort=Sort.RATING), PAGE)


def filter_sets() -> dict[str, dict[str, Any]]:
    from django.db.models import Count  # noqa: PLC0415

    from movies.models import Genre, Tag  # noqa: PLC0415

    genre = Genre.objects.annotate(size=Count("movies")).order_by("-size")[0].slug
    tag = Tag.objects.annotate(size=Count("movie_tags")).order_by("-size")[0].name
    return {
        "all movies": {},
        f"the genre {genre}": {"genres": (genre,)},
        "the year 1999": {"year_from": 1999, "year_to": 1999},
        f"the tag {tag}": {"tag": tag},
    }


def _always(browse: Any, n: int) -> Callable[[np.random.Generator], Call]:
    from movies import selectors  # noqa: PLC0415

    return lambda random: lambda: list(selectors.browse(browse)[:n])


def plans() -> Iterator[tuple[str, str]]:
    from movies import selectors  # noqa: PLC0415
    from movies.models import Movie, Rating, User  # noqa: PLC0415
    from movies.selectors import Browse  # noqa: PLC0415

    user, movie = User.objects.filter(ratings__isnull=False)[0], Movie.objects.order_by("-rating_count")[0]
    yield "a user's ratings", Rating.objects.filter(user=user).order_by("movie_id").values("half_stars").explain()
    yield "a histogram", Rating.objects.filter(movie=movie).order_by().values("half_stars").distinct().explain()
    for text in ("t", "amelie"):
        yield f"search “{text}”", selectors.browse(Browse(text=text))[:OPTIONS].explain()
    for name, filters in filter_sets().items():
        yield f"page of {name}", selectors.browse(Browse(**filters))[:PAGE].explain()


if __name__ == "__main__":
    main()
