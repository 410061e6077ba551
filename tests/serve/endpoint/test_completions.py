"""The chat route as clients meet it: HTTP and server-sent events."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from tests.parts import BOX
from tests.serve.images import picture

pytestmark = [pytest.mark.ray, pytest.mark.slow]

URI = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
CONTENT = f"```python\n{BOX.program.code}```"


def _body(**more: Any) -> dict[str, Any]:
    parts = [{"type": "image_url", "image_url": {"url": URI}}]
    return {"model": "box", "messages": [{"role": "user", "content": parts}], **more}


def _stream(endpoint: httpx.Client, **more: Any) -> list[str]:
    """The data of every event."""
    with endpoint.stream("POST", "/v1/chat/completions", json=_body(stream=True, **more)) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert all(line.startswith("data: ") for line in lines)
    return [line.removeprefix("data: ") for line in lines]


def test_a_completion_is_the_code_in_a_fence(endpoint: httpx.Client) -> None:
    body = endpoint.post("/v1/chat/completions", json=_body()).json()
    assert (body["object"], body["model"]) == ("chat.completion", "box")
    [choice] = body["choices"]
    assert choice["message"] == {"role": "assistant", "content": CONTENT, "refusal": None}
    assert choice["finish_reason"] == "stop"
    usage = body["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]
    assert usage["completion_tokens"] > 10
    assert body["cadvlm"]["valid"]


def test_a_short_completion_says_so(endpoint: httpx.Client) -> None:
    body = endpoint.post("/v1/chat/completions", json=_body(max_completion_tokens=3)).json()
    assert body["choices"][0]["finish_reason"] == "length"
    assert body["usage"]["completion_tokens"] == 3


def test_several_choices_come_best_first(endpoint: httpx.Client) -> None:
    body = endpoint.post("/v1/chat/completions", json=_body(n=3, temperature=0.1)).json()
    assert [choice["index"] for choice in body["choices"]] == [0, 1, 2]
    assert body["choices"][0]["message"]["content"] == CONTENT


def test_a_stream_is_the_same_in_pieces(endpoint: httpx.Client) -> None:
    *events, done = _stream(endpoint, stream_options={"include_usage": True})
    assert done == "[DONE]"
    chunks = [json.loads(event) for event in events]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert len({chunk["id"] for chunk in chunks}) == 1
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    assert deltas[0]["role"] == "assistant"
    pieces = [delta.get("content", "") for delta in deltas]
    assert "".join(pieces) == CONTENT
    assert len(pieces) > 5
    assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
    assert chunks[-2]["cadvlm"]["solid"]["volume"] == pytest.approx(BOX.volume)
    assert chunks[-1]["usage"]["completion_tokens"] > 10


def test_a_prompt_that_cannot_be_read_is_a_4xx_or_an_error_event(endpoint: httpx.Client) -> None:
    words = {"type": "text", "text": "an <image>?"}
    body = _body()
    body["messages"][0]["content"].append(words)
    response = endpoint.post("/v1/chat/completions", json=body)
    assert response.status_code == 422
    message = response.json()["error"]["message"]
    assert "<image>" in message
    assert "Traceback" not in message
    *_, error, done = _stream(endpoint, messages=body["messages"])
    assert "<image>" in json.loads(error)["error"]["message"]
    assert done == "[DONE]"


def test_another_model_is_not_here(endpoint: httpx.Client) -> None:
    response = endpoint.post("/v1/chat/completions", json=_body(model="gpt-4o"))
    assert response.status_code == 404
    assert response.json()["error"]["type"] == "model_not_found"
