"""A running endpoint for all tests of its routes; they share it in one process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cluster.ports import free_ports
from serve.config import ServeConfig
from tests.serve.conftest import KEY

MOST_REQUESTS = 4


@pytest.fixture(scope="package")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file in which the endpoint notes every request."""
    return tmp_path_factory.mktemp("audit") / "audit.jsonl"


@pytest.fixture(scope="package")
def config(box: Path, audit: Path) -> ServeConfig:
    """Of an endpoint with a model that knows two programs."""
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
    """A client, with a key, of the real thing; in the end it is drained, and gone."""
    from serve.running import deploy, drain, shutdown

    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=deploy(config), timeout=60, headers=headers) as client:
        yield client
        drain(config.budget_s)
        assert client.get("/healthz").json()["error"]["type"] == "draining"
    shutdown()
