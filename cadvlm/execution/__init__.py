"""Running programs that nobody has read: the one place in the project where that happens."""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import lru_cache
from typing import TYPE_CHECKING

# The child imports this package too and must stay small, so that nothing is imported up here.
if TYPE_CHECKING:
    from cadvlm.config.execution import Limits
    from cadvlm.execution.result import ExecutionResult
    from cadvlm.execution.sandbox import Sandbox
    from cadvlm.records import CadProgram


def run(
    program: CadProgram, *, limits: Limits | None = None, exports: Collection[str] = ()
) -> ExecutionResult:
    """Run one program in this process's warm sandbox; see :meth:`Sandbox.run`."""
    return _warm_sandbox(os.getpid(), limits).run(program, exports=exports)


@lru_cache(maxsize=2)
def _warm_sandbox(pid: int, limits: Limits | None) -> Sandbox:
    """One for each process: a forked worker must not talk into its parent's connection."""
    from cadvlm.config.execution import Limits
    from cadvlm.execution.sandbox import Sandbox

    return Sandbox(limits or Limits())
