"""Compare the bulk ranker with `implicit`'s `recommend`: every user's top 100 unrated items, on the same vectors.

    OPENBLAS_NUM_THREADS=1 .venv/bin/python -m benchmarks.everybody FOLDER --threads 1

reads `items.npy` (n_items, d), `users.npy` (n_users, d), and the rated items of each user as rows of a CSR matrix,
`indptr.npy` and `ordinals.npy`. Both sides alternate in blocks of users, so that they run under the same load. Times
are processor times.
"""

import argparse
import os
import resource
import time
from pathlib import Path

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_matrix

from recommendations.engine.ranking.bulk import rank_all
from recommendations.engine.ranking.exact import ExactRanker

N = 100
BLOCK = 8_192


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--users", type=int, help="use only the first USERS users")
    options = parser.parse_args()
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        parser.error("set OPENBLAS_NUM_THREADS=1: both sides start threads of their own")
    return options


def main() -> None:
    options = parse()
    items, users, indptr, ordinals = (
        np.load(options.folder / f"{name}.npy", mmap_mode="r") for name in ("items", "users", "indptr", "ordinals")
    )
    users = users[: options.users]
    start = time.process_time()
    ranker = ExactRanker.prepare(np.asarray(items))
    print(f"prepared in {time.process_time() - start:.1f} s")
    model = AlternatingLeastSquares(factors=items.shape[1], num_threads=options.threads)
    model.item_factors, model.user_factors = np.asarray(items), np.asarray(users)
    seconds, differing = np.zeros(2), 0
    for first in range(0, len(users), BLOCK):
        end = min(first + BLOCK, len(users))
        bounds = np.asarray(indptr[first : end + 1])
        rated = np.asarray(ordinals[bounds[0] : bounds[-1]]), bounds - bounds[0]
        start = time.process_time()
        blocks = list(rank_all(ranker, users[first:end], N, exclude=(rated[1], rated[0]), threads=options.threads))
        between = time.process_time()
        matrix = csr_matrix((np.ones(len(rated[0]), np.float32), *rated), shape=(end - first, len(items)))
        _, theirs = model.recommend(np.arange(first, end), matrix, N=N)
        seconds += between - start, time.process_time() - between
        ours = np.concatenate([block.scores for block in blocks])
        differing += np.count_nonzero(~np.isclose(ours, theirs, rtol=1e-4, atol=1e-4).all(axis=1))
    for name, spent in zip(("rank_all", "implicit"), seconds, strict=True):
        print(f"{name}: {len(users) / spent:,.0f} users per second of processor time, {spent:.1f} s")
    print(f"implicit ÷ rank_all: {seconds[1] / seconds[0]:.2f}; lists whose scores differ: {differing}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
