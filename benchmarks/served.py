"""Compare served recommendations with brute force: recall@10 for many users under eight filters.

    .venv/bin/python -m benchmarks.served --users 1000

calls `recommend` for users of the active version, and sorts all movies that the database finds eligible by their
scores in float64.
"""

import argparse
import os
import time

import django
import numpy as np
from rich.console import Console
from rich.table import Table

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
django.setup()

from django.db.models import Count  # noqa: E402

from movies.models import Genre, Movie, Rating, User  # noqa: E402
from recommendations.serving import active  # noqa: E402
from recommendations.serving.model import ServingModel  # noqa: E402
from recommendations.serving.profile import Ratings  # noqa: E402
from recommendations.serving.recommend import Filters, recommend  # noqa: E402

K = 10
HEAVIEST = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000)
    number = parser.parse_args().users
    model = active.current()
    if model is None:
        parser.error("no version is active")
    users = sampled(number)
    table = Table("filter", title=f"{len(users):,} users, {len(model.movies):,} movies, version {model.name}")
    for column in ("eligible movies", "recall@10", "same lists", "µs per list (p50, whole service)"):
        table.add_column(column, justify="right")
    for name, filters in filter_sets().items():
        table.add_row(name, *compare(model, users, filters))
    Console(width=120).print(table)


def sampled(n: int) -> list[User]:
    """Return the users with the most ratings, and others at random."""
    counts = User.objects.annotate(n=Count("ratings")).filter(n__gt=0)
    heaviest = list(counts.order_by("-n", "pk")[:HEAVIEST])
    ids = np.array(User.objects.exclude(pk__in=[user.pk for user in heaviest]).values_list("pk", flat=True))
    chosen = np.random.default_rng(0).permutation(ids)[: max(0, n - len(heaviest))]
    return heaviest[:n] + list(User.objects.filter(pk__in=chosen.tolist()).order_by("pk"))


def filter_sets() -> dict[str, Filters]:
    sizes = list(Genre.objects.annotate(n=Count("movies")).filter(n__gt=0).order_by("n").values_list("pk", flat=True))
    rarest, middle, largest, second = sizes[0], sizes[len(sizes) // 2], sizes[-1], sizes[-2]
    return {
        "none": Filters(),
        "the largest genre": Filters(genres=frozenset([largest])),
        "the rarest genre": Filters(genres=frozenset([rarest])),
        "two genres": Filters(genres=frozenset([largest, second])),
        "1980 to 1989": Filters(year_from=1980, year_to=1989),
        "50 ratings or more": Filters(min_ratings=50),
        "a genre from 2000 on": Filters(genres=frozenset([middle]), year_from=2000),
        "all combined": Filters(genres=frozenset([largest]), year_from=1990, year_to=2010, min_ratings=20),
    }


def compare(model: ServingModel, users: list[User], filters: Filters) -> tuple[str, ...]:
    eligible = eligible_ids(filters)
    candidates = model.movies.ordinals(eligible, missing="drop")
    items = model.embeddings.items[candidates].astype(np.float64)
    recalls, same, times = [], 0, []
    for user in users:
        start = time.thread_time_ns()
        served = [entry.movie.pk for entry in recommend(user, n=K, filters=filters).entries if entry.score is not None]
        times.append(time.thread_time_ns() - start)
        true = brute_force(model, user, candidates, items)
        recalls.append(np.isin(true, served).mean() if len(true) else float(not served))
        same += served == true.tolist()
    p50 = np.median(times) / 1000
    return f"{len(candidates):,}", f"{np.mean(recalls):.4f}", f"{same / len(users):.4f}", f"{p50:,.0f}"


def eligible_ids(filters: Filters) -> list[int]:
    movies = Movie.objects.all()
    for genre in filters.genres:
        movies = movies.filter(genres=genre)
    limits = {"year__gte": filters.year_from, "year__lte": filters.year_to, "rating_count__gte": filters.min_ratings}
    return list(movies.filter(**{k: v for k, v in limits.items() if v is not None}).values_list("pk", flat=True))


def brute_force(model: ServingModel, user: User, candidates: np.ndarray, items: np.ndarray) -> np.ndarray:
    """Return the ids of the top k by sorting all eligible, unrated movies."""
    rows = list(Rating.objects.filter(user=user).values_list("movie_id", "half_stars"))
    profile = model.profile(user.pk, Ratings.of(rows))
    if profile is None:
        return np.empty(0, np.int64)
    scores = (items @ profile.vector.astype(np.float64)).astype(np.float32)
    unrated = ~np.isin(candidates, profile.ordinals)
    order = np.lexsort((candidates[unrated], -scores[unrated]))[:K]
    return model.ids(candidates[unrated][order])


if __name__ == "__main__":
    main()
