"""A running endpoint for the tests of its routes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from cluster.ports import free_ports
from serve.config import ServeConfig
from tests.serve.taught import teach


@pytest.fixture(scope="package")
def endpoint(ray_session: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a real endpoint with a tiny model that has learnt one program by heart."""
    from serve.running import deploy, shutdown

    folder = tmp_path_factory.mktemp("model") / "box"
    teach(folder)
    url = deploy(ServeConfig(checkpoint=str(folder), port=free_ports(1)[0], max_new_tokens=64))
    with httpx.Client(base_url=url, timeout=60) as client:
        yield client
    shutdown()
