"""How the few loops over triangles and pixels are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a function on its first call, and keep the machine code beside its source.

    Numba compiles once more for every new combination of types, and takes an array that may not be
    written to for a type of its own. Pass arrays that were made on the spot, not those that came
    out of shared memory, and there is one combination.
    """
    kernel: F = numba.njit(cache=True, nogil=True)(function)
    return kernel
