from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cadvlm.errors import InputError
from serve.door import audit_log
from serve.errors import Refused
from serve.guard import Guard, Rates, owner, read_keys
from serve.measures import Measures
from serve.turns import Turns

SECRET = "sk-0123456789abcdef"


def _keys(folder: Path, text: str) -> str:
    file = folder / "keys"
    file.write_text(text)
    return str(file)


async def _who(request: Request) -> PlainTextResponse:
    request.state.audit["n"] = 3
    return PlainTextResponse(request.state.caller)


def _ask(guard: Guard, path: str, **headers: str) -> httpx.Response:
    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return await client.get(path, headers=headers)

    return asyncio.run(ask())


@pytest.fixture
def guard(tmp_path: Path) -> Guard:
    app = Starlette(routes=[Route(path, _who) for path in ("/", "/v1/models")])
    keys = read_keys(_keys(tmp_path, f"# ours\nworkshop {SECRET}\n\n0123456789abcdef # bare\n"))
    log = audit_log(str(tmp_path / "audit.jsonl"))
    return Guard(app, keys, log, Measures(Turns(1)))


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        SECRET,
        f"Basic {SECRET}",
        "Bearer",
        "Bearer ",
        f"Bearer {SECRET[:-1]}",
        "Bearer workshop",
    ],
)
def test_without_the_right_key_there_is_401(guard: Guard, authorization: str) -> None:
    response = _ask(guard, "/v1/models", authorization=authorization)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.json()["error"]["type"] == "unauthorized"


def test_a_key_opens_and_says_who_it_is(guard: Guard) -> None:
    assert _ask(guard, "/v1/models", authorization=f"Bearer {SECRET}").text == "workshop"
    assert _ask(guard, "/v1/models", authorization="bearer 0123456789abcdef").text == "key 4"


def test_the_page_asks_for_no_key(guard: Guard) -> None:
    assert _ask(guard, "/").status_code == 200


def test_every_request_has_an_id_and_a_line(guard: Guard, tmp_path: Path) -> None:
    answered = _ask(guard, "/v1/models", authorization=f"Bearer {SECRET}")
    refused = _ask(guard, "/v1/models")
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    ids = [response.headers["x-request-id"] for response in (answered, refused)]
    assert [line["request"] for line in lines] == ids
    assert [(line["status"], line["key"]) for line in lines] == [(200, "workshop"), (401, None)]
    assert lines[0]["n"] == 3
    assert SECRET not in json.dumps(lines)


@pytest.mark.parametrize("text", ["", "# none\n", "short\n", "a b 0123456789abcdef\n"])
def test_a_file_without_good_keys_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match="keys"):
        read_keys(_keys(tmp_path, text))


def test_nobody_owns_an_empty_key(tmp_path: Path) -> None:
    assert owner(read_keys(_keys(tmp_path, SECRET)), "Bearer ") is None
    assert owner((), f"Bearer {SECRET}") is None


def test_a_bucket_empties_and_fills_again() -> None:
    now = 0.0
    rates = Rates(6, lambda: now)
    for _ in range(3):
        rates.take("a", 2)
    with pytest.raises(Refused) as refusal:
        rates.take("a", 1)
    assert (refusal.value.status, refusal.value.headers) == (429, {"Retry-After": "10"})
    rates.take("b", 6)
    now = 10.0
    rates.take("a", 1)
    with pytest.raises(Refused):
        rates.take("a", 1)


def test_more_than_a_bucket_holds_is_owed() -> None:
    now = 0.0
    rates = Rates(4, lambda: now)
    rates.take("a", 8)
    now = 90.0
    with pytest.raises(Refused):
        rates.take("a", 4)
    now = 120.0
    rates.take("a", 4)


def test_an_id_that_was_given_is_kept(guard: Guard, tmp_path: Path) -> None:
    response = _ask(guard, "/", **{"X-Request-Id": "a" * 100})
    assert "x-request-id" not in response.headers  # who gave it puts it there
    [line] = (tmp_path / "audit.jsonl").read_text().splitlines()
    assert json.loads(line)["request"] == "a" * 64
