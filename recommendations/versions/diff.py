"""Compare two versions: metrics, parameters and users' lists."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.training import gate

USERS = 50


@dataclass(frozen=True)
class ListChanges:
    """How the top ten change for a number of `users` in both versions.

    `shared` is the mean share of movies that stay, `unchanged` the share of users whose ten movies all stay, and
    `replaced` the share of users with ten new movies.
    """

    users: int
    shared: float | None
    unchanged: float | None
    replaced: float | None


def difference(old: ModelVersion, new: ModelVersion) -> dict[str, Any]:
    """Return what changes from one version to another, ready for JSON.

    Raises
    ------
    ArtifactError
        If the files of either version are missing or damaged.
    """
    return {
        "from": old.name,
        "to": new.name,
        "sizes": {name: _pair(getattr(old, name), getattr(new, name)) for name in ("users", "movies", "ratings")},
        "metrics": {name: _pair(old.metrics["model"].get(name), value) for name, value in new.metrics["model"].items()},
        "parameters": {
            name: {"from": old.parameters.get(name), "to": new.parameters.get(name)}
            for name in sorted({*old.parameters, *new.parameters})
            if old.parameters.get(name) != new.parameters.get(name)
        },
        "lists": asdict(_list_changes(old, new)),
    }


def _list_changes(old: ModelVersion, new: ModelVersion) -> ListChanges:
    shared = gate.shared_lists(active.open_version(new), active.open_version(old), sample=USERS)
    if not len(shared):
        return ListChanges(0, None, None, None)
    unchanged, replaced = float(np.mean(shared == 1)), float(np.mean(shared == 0))
    return ListChanges(len(shared), float(shared.mean()), unchanged, replaced)


def _pair(old: float | None, new: float | None) -> dict[str, float | None]:
    return {"from": old, "to": new, "change": None if old is None or new is None else new - old}
