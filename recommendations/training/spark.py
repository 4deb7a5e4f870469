"""ALS on Apache Spark.

Ratings reach Spark as Parquet files or through JDBC, and vectors come back as Parquet files: no row passes through
Python, so the machines of a cluster need nothing but Spark, and a folder that they share with this one.
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

LOOKS_EVERY = 1.0
"""Seconds between two reports of how far Spark is."""
STAGES_OF_AN_EPOCH = 4
"""About; Spark plans them as it goes."""
GROUP = "recsite-als"
_HANDED_OVER = ".training-"
_LOCK = ".lock"
_COLUMNS = ("user_id", "movie_id", "half_stars")


class SparkUnavailableError(Exception):
    """Spark cannot be used here."""


@dataclass(frozen=True)
class SparkTrainer:
    """ALS on the cluster of `SPARK_MASTER`.

    Attributes
    ----------
    config : AlsConfig
    folder : Path or None
        Where all ratings lie as `movies.transfer.parquet` writes them.
    everything : bool
        Whether what is trained on are all ratings, which Spark reads where they lie: in `folder`, or through JDBC.
        Else they are handed over.
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
            When pyspark or Java is missing.
        """
        spark_als.check(interactions, features.n_items, self.config)
        report = progress or (lambda *_: None)
        report("ALS", 0, 1)
        with shared_folder() as shared, session() as spark:
            # Else each epoch's plan holds those of all before it, and grows too deep for Java's stack.
            spark.sparkContext.setCheckpointDir(str(shared / "checkpoints"))
            ratings = _entries(self._ratings(spark, interactions, shared), self.config)
            model = _fitted(spark, ratings, self.config, report)
            users, items = (
                _solved(factors, shared / side)
                for factors, side in ((model.userFactors, "users"), (model.itemFactors, "items"))
            )
        return spark_als.assemble(interactions, users, items, self.config)

    def for_everything(self, trial: TrainedModel[AlsConfig], n_ratings: int) -> Self:
        return replace(self, everything=True)

    def _ratings(self, spark: "SparkSession", interactions: Interactions, shared: Path) -> "DataFrame":
        if self.everything and self.folder:
            return spark.read.parquet(str(self.folder.resolve()))
        if self.everything and settings.SPARK_JDBC_JAR and connection.vendor == "postgresql":
            return _through_jdbc(spark, interactions, self.config.blocks)
        return spark.read.parquet(str(_handed_over(interactions, shared / "ratings")))


def check() -> None:
    """See that Spark can be used here.

    Raises
    ------
    SparkUnavailableError
        When pyspark or Java is missing, or Spark is switched off.
    """
    if not find_spec("pyspark"):
        raise SparkUnavailableError(
            "Spark is not installed; `pip install --require-hashes -r requirements-spark.txt`, or `make spark`."
        )
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        raise SparkUnavailableError("Spark needs Java 17 or newer; install it, or set JAVA_HOME to where it is.")
    if not settings.SPARK_MASTER:
        raise SparkUnavailableError("SPARK_MASTER is empty; set spark://host:7077, yarn, k8s://… or local[*].")


@contextmanager
def session() -> "Iterator[SparkSession]":
    """Spark, as long as the block lasts; also what it does when the block ends early is ended."""
    check()
    from pyspark.sql import SparkSession  # noqa: PLC0415 - most sites do without it

    builder = SparkSession.builder.master(settings.SPARK_MASTER).appName("recsite")
    for name in ("spark.ui.enabled", "spark.ui.showConsoleProgress"):
        builder = builder.config(name, "false")
    if settings.SPARK_JDBC_JAR:
        builder = builder.config("spark.jars", settings.SPARK_JDBC_JAR)
    with _own_handlers():
        spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    try:
        yield spark
    finally:
        spark.stop()


@contextmanager
def shared_folder() -> Iterator[Path]:
    """A folder that Spark's machines see, locked while this process lives; those of killed ones are removed."""
    settings.SPARK_FOLDER.mkdir(parents=True, exist_ok=True)
    for left in settings.SPARK_FOLDER.glob(f"{_HANDED_OVER}*"):
        with suppress(FileNotFoundError, BlockingIOError), (left / _LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
    with (
        TemporaryDirectory(prefix=_HANDED_OVER, dir=settings.SPARK_FOLDER) as name,
        (Path(name) / _LOCK).open("w") as lock,
    ):
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield Path(name)


@contextmanager
def _own_handlers() -> Iterator[None]:
    """Keep what this process does when it is interrupted, which Spark would replace."""
    handler = signal.getsignal(signal.SIGINT)
    yield
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)


def _handed_over(interactions: Interactions, folder: Path) -> Path:
    writer = parquet.Writer(folder)
    for at in range(0, len(interactions), parquet.ROWS_PER_FILE):
        part = slice(at, at + parquet.ROWS_PER_FILE)
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


def _through_jdbc(spark: "SparkSession", interactions: Interactions, parts: int) -> "DataFrame":
    """The database's ratings, read by so many tasks, each for a range of users.

    Ratings that came since `interactions` were read do no harm: who made them is folded in.
    """
    database = connection.settings_dict
    address = f"jdbc:postgresql://{database['HOST'] or 'localhost'}:{database['PORT'] or 5432}/{database['NAME']}"
    properties = {"driver": "org.postgresql.Driver", "user": database["USER"], "fetchsize": "50000"}
    if database["PASSWORD"]:
        properties["password"] = database["PASSWORD"]
    ids = interactions.users.ids
    return spark.read.jdbc(
        address,
        f"(SELECT {', '.join(_COLUMNS)} FROM movies_rating) AS rating",  # noqa: S608 - our own names
        column="user_id",
        lowerBound=str(ids[0]),
        upperBound=str(ids[-1] + 1),
        numPartitions=parts,
        properties=properties,
    )


def _entries(ratings: "DataFrame", config: AlsConfig) -> "DataFrame":
    """The ratings that count, with what they count."""
    entries = ", ".join(str(entry) for entry in config.entries.tolist())
    entry = f"CAST(element_at(array({entries}), half_stars + 1) AS FLOAT) AS entry"
    return ratings.selectExpr("user_id", "movie_id", entry).where("entry > 0")


def _fitted(spark: "SparkSession", ratings: "DataFrame", config: AlsConfig, report: Progress) -> "ALSModel":
    """Fit in a thread, so that this one can report, and stop Spark if whoever hears of it wants that."""
    from pyspark.ml.recommendation import ALS  # noqa: PLC0415 - most sites do without it

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

    stages = STAGES_OF_AN_EPOCH * config.epochs
    with ThreadPoolExecutor(1) as pool:
        fitting: Future[Any] = pool.submit(fit)
        try:
            while not wait([fitting], LOOKS_EVERY).done:
                report("ALS", min(_stages_done(spark), stages), stages)
        except BaseException:
            # A job that comes while Spark stops is waited for without end, so there must be none any more.
            while not fitting.done():
                spark.sparkContext.cancelJobGroup(GROUP)
                wait([fitting], LOOKS_EVERY)
            spark.stop()
            raise
        model = fitting.result()
    report("ALS", stages, stages)
    return model


def _stages_done(spark: "SparkSession") -> int:
    tracker = spark.sparkContext.statusTracker()
    jobs = [tracker.getJobInfo(job) for job in tracker.getJobIdsForGroup(GROUP)]
    stages = [tracker.getStageInfo(stage) for job in jobs if job for stage in job.stageIds]
    return sum(stage.numCompletedTasks == stage.numTasks for stage in stages if stage)


def _solved(factors: "DataFrame", folder: Path) -> Solved:
    """Vectors that Spark's machines write, and this one reads."""
    factors.write.parquet(str(folder))
    frame = pl.read_parquet(sorted(folder.glob("*.parquet")))
    vectors = frame["features"].explode().to_numpy().reshape(frame.height, -1)
    return Solved(frame["id"].cast(pl.Int64).to_numpy(), vectors)
