"""The test environment, set before Django reads its settings (`-p tests.support.environment`)."""

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
# Spark's work in a test ends before optimized compilation pays off.
os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")
os.environ["HTTPS"] = "off"
os.environ["DEBUG"] = "off"
# Playwright leaves an event loop in the tests' thread, which Django would mistake for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "on"
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

ON_POSTGRESQL = os.environ["DATABASE_URL"].startswith("postgres")
IN_CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def missing(reason: str) -> None:
    """Skip a test for lack of a program or server; in CI, where all of them are required, fail it."""
    if IN_CI:
        pytest.fail(f"{reason}, but CI requires it", pytrace=False)
    pytest.skip(reason)


def postgresql_only(reason: str) -> pytest.MarkDecorator:
    """Skip a test on SQLite: it lacks the feature, or the test is independent of the database and runs once."""
    return pytest.mark.skipif(not ON_POSTGRESQL, reason=reason)


def needs_spark() -> None:
    """Skip a test where pyspark or Java is missing."""
    if not find_spec("pyspark"):
        missing("pyspark is not installed")
    if not shutil.which("java"):
        missing("Java is not installed")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        # Tests are grouped where they share real processes.
        if item.get_closest_marker("xdist_group") or item.get_closest_marker("long"):
            item.add_marker(pytest.mark.slow)
    if not ON_POSTGRESQL or not items:
        return
    try:
        psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=2).close()
    except psycopg2.OperationalError as error:
        reason = f"PostgreSQL is not reachable at DATABASE_URL: {str(error).strip()}"
        if IN_CI:
            pytest.exit(reason, returncode=1)
        for item in items:
            item.add_marker(pytest.mark.skip(reason))
