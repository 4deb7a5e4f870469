"""Write the measurements of `benchmarks.quality` as docs/quality.md."""

import json
import platform
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommendations.engine.evaluation.bootstrap import interval

OURS = "recsite"
MODELS = (OURS, "recsite,_folded_in", "LightFM,_plain", "EASE", "SLIM", "ALS", "item-kNN", "PureSVD", "popularity")
COLUMNS = ("ndcg@10", "ndcg@100", "recall@20", "map@10", "mrr@10", "auc", "coverage@10")
BEYOND = ("novelty@10", "diversity@10", "popularity_lift@10", "miscalibration@10")
TITLES = {
    "user-time": "The latest fifth of each user's ratings",
    "users": "Held-out users, four fifths of their ratings folded in",
    "users-1-like": "Held-out users, one like folded in",
    "users-3-likes": "Held-out users, three likes folded in",
    "users-5-likes": "Held-out users, five likes folded in",
    "cold-items": "Cold start: a tenth of the movies without ratings, ranked among themselves",
}
DRAWN = ("users", "users-1-like", "users-3-likes", "users-5-likes")
"""Protocols whose users are drawn anew with each seed."""
RATIOS = ("ndcg@10", "ndcg@100", "recall@20", "coverage@10")
Measurements = dict[str, list[dict[str, Any]]]
"""By model, the measurements with each seed."""


def write(path: Path, work: Path, names: list[str]) -> None:
    """Write the whole report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_document(work, names)) + "\n")


def introduction(names: list[str], python: str) -> str:
    """Return the text before the first table, for data sets of these names."""
    sets = " ".join(f"{name}=FOLDER" for name in names)
    return f"""# Recommendation quality

One command writes this document. It measures everything again if `--work` is empty:

    .venv/bin/python -m benchmarks.quality {sets} --work var/quality

How to read the tables (the [glossary](glossary.md) defines the metrics):

- Test ratings of 4 stars or more are relevant. Models rank the whole catalogue without the user's known ratings.
- Every baseline is tuned on the same validation slice as recsite: the latest fifth of each user's training ratings.
- “recsite, folded in” is the same model, asked as if it had never seen the users: their vectors are computed from their
  training ratings alone.
- recsite also learns from the times of ratings which movies are rated when; the baselines only learn who rated what.
- Each seed trains again. Where users are held out, each seed holds out others. ± is the standard deviation over seeds;
  slices are those of the first seed.
- “recsite − model” is the difference in NDCG@10 with a 95 % interval by paired bootstrap over users. “ratio” columns
  divide recsite's value by the model's.
- “CPU s” is the time for training, or for tuning a baseline, on Python {python} with one thread.
"""


def table_header(metrics: list[str]) -> str:
    """Return the first line of a table of models, for these metrics."""
    ratios = " | ".join(f"ratio of {name}" for name in RATIOS)
    return f"| model | {' | '.join(metrics)} | recsite − model, ndcg@10 | {ratios} | CPU s |"


def _document(work: Path, names: list[str]) -> Iterator[str]:
    yield introduction(names, platform.python_version())
    for name in names:
        yield f"## {name}\n"
        for protocol, title in TITLES.items():
            measurements = _measurements(work / name, protocol)
            if OURS in measurements:
                yield f"### {title}\n"
                yield from _table(measurements, drawn=protocol in DRAWN)


def _measurements(folder: Path, protocol: str) -> Measurements:
    measurements: Measurements = {}
    for model in MODELS:
        paths = sorted(folder.glob(f"{protocol}~{model}~*.json"))
        if paths:
            measurements[model] = [json.loads(path.read_text()) for path in paths]
    return measurements


def _table(measurements: Measurements, *, drawn: bool) -> Iterator[str]:
    ours = measurements[OURS]
    metrics = [*COLUMNS, *(name for name in BEYOND if name in ours[0]["metrics"])]
    users = ", ".join(str(run["users"]) for run in (ours if drawn else ours[:1]))
    yield f"{users} users; seeds: {len(ours)}.\n"
    yield table_header(metrics)
    yield "|---" * (len(metrics) + len(RATIOS) + 3) + "|"
    for model, runs in measurements.items():
        cells = [_mean_and_deviation([run["metrics"][name] for run in runs]) for name in metrics]
        comparison = (
            [""] * (len(RATIOS) + 1) if model == OURS else [_difference(ours, runs, drawn=drawn), *_ratios(ours, runs)]
        )
        seconds = np.mean([run["seconds"] for run in runs])
        yield f"| {' | '.join([model.replace('_', ' '), *cells, *comparison, f'{seconds:.0f}'])} |"
    yield ""
    yield from _slices(measurements)


def _difference(ours: list[dict[str, Any]], others: list[dict[str, Any]], *, drawn: bool) -> str:
    """Return the mean difference per user: of each user's mean over seeds, or of the users of all seeds if drawn."""
    gather = np.concatenate if drawn else _mean
    mine, theirs = (gather([np.array(run["per_user"]["ndcg@10"]) for run in runs]) for runs in (ours, others))
    difference = interval(mine - theirs)
    return f"{difference.mean:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"


def _mean(values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.asarray(np.mean(values, axis=0))


def _ratios(ours: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    means = [[np.mean([run["metrics"][name] for run in runs]) for name in RATIOS] for runs in (ours, others)]
    return [f"{mine / max(theirs, 1e-9):.3f}" for mine, theirs in zip(*means, strict=True)]


def _slices(measurements: Measurements) -> Iterator[str]:
    yield "| slice | users | " + " | ".join(model.replace("_", " ") for model in measurements) + " |"
    yield "|---" * (len(measurements) + 2) + "|"
    for name, first in measurements[OURS][0]["slices"].items():
        if first["users"]:
            cells = [_interval(runs[0]["slices"][name]["interval"]) for runs in measurements.values()]
            yield f"| {name} | {first['users']} | {' | '.join(cells)} |"
    yield ""


def _mean_and_deviation(values: list[float]) -> str:
    deviation = f" ± {np.std(values):.4f}" if len(values) > 1 else ""
    return f"{np.mean(values):.4f}{deviation}"


def _interval(values: list[float]) -> str:
    mean, low, high = values
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
