"""What Spark's processes do for an export of everybody's lists: the same as Celery's workers do.

Django is met in the functions only: a process of Spark's imports this before it has been set up.
"""

import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import django


def write_parts(folder: Path, parts: Sequence[int]) -> None:
    """Let Spark's machines write parts of the export in `folder`, which they must see, with this program's settings.

    A part that fails, or whose machine dies, is tried again elsewhere; what is whole stays when all is begun anew.

    Raises
    ------
    SparkUnavailableError
        When pyspark or Java is missing.
    """
    from recommendations.training.spark import session  # noqa: PLC0415 - see above

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    with session() as spark:
        spark.sparkContext.parallelize(parts, max(len(parts), 1)).foreach(partial(write_part, str(folder)))


def write_part(folder: str, part: int) -> None:
    """Write one part, unless that has been done."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "recsite.settings.base")
    django.setup()
    from recommendations.exports.recommendations import Export  # noqa: PLC0415 - see above

    export = Export.begun(Path(folder))
    if export:
        export.write_part(part)
