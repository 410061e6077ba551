"""One sandbox with tight limits for all hostile programs: each must leave it usable."""

from collections.abc import Iterator

import pytest

from cadvlm.config.execution import Limits
from cadvlm.execution.sandbox import Sandbox


@pytest.fixture(scope="package")
def sandbox() -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CADVLM_SECRET", "not for programs")
        sandbox = Sandbox(Limits(cpu_s=1, wall_s=4, memory_gb=0.4))
    with sandbox:
        yield sandbox
