"""Compare the quality of recommendations with baselines, and write docs/quality.md.

    .venv/bin/python -m benchmarks.quality small=fixtures/ml-latest-small ml-100k=FOLDER --work var/quality

A data set is a name and a folder: a MovieLens release, or RecBole's atomic files. Results are stored below --work, so
that an interrupted run continues where it stopped.
"""

import argparse
import json
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from benchmarks.support import data_sets
from benchmarks.support.quality_report import DRAWN, write
from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.data.splits import split_by_user_time
from recommendations.engine.evaluation.protocols import PROTOCOLS, Protocol
from recommendations.engine.evaluation.report import describe
from recommendations.engine.training import TrainedModel, train
from recommendations.evaluation.baselines import available_baselines
from recommendations.training.config import configured

SEEDS = (1, 2, 3)
DRAWS = range(1, 11)
"""Seeds that draw the held-out users: the ratios of two draws differ by several hundredths."""
GROUPS = {
    "user-time": ("user-time",),
    "users": DRAWN,
    "cold-items": ("cold-items",),
}
"""Protocols that share their training set."""
OURS, FOLDED, PLAIN = "recsite", "recsite, folded in", "LightFM, plain"


class Bench:
    """One data set, and the folder of its results."""

    def __init__(self, name: str, folder: Path, work: Path) -> None:
        self.name = name
        self.interactions: Interactions
        self.features: ItemFeatures
        self.interactions, self.features = data_sets.read(folder)
        self.work = work / name
        self.work.mkdir(parents=True, exist_ok=True)
        genres = self.features.blocks.get("genres")
        self.labels = None if genres is None else self.features.matrix[:, genres]

    def run(self) -> None:
        for seed in SEEDS:
            self.group("user-time", seed, {OURS: {}})
            self.group("user-time", seed, {PLAIN: {"recipe": "article"}})
        for seed in DRAWS:
            self.group("users", seed, {OURS: {}})
        self.group("cold-items", SEEDS[0], {OURS: {}})

    def group(self, group: str, seed: int, models: dict[str, dict[str, Any]]) -> None:
        """Evaluate our model and the baselines on the protocols of a group.

        A split by time is the same for all seeds, so the seed is our model's; held-out users are drawn by the seed.
        """
        protocols = {name: PROTOCOLS[name](self.interactions, seed) for name in GROUPS[group]}
        for name, parameters in models.items():
            self.model_scorer(name, protocols, seed, parameters)
        if group == "cold-items" or (group == "user-time" and seed != SEEDS[0]) or OURS not in models:
            return
        for name in available_baselines():
            self.baseline(name, protocols, seed)

    def model_scorer(self, name: str, protocols: dict[str, Protocol], seed: int, parameters: dict[str, Any]) -> None:
        paths = {protocol: self.path(protocol, name, seed) for protocol in protocols}
        if all(path.exists() for path in paths.values()):
            return
        start = time.process_time()
        config = configured({"threads": 1, "seed": seed, **parameters})
        model: TrainedModel = train(next(iter(protocols.values())).train, self.features, config)
        seconds = round(time.process_time() - start, 1)
        for key, protocol in protocols.items():
            result = protocol.judge(protocol.model_scorer(model.embeddings, model.fold_in))
            self.store(paths[key], asdict(model.config), describe(result, protocol, self.labels), result, seconds)
            if name == OURS and key == "user-time":
                folded = replace(protocol, held_out=True)
                result = folded.judge(folded.model_scorer(model.embeddings, model.fold_in))
                path = self.path(key, FOLDED, seed)
                self.store(path, asdict(model.config), describe(result, folded, self.labels), result, seconds)

    def baseline(self, name: str, protocols: dict[str, Protocol], seed: int) -> None:
        paths = {protocol: self.path(protocol, name, seed) for protocol in protocols}
        if all(path.exists() for path in paths.values()):
            return
        start = time.process_time()
        setting = available_baselines()[name].tune(split_by_user_time(next(iter(protocols.values())).train))
        seconds = round(time.process_time() - start, 1)
        for key, protocol in protocols.items():
            result = protocol.judge(protocol.baseline_scorer(available_baselines()[name], setting))
            self.store(paths[key], setting, describe(result, protocol, self.labels), result, seconds)

    def path(self, protocol: str, model: str, seed: int) -> Path:
        return self.work / f"{protocol}~{model.replace(' ', '_')}~{seed}.json"

    def store(self, path: Path, setting: dict[str, Any], report: dict[str, Any], result: Any, seconds: float) -> None:
        users = {name: result.per_user[name].round(6).tolist() for name in ("ndcg@10", "ndcg@100", "recall@20")}
        path.write_text(json.dumps({"setting": setting, "seconds": seconds, "per_user": users, **report}))
        print(path.stem, report["metrics"]["ndcg@10"], f"{seconds} s", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", metavar="NAME=FOLDER", help="a data set and its folder")
    parser.add_argument("--work", type=Path, default=Path("var/quality"), help="folder of the results")
    parser.add_argument("--to", type=Path, default=Path("docs/quality.md"), help="file of the report")
    parser.add_argument(
        "--report-only", action="store_true", help="write the report from the stored results, without measuring"
    )
    options = parser.parse_args()
    sets = dict(text.split("=", 1) for text in options.data)
    for name, folder in sets.items():
        if not options.report_only:
            Bench(name, Path(folder), options.work).run()
    write(options.to, options.work, list(sets))


if __name__ == "__main__":
    main()
