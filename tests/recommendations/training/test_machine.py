"""Processors, thread priorities and memory, also on systems that lack Linux's calls."""

import os
import resource
import sys
from types import SimpleNamespace

import pytest

from recommendations.models import ModelVersion
from recommendations.serving import active
from recommendations.training.config import configured
from recsite.operations import machine


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what macOS lacks: affinity, and priorities of threads."""

    def no_such_process(*_: object) -> None:
        raise ProcessLookupError

    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "setpriority", no_such_process)


@pytest.mark.usefixtures("macos")
def test_processors_are_counted_without_affinity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert machine.usable_cpus() == 3
    assert configured({}).threads >= 1
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert machine.usable_cpus() == 1


@pytest.mark.usefixtures("macos")
def test_a_version_opens_where_threads_have_no_priority(version: ModelVersion) -> None:
    assert active.open_version(version).name == version.name


def test_only_the_processors_of_this_process_count() -> None:
    assert machine.usable_cpus() == len(os.sched_getaffinity(0))


@pytest.mark.parametrize(("platform", "peak"), [("darwin", 5000), ("linux", 5000 * 1024)])
def test_peak_memory_is_in_bytes(monkeypatch: pytest.MonkeyPatch, platform: str, peak: int) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(resource, "getrusage", lambda _: SimpleNamespace(ru_maxrss=5000))
    assert machine.peak_memory() == peak
