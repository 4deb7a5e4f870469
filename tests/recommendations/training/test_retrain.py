"""`manage.py retrain` in real processes: output, exit codes, signals and kills."""

import json
import signal
from collections.abc import Iterator

import pytest

from benchmarks.support.processes import QUICK, Site, copy_of
from tests.support.environment import ON_POSTGRESQL

pytestmark = pytest.mark.xdist_group("retrain")

PHASES = ("read", "trial", "evaluate", "train", "index", "judge", "publish")
KILLED = PHASES if ON_POSTGRESQL else ("train", "publish")
"""Phases in which runs are killed: on SQLite, one that does not write to the database and one that does."""
ENDLESS = (*QUICK[:2], "--set=epochs=1000000", "--set=threads=1")
STATE = """
from recommendations.serving.recommend import recommend
run, served = TrainingRun.objects.first(), recommend(User.objects.get(username="person-0"))
print(run.status, "|", ModelVersion.objects.get(is_active=True), "|", served.version, served.source)
"""
NEXT = f"""
from django.core.management import call_command
call_command("retrain", *{QUICK})
"""
RUNS = "SELECT status, error FROM recommendations_trainingrun ORDER BY id DESC"
WITH_FILES = "SELECT name FROM recommendations_modelversion WHERE files_removed_at IS NULL"


@pytest.fixture(scope="module")
def site(trained_site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with copy_of(trained_site, tmp_path_factory.mktemp("retrain")) as site:
        yield site


def test_standard_output_is_only_json(site: Site) -> None:
    done = site.run("retrain", "--json", *QUICK)
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert report["status"] == "succeeded"
    assert report["version"]["active"]
    assert set(report["seconds"]) == set(PHASES)
    assert report["version"]["metrics"]["model"]["ndcg@10"] > 0
    assert "train: fit 15 of 15" in done.stderr


def test_the_result_is_printed_as_tables(site: Site) -> None:
    done = site.run("retrain", *QUICK)
    assert done.returncode == 0, done.stderr
    for word in ("ndcg@10", "popularity", "ratio", "publish", "It is now active"):
        assert word in done.stdout


@pytest.mark.parametrize("options", [["--set", "epoch=3"], ["--set", "epochs"], ["--set", "epochs=0"]])
def test_an_invalid_option_is_explained(site: Site, options: list[str]) -> None:
    done = site.run("retrain", *options)
    assert done.returncode == 2
    assert "epoch" in done.stderr
    assert not done.stdout


@pytest.mark.database
def test_a_second_run_names_the_first_and_has_its_own_exit_code(site: Site) -> None:
    with site.start("manage.py", "retrain", *ENDLESS) as first:
        first.wait_until_said("trial: fit 1 of")
        second = site.run("retrain", "--json", *QUICK)
    assert second.returncode == 3
    assert f":{first.popen.pid}, since" in second.stderr
    assert not second.stdout


@pytest.mark.database
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_run_cleanly(site: Site, sign: int) -> None:
    with site.start("manage.py", "retrain", *ENDLESS) as process:
        process.wait_until_said("trial: fit 1 of")
        process.kill(sign)
        assert process.popen.wait(30) == 130
    assert site.sql(RUNS)[0] == ("cancelled", "Interrupted.")
    assert not list(site.artifacts.glob(".staging*"))


@pytest.mark.long
@pytest.mark.database
@pytest.mark.parametrize("phase", KILLED)
def test_killed_in_any_phase_the_old_version_serves_and_the_next_run_works(site: Site, phase: str) -> None:
    with site.start("manage.py", "retrain", *QUICK) as process:
        process.wait_until_said(f"{phase}\n")
        process.kill()
    status, active, served = site.query(STATE + NEXT).splitlines()[0].split(" | ")
    assert served == f"{active} trained"
    # The last phases are so short that the kill may come too late; then the version must be complete.
    assert status == "running" or (status == "succeeded" and phase in PHASES[-2:])
    (following, _), (ended, error), *_ = site.sql(RUNS)
    assert following == "succeeded"
    assert ended == ("failed" if status == "running" else "succeeded")
    assert ended == "succeeded" or any(f"died during “{later}”" in error for later in PHASES[PHASES.index(phase) :])
    assert {(path.name,) for path in site.artifacts.iterdir()} == set(site.sql(WITH_FILES))
