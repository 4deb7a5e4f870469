"""Numba decorators for compiled functions, and the array types that they take.

Every compiled function releases the GIL.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ordinals = NDArray[np.int32]
Function = Callable[..., Any]


def compiled(**options: Any) -> Callable[[Function], Function]:
    """`numba.njit` with its machine code cached on disk, or in memory where the disk cache cannot be written."""

    def decorate(function: Function) -> Function:
        try:
            return njit(cache=True, nogil=True, **options)(function)
        except RuntimeError:  # numba: "no locator available"
            return njit(nogil=True, **options)(function)

    return decorate


jit_strict = compiled(fastmath=False)
"""IEEE arithmetic in the written order. `False` is explicit: a function inherits the flags of its first caller."""

jit_no_nan = compiled(fastmath={"nnan", "nsz"})
"""Assumes that no value is NaN, so that the compiler may take maxima in any order."""

jit_reassociate = compiled(fastmath={"reassoc", "contract"})
"""Lets the compiler regroup and fuse sums. Use it only for bounds whose margins allow for the rounding."""
