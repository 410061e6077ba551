"""Whatever is sent, a client is told what is wrong with it."""

from __future__ import annotations

import httpx
import pytest

from tests.serve.endpoint.uploads import every

TEXT = {"content-type": "text/plain"}

pytestmark = [pytest.mark.ray, pytest.mark.slow]


def test_each_of_three_hundred_bad_requests_is_refused_with_a_reason(
    endpoint: httpx.Client,
) -> None:
    bad = list(every())
    assert len(bad) >= 300
    assert len({one.kind for one in bad}) >= 15
    wrong = []
    for kind, request in bad:
        answer = endpoint.post("/v1/generate", **request)
        told = answer.json().get("error", {})
        is_told = told.keys() == {"type", "message", "param"} and told["message"]
        if not (400 <= answer.status_code < 500 and is_told) or "Traceback" in answer.text:
            wrong.append((kind, answer.status_code, answer.text[:200], str(request)[:200]))
    assert wrong == []


@pytest.mark.parametrize(
    ("request_", "status", "type", "param"),
    [
        ({"files": {"image": b""}}, 400, "bad_image", "image"),
        ({"files": {"image": b"hello"}}, 415, "unsupported_image", "image"),
        ({"json": {"images": ["%"]}}, 400, "bad_image", "images"),
        ({"json": {"images": ["a"], "n": 17}}, 400, "bad_image", "images"),
        ({"json": {"images": []}}, 422, "invalid_request", "images"),
        (
            {"content": b"x", "headers": {"content-type": "a/b"}},
            415,
            "unsupported_media_type",
            None,
        ),
    ],
)
def test_the_status_says_what_kind_of_fault_it_is(
    endpoint: httpx.Client, request_: dict[str, object], status: int, type: str, param: str | None
) -> None:
    answer = endpoint.post("/v1/generate", **request_)  # type: ignore[arg-type]
    error = answer.json()["error"]
    assert (answer.status_code, error["type"], error["param"]) == (status, type, param)
