"""Export all users' recommendations to one file, for emails and other systems.

The users are divided into parts. Each part is ranked separately and written beside the output, in a folder named
after the version. So memory does not grow with the number of users, several processes can share the work, and a
stopped export resumes. The process that writes the last part merges the file.
"""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import polars as pl
from celery import current_app, group
from kombu.exceptions import OperationalError

from movies.models import User
from recommendations.serving import active
from recommendations.serving.batch import Lists, lists_of
from recommendations.serving.model import ServingModel
from recommendations.training.dispatch import BrokerUnavailableError
from recommendations.versions import registry

PLAN = "plan.json"
PART_TASK = "recommendations.tasks.export_part"
USERS_PER_PART = 4_096
FORMATS: dict[str, Callable[[pl.LazyFrame, Path], Any]] = {
    ".parquet": pl.LazyFrame.sink_parquet,
    ".csv": pl.LazyFrame.sink_csv,
}


class ExportError(Exception):
    """The export is not possible."""


@dataclass(frozen=True)
class Export:
    """An export of up to `n` movies for each user, ranked by one version.

    The file's columns are user_id, rank (from 1), movie_id, score and version. Users without a rating that the
    version knows are left out. Part i holds the users with ids in [`bounds[i]`, `bounds[i + 1]`).
    """

    output: Path
    version: str
    n: int
    bounds: tuple[int, ...]

    @classmethod
    def of_active_version(cls, output: Path, n: int) -> Self:
        """Return the export to this path by the active version; resume it if it was started before.

        Parts of other versions or lengths are deleted.

        Raises
        ------
        ExportError
            If no version is active, or the file's extension is not a known format.
        """
        version = registry.active()
        if version is None:
            raise ExportError("No version is active yet; train one with `manage.py retrain`.")
        if output.suffix not in FORMATS:
            raise ExportError(f"Unknown format of {output.name}; the name must end in {' or '.join(FORMATS)}.")
        folder = _folder(output, version.name, n)
        for outdated in output.parent.glob(f".{output.name}.*.parts"):
            if outdated != folder:
                shutil.rmtree(outdated)
        export = cls.resume(folder)
        if export is None:
            export = cls(output, version.name, n, _bounds())
            folder.mkdir(parents=True, exist_ok=True)
            plan = json.dumps(asdict(export) | {"output": str(output)})
            export._write(folder / PLAN, lambda path: path.write_text(plan))
        return export

    @classmethod
    def resume(cls, folder: Path) -> Self | None:
        """Return the export whose parts are in this folder; None if there is none or it is finished."""
        try:
            plan = json.loads((folder / PLAN).read_text())
        except FileNotFoundError:
            return None
        return cls(Path(plan["output"]), plan["version"], plan["n"], tuple(plan["bounds"]))

    @property
    def folder(self) -> Path:
        return _folder(self.output, self.version, self.n)

    @property
    def missing(self) -> list[int]:
        """The parts that are not written yet."""
        return [part for part in range(len(self.bounds) - 1) if not self._path(part).exists()]

    def queue_parts(self) -> None:
        """Queue the missing parts for workers, which must see the same folders.

        Raises
        ------
        BrokerUnavailableError
            If the broker does not answer.
        """
        tasks = (current_app.signature(PART_TASK, args=[str(self.folder), part]) for part in self.missing)
        try:
            group(tasks).apply_async(retry=False)
        except (OperationalError, OSError) as error:
            raise BrokerUnavailableError(
                f"The broker does not answer, so no worker can be notified: {error}"
            ) from error

    def write_part(self, part: int, *, threads: int = 1) -> None:
        """Rank the users of a part and write the lists, unless the part exists."""
        if not self._path(part).exists():
            lists = lists_of(self._model(), self.bounds[part], self.bounds[part + 1], self.n, threads=threads)
            self._write(self._path(part), _table(lists, self.version).write_parquet)

    def finish(self) -> bool:
        """Merge the parts into the output and remove them; return False while parts are missing."""
        if self.missing:
            return False
        paths = [self._path(part) for part in range(len(self.bounds) - 1)]
        try:
            rows = pl.scan_parquet(paths)
            self._write(self.output, lambda path: FORMATS[self.output.suffix](rows, path))
        except FileNotFoundError:
            # Another process merged the parts first and removed them.
            return self.output.exists()
        shutil.rmtree(self.folder, ignore_errors=True)
        return True

    def _path(self, part: int) -> Path:
        return self.folder / f"{part:06}.parquet"

    def _model(self) -> ServingModel:
        model = active.current()
        if model is None or model.name != self.version:
            model = active.open_version(registry.by_name(self.version))
        return model

    def _write(self, path: Path, write: Callable[[Path], Any]) -> None:
        """Write a file and rename it, so that it is complete as soon as it has its name."""
        staged = self.folder / f"{path.name}.{os.getpid()}"
        write(staged)
        staged.replace(path)


def _folder(output: Path, version: str, n: int) -> Path:
    return output.parent / f".{output.name}.{version}.top{n}.parts"


def _bounds() -> tuple[int, ...]:
    """Return ids that divide the users into parts of `USERS_PER_PART`."""
    ids = np.fromiter(User.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int64)
    return (*ids[::USERS_PER_PART].tolist(), *(ids[-1:] + 1).tolist()) or (0, 0)


def _table(lists: Lists, version: str) -> pl.DataFrame:
    filled = lists.movie_ids >= 0
    ranks = np.broadcast_to(np.arange(1, filled.shape[1] + 1, dtype=np.int32), filled.shape)
    columns = {
        "user_id": np.repeat(lists.user_ids, filled.sum(axis=1)).astype(np.int32),
        "rank": ranks[filled],
        "movie_id": lists.movie_ids[filled].astype(np.int32),
        "score": lists.scores[filled],
    }
    return pl.DataFrame(columns).with_columns(version=pl.lit(version))
