"""One sandbox with tight limits for all hostile programs: each must leave it usable."""

import tempfile
from collections.abc import Iterator

import pytest

from cadvlm.config.execution import Limits
from cadvlm.execution.sandbox import Sandbox


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CADVLM_SECRET", "not for programs")
        # Scratch folders of its own, so that what is left behind is not somebody else's.
        environment.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("scratch")))
        with Sandbox(Limits(cpu_s=1, wall_s=4, memory_gb=0.4)) as sandbox:
            yield sandbox
