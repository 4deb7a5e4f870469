"""The environment of the tests, set before Django reads its settings (`-p tests.support.environment`)."""

import os
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]

os.environ.setdefault("SECRET_KEY", "only-for-tests")
os.environ.setdefault("DATABASE_URL", "sqlite://:memory:")
os.environ["RECOMMENDER_ARTIFACTS"] = tempfile.mkdtemp(prefix="recsite-artifacts-")
os.environ["SPARK_FOLDER"] = tempfile.mkdtemp(prefix="recsite-spark-")
# What a test makes Spark do is done before it is worth compiling well.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
os.environ["HTTPS"] = "off"
os.environ["DEBUG"] = "off"
# Playwright leaves a loop in the thread of the tests, which Django would take for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "on"
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

ON_POSTGRESQL = os.environ["DATABASE_URL"].startswith("postgres")
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def missing(what: str) -> None:
    """Skip the test that needs `what`; in CI, where nothing may be missing, fail it."""
    if IN_CI:
        pytest.fail(f"{what}, and in CI it must", pytrace=False)
    pytest.skip(what)


def postgresql_only(reason: str) -> pytest.MarkDecorator:
    """Skip on SQLite what it does not have, or what does not meet the database and is done once."""
    return pytest.mark.skipif(not ON_POSTGRESQL, reason=reason)


def needs_spark() -> None:
    """Skip where pyspark or Java is missing."""
    if not find_spec("pyspark"):
        missing("pyspark is not installed")
    if not shutil.which("java"):
        missing("Java is not installed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Tests are grouped where they share real processes.
        if item.get_closest_marker("xdist_group"):
            item.add_marker(pytest.mark.slow)
    if not ON_POSTGRESQL or not items:
        return
    try:
        psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=2).close()
    except psycopg2.OperationalError as error:
        reason = f"PostgreSQL does not answer at DATABASE_URL: {str(error).strip()}"
        if IN_CI:
            pytest.exit(reason, returncode=1)
        for item in items:
            item.add_marker(pytest.mark.skip(reason))
