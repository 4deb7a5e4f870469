"""Machine code cached by other sources of the engine is neither run nor read."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.environment import ROOT

pytestmark = [pytest.mark.engine, pytest.mark.slow]

HELPER = """
from typing import NamedTuple
import numpy as np
from {package}.jit import jit_strict

class {shape}(NamedTuple):
    values: np.ndarray

@jit_strict
def scale(value):
    return value * {factor}
"""
USER = """
from {package}.jit import jit_strict
from {package}.helper import scale

@jit_strict
def total(shape):
    result = 0.0
    for value in shape.values:
        result += scale(value)
    return result
"""
RUN = """
import numpy as np
from small_engine import helper, user
print(user.total(helper.{shape}(np.arange(4.0))), len(user.total.stats.cache_hits))
"""


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """A small engine with this release's `jit` module and a cache of its own."""
    folder = tmp_path / "small_engine"
    folder.mkdir()
    (folder / "__init__.py").touch()
    shutil.copy(ROOT / "recommendations" / "engine" / "jit.py", folder)
    (folder / "user.py").write_text(USER.format(package="small_engine"))
    return folder


def run(engine: Path, *, shape: str = "Shape", factor: float = 2.0) -> tuple[float, int]:
    """Write the helper, run the function in a process of its own; return its result and its number of cache hits."""
    helper = HELPER.format(package="small_engine", shape=shape, factor=factor)
    if not (engine / "helper.py").exists() or (engine / "helper.py").read_text() != helper:
        (engine / "helper.py").write_text(helper)
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(engine.parent / "cache"), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, "-c", RUN.format(shape=shape)]
    done = subprocess.run(  # noqa: S603
        command, cwd=engine.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    result, hits = done.stdout.split()
    return float(result), int(hits)


def test_the_cache_is_used_by_the_next_process(engine: Path) -> None:
    assert run(engine) == (12.0, 0)
    assert run(engine) == (12.0, 1)


def test_code_cached_before_its_argument_types_were_renamed_is_compiled_again(engine: Path) -> None:
    assert run(engine, shape="Before") == (12.0, 0)
    assert run(engine, shape="After") == (12.0, 0)
    assert run(engine, shape="Before") == (12.0, 1)


def test_code_cached_before_a_function_of_another_module_changed_is_compiled_again(engine: Path) -> None:
    assert run(engine, factor=2.0)[0] == 12.0
    assert run(engine, factor=3.0)[0] == 18.0


@pytest.mark.parametrize("kind", ["nbi", "nbc"])
@pytest.mark.parametrize("content", [b"", b"\x80\x05cno_module\nNoType\n.", b"nonsense"])
def test_a_damaged_cache_file_is_compiled_again(engine: Path, kind: str, content: bytes) -> None:
    run(engine)
    files = list((engine.parent / "cache").rglob(f"user.total-*.{kind}"))
    assert files
    for path in files:
        path.write_bytes(content)
    assert run(engine) == (12.0, 0)
    assert run(engine) == (12.0, 1)
