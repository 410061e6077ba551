"""A running endpoint for the tests of its routes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cluster.ports import free_ports
from serve.config import ServeConfig
from tests.serve.taught import teach

KEY = "sk-0123456789abcdef"
MOST_REQUESTS = 4


@pytest.fixture(scope="package")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which the endpoint notes every request."""
    return tmp_path_factory.mktemp("audit") / "audit.jsonl"


@pytest.fixture(scope="package")
def box(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that has learnt two programs."""
    folder = tmp_path_factory.mktemp("model") / "box"
    teach(folder)
    return folder


@pytest.fixture(scope="package")
def config(box: Path, audit: Path) -> ServeConfig:
    """Of an endpoint with that model."""
    keys = audit.with_name("keys")
    keys.write_text(f"tests {KEY}\n")
    return ServeConfig(
        checkpoint=str(box),
        port=free_ports(1)[0],
        max_new_tokens=64,
        max_requests=MOST_REQUESTS,
        keys_file=str(keys),
        audit=str(audit),
    )


@pytest.fixture(scope="package")
def endpoint(ray_session: None, config: ServeConfig) -> Iterator[httpx.Client]:
    """A client, with a key, of the real thing."""
    from serve.running import deploy, shutdown

    with httpx.Client(
        base_url=deploy(config), timeout=60, headers={"Authorization": f"Bearer {KEY}"}
    ) as client:
        yield client
    shutdown()
