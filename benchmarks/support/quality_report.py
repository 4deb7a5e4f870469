"""The measurements of `benchmarks.quality` as a document."""

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
    "users": "Users held out whole, four fifths of their ratings folded in",
    "users-1-like": "Users held out whole, one like folded in",
    "users-3-likes": "Users held out whole, three likes folded in",
    "users-5-likes": "Users held out whole, five likes folded in",
    "cold-items": "A tenth of the movies without any rating, ranked among themselves",
}
DRAWN = ("users", "users-1-like", "users-3-likes", "users-5-likes")
"""Protocols whose users each seed draws anew."""
RATIOS = ("ndcg@10", "ndcg@100", "recall@20", "coverage@10")
Told = dict[str, list[dict[str, Any]]]
"""By model, what was measured with each seed."""


def write(path: Path, work: Path, names: list[str]) -> None:
    """The whole report."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(_document(work, names)) + "\n")


def _document(work: Path, names: list[str]) -> Iterator[str]:
    sets = " ".join(f"{name}=FOLDER" for name in names)
    yield "# How good the recommendations are\n"
    yield "Written by one command, which measures everything anew where `--work` is empty:\n"
    yield f"    .venv/bin/python -m benchmarks.quality {sets} --work var/quality\n"
    yield (
        "Relevant are the test's ratings of 4 stars or more; the whole catalogue is ranked, without what was known. "
        "Every peer is tuned on the same validation slice as ours: the latest fifth of each user's training ratings. "
        "“Folded in” is the same model, asked for people as if it had never met them: their vectors come from their "
        "training ratings alone. When people have rated, ours uses to know what is rated at that time; the peers learn "
        "from who rated what, and nothing from the times. Each seed trains anew, and where users are held out it draws "
        "others; ± is the standard deviation over seeds, and slices are those of the first. Ours minus a peer has a "
        "95 % interval by paired bootstrap over users; “× ndcg@100” is ours divided by the peer's. "
        f"Python {platform.python_version()}, one thread.\n"
    )
    for name in names:
        yield f"## {name}\n"
        for protocol, title in TITLES.items():
            told = _told(work / name, protocol)
            if OURS in told:
                yield f"### {title}\n"
                yield from _table(told, drawn=protocol in DRAWN)


def _told(folder: Path, protocol: str) -> Told:
    told: Told = {}
    for model in MODELS:
        paths = sorted(folder.glob(f"{protocol}~{model}~*.json"))
        if paths:
            told[model] = [json.loads(path.read_text()) for path in paths]
    return told


def _table(told: Told, *, drawn: bool) -> Iterator[str]:
    ours = told[OURS]
    shown = [*COLUMNS, *(name for name in BEYOND if name in ours[0]["metrics"])]
    users = ", ".join(str(run["users"]) for run in (ours if drawn else ours[:1]))
    yield f"{users} users; seeds: {len(ours)}.\n"
    yield f"| model | {' | '.join(shown)} | ours minus it, ndcg@10 | × {' | × '.join(RATIOS)} | CPU s |"
    yield "|---" * (len(shown) + len(RATIOS) + 3) + "|"
    for model, runs in told.items():
        cells = [_cell([run["metrics"][name] for run in runs]) for name in shown]
        ahead = [""] * (len(RATIOS) + 1) if model == OURS else [_ahead(ours, runs, drawn=drawn), *_ratios(ours, runs)]
        seconds = np.mean([run["seconds"] for run in runs])
        yield f"| {' | '.join([model.replace('_', ' '), *cells, *ahead, f'{seconds:.0f}'])} |"
    yield ""
    yield from _slices(told)


def _ahead(ours: list[dict[str, Any]], others: list[dict[str, Any]], *, drawn: bool) -> str:
    """The difference by user: by the mean over the seeds of each, or by everybody whom a seed has drawn."""
    gather = np.concatenate if drawn else _mean
    mine, theirs = (gather([np.array(run["per_user"]["ndcg@10"]) for run in runs]) for runs in (ours, others))
    told = interval(mine - theirs)
    return f"{told.mean:+.4f} [{told.low:+.4f}, {told.high:+.4f}]"


def _mean(values: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    return np.asarray(np.mean(values, axis=0))


def _ratios(ours: list[dict[str, Any]], others: list[dict[str, Any]]) -> list[str]:
    means = [[np.mean([run["metrics"][name] for run in runs]) for name in RATIOS] for runs in (ours, others)]
    return [f"{mine / max(theirs, 1e-9):.3f}" for mine, theirs in zip(*means, strict=True)]


def _slices(told: Told) -> Iterator[str]:
    yield "| slice | users | " + " | ".join(model.replace("_", " ") for model in told) + " |"
    yield "|---" * (len(told) + 2) + "|"
    for name, first in told[OURS][0]["slices"].items():
        if first["users"]:
            cells = [_interval(runs[0]["slices"][name]["interval"]) for runs in told.values()]
            yield f"| {name} | {first['users']} | {' | '.join(cells)} |"
    yield ""


def _cell(values: list[float]) -> str:
    spread = f" ± {np.std(values):.4f}" if len(values) > 1 else ""
    return f"{np.mean(values):.4f}{spread}"


def _interval(values: list[float]) -> str:
    mean, low, high = values
    return f"{mean:.3f} [{low:.3f}, {high:.3f}]"
