"""What the endpoint does for those who ask without a key, too much, or leave."""

from __future__ import annotations

import base64
import json
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.serve.endpoint.conftest import MOST_REQUESTS
from tests.serve.images import picture

pytestmark = [pytest.mark.ray, pytest.mark.slow]

BODY = {"images": [base64.b64encode(picture()).decode()]}
# Too hot for an end to come by chance: every program takes all 64 tokens.
LONG = {**BODY, "n": 4, "temperature": 2.0}


@pytest.mark.parametrize("path", ["/v1/generate", "/v1/chat/completions"])
def test_who_has_no_key_is_not_answered(endpoint: httpx.Client, path: str) -> None:
    response = endpoint.post(path, json=BODY, headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert response.json()["error"]["type"] == "unauthorized"


def test_page_and_health_ask_for_no_key(endpoint: httpx.Client) -> None:
    for path in ("/", "/healthz"):
        assert endpoint.get(path, headers={"Authorization": ""}).status_code == 200


def test_a_full_queue_says_when_to_come_back_and_nobody_is_lost(endpoint: httpx.Client) -> None:
    with ThreadPoolExecutor(4 * MOST_REQUESTS) as pool:
        asked = [
            pool.submit(endpoint.post, "/v1/generate", json=LONG) for _ in range(4 * MOST_REQUESTS)
        ]
        answers = [one.result() for one in asked]
    counts = Counter(answer.status_code for answer in answers)
    assert counts.keys() == {200, 429}
    assert counts[200] >= MOST_REQUESTS
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.json()["error"]["type"] == "overloaded"
    assert int(refused.headers["retry-after"]) >= 1


def test_who_leaves_makes_room(endpoint: httpx.Client) -> None:
    uri = f"data:image/png;base64,{BODY['images'][0]}"
    parts = [{"type": "image_url", "image_url": {"url": uri}}]
    body = {"model": "box", "messages": [{"role": "user", "content": parts}], "stream": True}
    for _ in range(2 * MOST_REQUESTS):
        with endpoint.stream("POST", "/v1/chat/completions", json=body) as answer:
            assert next(answer.iter_lines()).startswith("data: ")
    assert endpoint.post("/v1/generate", json=BODY).status_code == 200


def test_every_request_leaves_a_line(endpoint: httpx.Client, audit: Path) -> None:
    response = endpoint.post("/v1/generate", json={**BODY, "n": 2})
    line = _line_about(audit, response.headers["x-request-id"])
    assert (line["key"], line["path"], line["status"]) == ("tests", "/v1/generate", 200)
    assert (line["n"], line["answer"], line["valid"]) == (2, response.json()["id"], True)


def test_requests_and_programs_are_counted(endpoint: httpx.Client) -> None:
    def count(line: str) -> float:
        [found] = [one for one in endpoint.get("/metrics").text.splitlines() if line in one] or [
            "0"
        ]
        return float(found.rpartition(" ")[2])

    answered = 'cadvlm_requests_total{method="POST",route="/v1/generate",status="200"}'
    built, written = 'cadvlm_programs_total{status="ok"}', 'cadvlm_tokens_total{kind="written"}'
    before = [count(one) for one in (answered, built, written)]
    endpoint.post("/v1/generate", json=BODY).raise_for_status()
    after = [count(one) for one in (answered, built, written)]
    assert after[:2] == [before[0] + 1, before[1] + 1]
    assert after[2] > before[2] + 10


def _line_about(audit: Path, request: str) -> dict[str, Any]:
    """It is written when everything is over, which may be after the client has its answer."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        lines = [json.loads(line) for line in audit.read_text().splitlines()]
        for line in lines:
            if line["request"] == request:
                return dict(line)
        time.sleep(0.05)
    raise AssertionError(f"no line about {request}")
