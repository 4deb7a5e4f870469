"""Add up explanations: how far the parts' sums are from the scores, for random users and movies of a version.

    .venv/bin/python -m benchmarks.explaining --users 1000 --movies 100

takes the version that serves; each user is explained as trained, and once more as folded in from their ratings.  It
also times the fold-in of 100 ratings.
"""

import argparse
import os
import time

import django
import numpy as np

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
django.setup()

from movies import columns  # noqa: E402
from recommendations.serving import active  # noqa: E402
from recommendations.serving.model import Ratings, ServingModel  # noqa: E402

FOLDED = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--movies", type=int, default=100)
    options = parser.parse_args()
    model = active.current()
    if model is None:
        parser.error("no version serves")
    random = np.random.default_rng(0)
    users = random.permutation(model.users.ids)[: options.users]
    worst = {"parts": 0.0, "ratings": 0.0, "largest score": 0.0}
    for user in users.tolist():
        ratings = Ratings(*columns.of_user(user))
        movies = random.choice(model.movies.ids, options.movies, replace=False)
        for who in (user, None):
            for name, value in deviations(model, who, ratings, movies).items():
                worst[name] = max(worst[name], value)
    print(f"{len(users):,} users, twice, × {options.movies} movies; largest deviation from the score:")
    for name, value in worst.items():
        print(f"  {name}: {value:.2e}")
    print(f"fold-in of {FOLDED} ratings, d = {model.embeddings.dimension}: {fold_in(model):.3f} ms (p50)")


def deviations(model: ServingModel, user: int | None, ratings: Ratings, movies: np.ndarray) -> dict[str, float]:
    profile = model.profile(user, ratings)
    told = model.score_parts(profile, movies.tolist())
    known = list(told.values())
    training = 0.0
    if profile is not None and user is not None:
        # What training added to the sum over the ratings is a part of its own.
        training = profile.vector.astype(np.float64) - model.fold_in.vector(
            profile.ordinals, profile.half_stars, profile.rated_at
        )
    items = model.embeddings.items[model.movies.ordinals(movies)].astype(np.float64)
    added = (items @ (training if isinstance(training, np.ndarray) else np.zeros(items.shape[1]))).tolist()
    by_part = [abs(sum(parts.blocks.values()) - parts.score) for parts in known]
    by_rating = [
        abs(parts.base + sum(parts.shares.values()) + more - parts.score)
        for parts, more in zip(known, added, strict=True)
    ]
    return {
        "parts": max(by_part),
        "ratings": max(by_rating),
        "largest score": max(abs(parts.score) for parts in known),
    }


def fold_in(model: ServingModel) -> float:
    random = np.random.default_rng(1)
    taken = []
    for _ in range(200):
        rated = random.choice(len(model.movies), FOLDED, replace=False)
        half_stars = random.integers(1, 11, FOLDED)
        start = time.thread_time_ns()
        model.fold_in.vector(rated, half_stars, np.arange(FOLDED))
        taken.append(time.thread_time_ns() - start)
    return float(np.median(taken)) / 1e6


if __name__ == "__main__":
    main()
