"""Compare Spark's ALS with `implicit`'s by NDCG@10, on the same hold-out and with the same objective.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m benchmarks.als FOLDER --dimension 32 --epochs 10

reads a folder of a MovieLens release and no database. Spark runs on `SPARK_MASTER`. Both give an entry r of a like the
confidence 1 + confidence × r. Their penalties are not comparable: Spark's grows with the number of ratings that a
vector is solved from, implicit's does not. So each is tuned over values of its own.
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path

import django
import numpy as np
from implicit.als import AlternatingLeastSquares

from benchmarks.support import data_sets
from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.splits import Split, split_by_user_time
from recommendations.engine.evaluation.evaluate import Scorer, evaluate, scorer_of
from recommendations.engine.models.spark_als import AlsConfig

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
django.setup()

from recommendations.training.spark import SparkTrainer  # noqa: E402

Trial = tuple[float, Scorer]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    for name, value in (("dimension", 32), ("epochs", 10), ("users", 5_000)):
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--confidence", type=float, default=4.0)
    parser.add_argument("--ridge", type=float, nargs="+", default=[0.1, 0.2], help="penalties of Spark's ALS")
    parser.add_argument("--penalty", type=float, nargs="+", default=[10.0, 20.0], help="penalties of implicit's ALS")
    options = parser.parse_args()
    interactions, features = data_sets.read(options.folder)
    split = split_by_user_time(interactions)
    config = AlsConfig(dimension=options.dimension, epochs=options.epochs, confidence=options.confidence)
    print(f"{len(split.train):,} training ratings, {options.users:,} users evaluated; {config}")
    best = [
        best_ndcg(name, trials, split, options.users)
        for name, trials in (
            ("Spark", spark(split, features, config, options.ridge)),
            ("implicit", implicit(split, config, options.penalty)),
        )
    ]
    print(f"Spark ÷ implicit: {best[0] / best[1]:.3f}")


def best_ndcg(name: str, trials: Iterator[Trial], split: Split, users: int) -> float:
    """Print the NDCG@10 of each trial and return the best."""
    values, started = [], time.perf_counter()
    for penalty, scorer in trials:
        seconds = time.perf_counter() - started
        values.append(evaluate(scorer, split, max_users=users).metrics["ndcg@10"])
        print(f"{name}, penalty {penalty:g}: NDCG@10 {values[-1]:.4f}, fitted in {seconds:.0f} s", flush=True)
        started = time.perf_counter()
    return max(values)


def spark(split: Split, features: ItemFeatures, config: AlsConfig, ridges: list[float]) -> Iterator[Trial]:
    for ridge in ridges:
        trial = AlsConfig(config.feedback, config.dimension, config.epochs, ridge, config.confidence)
        yield ridge, scorer_of(SparkTrainer(trial).train(split.train, features).embeddings)


def implicit(split: Split, config: AlsConfig, penalties: list[float]) -> Iterator[Trial]:
    entries = config.entries[split.train.half_stars]
    rows = split.train.matrix(np.where(entries > 0, 1 + config.confidence * entries, 0).astype(np.float32))
    rows.eliminate_zeros()
    for penalty in penalties:
        model = AlternatingLeastSquares(
            factors=config.dimension,
            iterations=config.epochs,
            regularization=penalty,
            alpha=1.0,
            random_state=config.seed,
            use_gpu=False,
        )
        model.fit(rows, show_progress=False)
        yield penalty, lambda users, model=model: model.user_factors[users] @ model.item_factors.T


if __name__ == "__main__":
    main()
