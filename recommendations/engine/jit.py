"""Numba decorators for compiled functions, and the array types that they take.

Every compiled function releases the GIL. Its machine code is cached on disk, in files that are named by a hash of all
the engine's sources. Numba alone compares only the source of the function's own module: it would keep code into which
an older version of another module was compiled, and fail to read files that name a type which is no longer there.
"""

import hashlib
import logging
import pickle
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numba.core.caching import CompileResultCacheImpl, FunctionCache
from numpy.typing import NDArray

logger = logging.getLogger(__name__)

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ordinals = NDArray[np.int32]
Function = Callable[..., Any]

_UNREADABLE = (AttributeError, EOFError, ImportError, IndexError, TypeError, ValueError, pickle.UnpicklingError)
"""Errors of reading a damaged file, or one of code that no longer exists."""


@lru_cache(maxsize=1)
def sources_hash() -> str:
    """Return a hash of all the engine's sources, which every process of one release computes alike."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class _ReleaseCacheImpl(CompileResultCacheImpl):
    def get_filename_base(self, fullname: str, abiflags: str) -> str:
        return f"{super().get_filename_base(fullname, abiflags)}-{sources_hash()}"


class _ReleaseCache(FunctionCache):
    """Numba's cache of a function, for this release alone; files that cannot be read are compiled and written again."""

    _impl_class = _ReleaseCacheImpl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except _UNREADABLE as error:
            logger.warning("Compiling %s again, because its cache cannot be read: %r", self._py_func.__name__, error)
            self.flush()
            return None


def compiled(**options: Any) -> Callable[[Function], Function]:
    """`numba.njit` with its machine code cached on disk, or in memory where the disk cache cannot be written."""

    def decorate(function: Function) -> Function:
        dispatcher = njit(nogil=True, **options)(function)
        with suppress(RuntimeError):  # numba: "no locator available"
            dispatcher._cache = _ReleaseCache(function)
        return dispatcher

    return decorate


jit_strict = compiled(fastmath=False)
"""IEEE arithmetic in the written order. `False` is explicit: a function inherits the flags of its first caller."""

jit_no_nan = compiled(fastmath={"nnan", "nsz"})
"""Assumes that no value is NaN, so that the compiler may take maxima in any order."""

jit_reassociate = compiled(fastmath={"reassoc", "contract"})
"""Lets the compiler regroup and fuse sums. Use it only for bounds whose margins allow for the rounding."""
