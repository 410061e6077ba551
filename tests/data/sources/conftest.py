from collections.abc import Callable, Iterable
from typing import Any

import pytest

from cadvlm.data.builder import Builder
from tests.data.sources.reading import settings

Build = Callable[[Iterable[Any]], list[Any]]


@pytest.fixture(scope="session")
def build() -> Build:
    """What becomes of parts and refusals, in one warm sandbox."""
    builder = Builder(settings("scripts", "unused", {}, pictures={"size": 64}))
    return lambda rows: builder.build(list(rows))
