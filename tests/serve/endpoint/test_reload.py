"""Other weights, and adapters, while requests go on."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from serve.config import ServeConfig
from tests.parts import BOX, CYLINDER
from tests.serve.images import picture
from tests.serve.taught import adapt, teach

pytestmark = [pytest.mark.ray, pytest.mark.slow]

BODY = {"images": [base64.b64encode(picture()).decode()]}


@pytest.fixture
def deployed(endpoint: httpx.Client, config: ServeConfig) -> Iterator[httpx.Client]:
    """The endpoint, which gets its own weights back."""
    from serve.running import deploy

    yield endpoint
    deploy(config)


def _code(client: httpx.Client, **more: str) -> str:
    response = client.post("/v1/generate", json={**BODY, **more})
    assert response.status_code == 200, response.text
    return str(response.json()["code"])


def test_no_request_is_lost_while_other_weights_come(
    deployed: httpx.Client, config: ServeConfig, tmp_path: Path
) -> None:
    from serve.running import deploy

    teach(tmp_path / "cylinder", [CYLINDER.program.code])
    before = deployed.post("/v1/generate", json=BODY).json()
    codes: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            codes.append(_code(deployed))

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    deploy(config.override({"checkpoint": str(tmp_path / "cylinder")}))
    time.sleep(1)
    over.set()
    for asker in askers:
        asker.join()
    assert set(codes) == {BOX.program.code, CYLINDER.program.code}
    assert sorted(codes, key=lambda code: code == CYLINDER.program.code) == codes
    assert deployed.get("/healthz").json()["model"] == "cylinder"
    assert deployed.get(before["artifacts"]["step"]).status_code == 200


def test_adapters_are_models_of_their_own(
    deployed: httpx.Client, config: ServeConfig, tmp_path: Path
) -> None:
    from serve.running import deploy

    adapt(Path(config.checkpoint), tmp_path / "adapter")
    deploy(config.override({"adapters": {"bent": str(tmp_path / "adapter")}}))
    listed = [model["id"] for model in deployed.get("/v1/models").json()["data"]]
    assert listed == ["box", "bent"]
    assert _code(deployed) == _code(deployed, model="box") == BOX.program.code
    assert _code(deployed, model="bent") != BOX.program.code
    unknown = deployed.post("/v1/generate", json={**BODY, "model": "gone"})
    assert (unknown.status_code, unknown.json()["error"]["param"]) == (404, "model")
