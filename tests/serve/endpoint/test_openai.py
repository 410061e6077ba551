"""OpenAI's own client."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx
import openai
import pytest

from tests.parts import BOX
from tests.serve.conftest import KEY
from tests.serve.images import picture

pytestmark = [pytest.mark.ray, pytest.mark.slow]

CONTENT = f"```python\n{BOX.program.code}```"
URI = f"data:image/png;base64,{base64.b64encode(picture()).decode()}"
MESSAGES: list[Any] = [
    {"role": "user", "content": [{"type": "image_url", "image_url": {"url": URI}}]}
]


@pytest.fixture(scope="module")
def client(endpoint: httpx.Client) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{endpoint.base_url}/v1", api_key=KEY, max_retries=0) as client:
        yield client


def test_models_are_listed(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["box"]


def test_a_picture_is_completed_to_a_program(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(model="box", messages=MESSAGES, n=2, temperature=0.02)
    assert answer.choices[0].message.content == CONTENT
    assert answer.choices[0].finish_reason == "stop"
    assert len(answer.choices) == 2
    assert answer.usage is not None
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    assert answer.model_extra is not None
    assert answer.model_extra["cadvlm"]["valid"]


def test_a_stream_comes_in_pieces(client: openai.OpenAI) -> None:
    chunks = list(
        client.chat.completions.create(
            model="box", messages=MESSAGES, stream=True, stream_options={"include_usage": True}
        )
    )
    pieces = [chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices]
    assert "".join(pieces) == CONTENT
    assert len(pieces) > 5
    assert chunks[-1].usage is not None


def test_refusals_are_the_clients_own_errors(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="gpt-4o"):
        client.chat.completions.create(model="gpt-4o", messages=MESSAGES)
    words: list[Any] = [{"role": "user", "content": "a box"}]
    with pytest.raises(openai.UnprocessableEntityError, match="no picture"):
        client.chat.completions.create(model="box", messages=words)
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="wrong").models.list()
