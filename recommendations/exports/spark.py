"""Write parts of an export on Spark, as Celery workers do.

Only the functions import Django code: Spark's processes import this module before Django is set up.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import django


def write_parts(folder: Path, parts: Sequence[int]) -> None:
    """Write parts of the export in `folder` on Spark's machines, which must see it, with this process's settings.

    Spark retries a part that fails or whose machine dies on another one. Parts that exist are not written again.

    Raises
    ------
    SparkUnavailableError
        If pyspark or Java is missing.
    """
    from recommendations.training.spark import session  # noqa: PLC0415 - see above

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with session() as spark:
        spark.sparkContext.parallelize(parts, max(len(parts), 1)).foreach(partial(write_part, str(folder)))


def write_part(folder: str, part: int) -> None:
    """Write one part, unless it exists."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    django.setup()
    from recommendations.exports.recommendations import Export  # noqa: PLC0415 - see above

    export = Export.resume(Path(folder))
    if export:
        export.write_part(part)
