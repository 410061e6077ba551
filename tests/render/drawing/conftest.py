"""Parts whose drawings are known, each built once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram

Build = Callable[[str], Solid]


@pytest.fixture(scope="package")
def build() -> Iterator[Build]:
    """A program's solid, with the lines of its drawing."""
    with Sandbox() as sandbox:

        @cache
        def built(code: str) -> Solid:
            program = CadProgram(code if "import" in code else f"import cadquery as cq\n{code}")
            result = sandbox.run(program, exports=("drawing",))
            assert result.solid is not None, result.error
            return result.solid

        yield built
