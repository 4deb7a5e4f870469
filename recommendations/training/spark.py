"""Train ALS on Apache Spark.

Spark reads ratings from Parquet files or over JDBC and writes vectors to Parquet files. No row passes through Python,
so the cluster's machines need only Spark and a folder that they share with this machine.
"""

import fcntl
import os
import shutil
import signal
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, ClassVar, Self

import polars as pl
from django.conf import settings
from django.db import connection

from movies.transfer import parquet
from recommendations.engine.data.features import ItemFeatures
from recommendations.engine.data.interactions import Interactions
from recommendations.engine.models import spark_als
from recommendations.engine.models.spark_als import AlsConfig, Solved
from recommendations.engine.models.trained_model import Progress, TrainedModel
from recommendations.models import TrainingRun

if TYPE_CHECKING:
    from pyspark.ml.recommendation import ALSModel
    from pyspark.sql import DataFrame, SparkSession

REPORT_SECONDS = 1.0
"""Time between two progress reports."""
STAGES_PER_EPOCH = 4
"""An estimate; Spark plans stages as it goes."""
GROUP = "recsite-als"
_FOLDER_PREFIX = ".training-"
_LOCK = ".lock"
_COLUMNS = ("user_id", "movie_id", "half_stars")


class SparkUnavailableError(Exception):
    """Spark cannot be used on this machine."""


@dataclass(frozen=True)
class SparkTrainer:
    """ALS on the cluster of `SPARK_MASTER`.

    Attributes
    ----------
    config : AlsConfig
    folder : Path or None
        Folder with all ratings as `movies.transfer.parquet` writes them.
    everything : bool
        Whether to train on all ratings, which Spark then reads from `folder` or over JDBC. Otherwise, or without
        either, the interactions are written to the shared folder.
    """

    name: ClassVar = TrainingRun.Trainer.SPARK.value
    libraries: ClassVar[tuple[str, ...]] = ("pyspark",)

    config: AlsConfig
    folder: Path | None = None
    everything: bool = False

    def train(
        self, interactions: Interactions, features: ItemFeatures, *, progress: Progress | None = None
    ) -> TrainedModel[AlsConfig]:
        """See `recommendations.training.trainers.Trainer`.

        Raises
        ------
        SparkUnavailableError
            If pyspark or Java is missing.
        """
        spark_als.check(interactions, features.n_items, self.config)
        report = progress or (lambda *_: None)
        report("ALS", 0, 1)
        with shared_folder() as shared, session() as spark:
            # Without checkpoints, each epoch's plan contains all earlier ones and overflows Java's stack.
            spark.sparkContext.setCheckpointDir(str(shared / "checkpoints"))
            ratings = _entries(self._ratings(spark, interactions, shared), self.config)
            model = _fit(spark, ratings, self.config, report)
            users, items = (
                _vectors(factors, shared / side)
                for factors, side in ((model.userFactors, "users"), (model.itemFactors, "items"))
            )
        return spark_als.assemble(interactions, users, items, self.config)

    def for_everything(self, trial: TrainedModel[AlsConfig], n_ratings: int) -> Self:
        return replace(self, everything=True)

    def _ratings(self, spark: "SparkSession", interactions: Interactions, shared: Path) -> "DataFrame":
        if self.everything and self.folder:
            return spark.read.parquet(str(self.folder.resolve()))
        if self.everything and settings.SPARK_JDBC_JAR and connection.vendor == "postgresql":
            return _read_jdbc(spark, interactions, self.config.blocks)
        return spark.read.parquet(str(_write_ratings(interactions, shared / "ratings")))


def check() -> None:
    """Check that Spark can be used on this machine.

    Raises
    ------
    SparkUnavailableError
        If pyspark or Java is missing, or `SPARK_MASTER` is not set.
    """
    if not find_spec("pyspark"):
        raise SparkUnavailableError(
            "Spark is not installed; run `make spark` or `pip install --require-hashes -r requirements-spark.txt`."
        )
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise SparkUnavailableError("Spark needs Java 17 or newer; install it, or set JAVA_HOME to its folder.")
    if not settings.SPARK_MASTER:
        raise SparkUnavailableError("SPARK_MASTER is empty; set spark://host:7077, yarn, k8s://… or local[*].")


@contextmanager
def session() -> "Iterator[SparkSession]":
    """Yield a Spark session; leaving the block, even early, stops Spark and its jobs."""
    check()
    from pyspark.sql import SparkSession  # noqa: PLC0415 - an optional dependency

    builder = SparkSession.builder.master(settings.SPARK_MASTER).appName("recsite")
    for name in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        builder = builder.config(name, "false")
    if settings.SPARK_JDBC_JAR:
        builder = builder.config("spark.jars", settings.SPARK_JDBC_JAR)
    with _keep_signal_handler():
        spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def shared_folder() -> Iterator[Path]:
    """Yield a folder that Spark's machines see, locked while this process lives; remove those of killed processes."""
    settings.SPARK_FOLDER.mkdir(parents=True, exist_ok=True)
    for abandoned in settings.SPARK_FOLDER.glob(f"{_FOLDER_PREFIX}*"):
        with suppress(FileNotFoundError, BlockingIOError), (abandoned / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(abandoned, ignore_errors=True)
    with (
        TemporaryDirectory(prefix=_FOLDER_PREFIX, dir=settings.SPARK_FOLDER) as name,
        (Path(name) / _LOCK).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(name)


@contextmanager
def _keep_signal_handler() -> Iterator[None]:
    """Restore this process's SIGINT handler, which Spark replaces."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


def _write_ratings(interactions: Interactions, folder: Path) -> Path:
    writer = parquet.Writer(folder)
    for start in range(0, len(interactions), parquet.ROWS_PER_FILE):
        part = slice(start, start + parquet.ROWS_PER_FILE)
        writer.add(
            [
                interactions.users.ids[interactions.user_ordinals[part]],
                interactions.items.ids[interactions.ordinals[part]],
                interactions.half_stars[part],
                interactions.timestamps[part],
            ]
        )
    writer.flush()
    return folder


def _read_jdbc(spark: "SparkSession", interactions: Interactions, parts: int) -> "DataFrame":
    """Read the database's ratings in `parts` tasks, each for a range of users.

    Ratings added since `interactions` were read do no harm: their users are folded in.
    """
    database = connection.settings_dict
    url = f"jdbc:postgresql://{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}/{database['NAME']}"
    properties = {"driver": "org.postgresql.Driver", "user": database["USER"], "fetchsize": "50000"}
    if database["PASSWORD"]:
        properties["password"] = database["PASSWORD"]
    ids = interactions.users.ids
    return spark.read.jdbc(
        url,
        f"(SELECT {', '.join(_COLUMNS)} FROM movies_rating) AS rating",  # noqa: S608 - our own names
        column="user_id",
        lowerBound=str(ids[0]),
        upperBound=str(ids[-1] + 1),
        numPartitions=parts,
        properties=properties,
    )


def _entries(ratings: "DataFrame", config: AlsConfig) -> "DataFrame":
    """Select the ratings with a positive weight, as `entry`."""
    entries = ", ".join(str(entry) for entry in config.entries.tolist())
    entry = f"CAST(element_at(array({entries}), half_stars + 1) AS FLOAT) AS entry"
    return ratings.selectExpr("user_id", "movie_id", entry).where("entry > 0")


def _fit(spark: "SparkSession", ratings: "DataFrame", config: AlsConfig, report: Progress) -> "ALSModel":
    """Fit in another thread, so that this one reports progress and stops Spark if `report` raises."""
    from pyspark.ml.recommendation import ALS  # noqa: PLC0415 - an optional dependency

    solver = ALS(
        rank=config.dimension,
        maxIter=config.epochs,
        regParam=config.ridge,
        implicitPrefs=config.feedback == "implicit",
        alpha=config.confidence,
        numUserBlocks=config.blocks,
        numItemBlocks=config.blocks,
        userCol="user_id",
        itemCol="movie_id",
        ratingCol="entry",
        seed=config.seed,
    )

    def fit() -> "ALSModel":
        spark.sparkContext.setJobGroup(GROUP, "ALS of recsite")
        return solver.fit(ratings)

    stages = STAGES_PER_EPOCH * config.epochs
    with ThreadPoolExecutor(1) as pool:
        future: Future[Any] = pool.submit(fit)
        try:
            while not wait([future], REPORT_SECONDS).done:
                report("ALS", min(_stages_done(spark), stages), stages)
        except BaseException:
            # Spark waits forever for a job that is submitted while it stops, so end the fit first.
            while not future.done():
                spark.sparkContext.cancelJobGroup(GROUP)
                wait([future], REPORT_SECONDS)
            spark.stop()
            raise
        model = future.result()
    report("ALS", stages, stages)
    return model


def _stages_done(spark: "SparkSession") -> int:
    tracker = spark.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(GROUP)]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    return sum(stage.numCompletedTasks == stage.numTasks for stage in stages if stage)


def _vectors(factors: "DataFrame", folder: Path) -> Solved:
    """Let Spark's machines write the vectors to the shared folder, and read them."""
    factors.write.parquet(str(folder))
    frame = pl.read_parquet(sorted(folder.glob("*.parquet")))
    vectors = frame["features"].explode().to_numpy().reshape(frame.height, -1)
    return Solved(frame["id"].cast(pl.Int64).to_numpy(), vectors)
