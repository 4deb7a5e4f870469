"""Check that explanations add up: the deviation of the parts' sum from the score, for random users and movies.

    .venv/bin/python -m benchmarks.explaining --users 1000 --movies 100

uses the active version. Each user is explained twice, as trained and as folded in from their ratings. The benchmark
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
from recommendations.serving.model import ServingModel  # noqa: E402
from recommendations.serving.profile import Ratings  # noqa: E402

FOLDED = 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--users", type=int, default=1_000)
    parser.add_argument("--movies", type=int, default=100)
    options = parser.parse_args()
    model = active.current()
    if model is None:
        parser.error("no version is active")
    random = np.random.default_rng(0)
    users = random.permutation(model.users.ids)[: options.users]
    worst = {"parts": 0.0, "ratings": 0.0, "largest score": 0.0}
    for user in users.tolist():
        ratings = Ratings(*columns.of_user(user))
        movies = random.choice(model.movies.ids, options.movies, replace=False)
        for trained_user in (user, None):
            for name, value in deviations(model, trained_user, ratings, movies).items():
                worst[name] = max(worst[name], value)
    print(f"{len(users):,} users × 2 × {options.movies} movies; largest deviation from the score:")
    for name, value in worst.items():
        print(f"  {name}: {value:.2e}")
    print(f"fold-in of {FOLDED} ratings, d = {model.embeddings.dimension}: {fold_in(model):.3f} ms (p50)")


def deviations(model: ServingModel, user: int | None, ratings: Ratings, movies: np.ndarray) -> dict[str, float]:
    profile = model.profile(user, ratings)
    known = list(model.score_parts(profile, movies.tolist()).values())
    training = 0.0
    if profile is not None and user is not None:
        # A trained user's vector differs from the fold-in of their ratings; the difference is a part of its own.
        training = profile.vector.astype(np.float64) - model.fold_in.vector(
            profile.ordinals, profile.half_stars, profile.rated_at
        )
    items = model.embeddings.items[model.movies.ordinals(movies)].astype(np.float64)
    trained_parts = (items @ (training if isinstance(training, np.ndarray) else np.zeros(items.shape[1]))).tolist()
    by_part = [abs(sum(parts.blocks.values()) - parts.score) for parts in known]
    by_rating = [
        abs(parts.base + sum(parts.shares.values()) + trained - parts.score)
        for parts, trained in zip(known, trained_parts, strict=True)
    ]
    return {
        "parts": max(by_part),
        "ratings": max(by_rating),
        "largest score": max(abs(parts.score) for parts in known),
    }


def fold_in(model: ServingModel) -> float:
    random = np.random.default_rng(1)
    times = []
    for _ in range(200):
        rated = random.choice(len(model.movies), FOLDED, replace=False)
        half_stars = random.integers(1, 11, FOLDED)
        start = time.thread_time_ns()
        model.fold_in.vector(rated, half_stars, np.arange(FOLDED))
        times.append(time.thread_time_ns() - start)
    return float(np.median(times)) / 1e6


if __name__ == "__main__":
    main()
