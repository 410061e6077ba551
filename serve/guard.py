"""At the door of every request: who it is, how often, and a line about it for later.

Keys are compared in constant time. Only what costs something asks for one: health, the page, its
documents and the files of an answer, whose names are secrets by themselves, are open.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cadvlm.errors import InputError
from serve.errors import Refused
from serve.measures import Measures

REQUEST_ID = "X-Request-Id"
MOST_LETTERS = 64
"""Of an id in the log: clients may bring their own."""

OPEN = ("/", "/healthz", "/openapi.json")
OPEN_BELOW = "/v1/artifacts/"

GONE = 499
"""Status, as nginx has it, where the client went before there was an answer."""

METHODS = ("GET", "HEAD", "POST")
OTHER = "other"
"""What is counted in place of words that clients are free to invent."""

MOST_CALLERS = 10_000
"""Whose rates are remembered; the one that was not seen for longest is forgotten."""


class Key(NamedTuple):
    """An API key; the secret itself is not kept."""

    name: str
    digest: bytes


def read_keys(path: str) -> tuple[Key, ...]:
    """The keys of a file; see ``keys_file``.

    Raises:
        InputError: it cannot be read, holds none, or one that could be guessed.
    """
    try:
        lines = Path(path).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"keys_file: {path} cannot be read: {error}") from None
    keys = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        if len(words) > 2 or len(words[-1]) < 16:
            raise InputError(
                f"{path}, line {number}: expected a key of 16 letters or more, or a name and a key"
            )
        name = words[0] if len(words) == 2 else f"key {number}"
        keys.append(Key(name, _digest(words[-1])))
    if not keys:
        raise InputError(f"keys_file: {path} holds no key")
    return tuple(keys)


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def owner(keys: tuple[Key, ...], authorization: str) -> str | None:
    """Whose key it is, or None; in the same time for every key, right or wrong."""
    scheme, _, secret = authorization.partition(" ")
    digest = _digest(secret.strip() if scheme.lower() == "bearer" else "")
    found = None
    for key in keys:
        if hmac.compare_digest(key.digest, digest):
            found = key.name
    return found


class Rates:
    """How many programs, or jobs, each caller may still have: a bucket that fills by the minute."""

    def __init__(self, per_minute: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute, self._clock = per_minute, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Programs left, and when."""

    def take(self, caller: str, count: int) -> None:
        """Take programs out of the caller's bucket.

        Raises:
            Refused: 429, and when there will be enough. Who asks for more than fits into a bucket
                waits until it is full, and owes the rest.
        """
        now = self._clock()
        left, since = self._left.pop(caller, (self._per_minute, now))
        left = min(self._per_minute, left + (now - since) * self._per_minute / 60)
        needed = min(count, self._per_minute)
        enough = left >= needed
        self._left[caller] = (left - count if enough else left), now
        if len(self._left) > MOST_CALLERS:
            self._left.popitem(last=False)
        if not enough:
            wait_s = (needed - left) * 60 / self._per_minute
            message = f"more than {self._per_minute:g} a minute"
            raise Refused(429, "rate_limited", message, retry_s=wait_s)


class Guard:
    """Lets a request through to the routes; ASGI middleware.

    A request that is let through finds ``caller`` and ``request_id`` in its state, and may leave
    there under ``audit`` what else the line about it should say.
    """

    def __init__(
        self, app: ASGIApp, keys: tuple[Key, ...], log: logging.Logger, measures: Measures
    ) -> None:
        self._app, self._keys, self._log, self._measures = app, keys, log, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers, started, status = Headers(scope=scope), time.time(), 0
        given = headers.get(REQUEST_ID)  # by Ray Serve's proxy, which puts it on the answer too
        id = (given or secrets.token_hex(8))[:MOST_LETTERS]
        address = scope["client"][0] if scope["client"] else ""
        name = owner(self._keys, headers.get("authorization", ""))
        more: dict[str, object] = {}
        state = {"request_id": id, "caller": name or address, "audit": more}
        scope = {**scope, "state": {**scope.get("state", {}), **state}}

        async def stamped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if given is None:
                    MutableHeaders(scope=message)[REQUEST_ID] = id
            await send(message)

        app = self._app
        if self._keys and name is None and not _is_open(scope["path"]):
            refusal = Refused(401, "unauthorized", "a valid API key is required: Bearer KEY")
            app = JSONResponse(refusal.body, refusal.status, refusal.headers)
        try:
            await app(scope, receive, stamped)
        except Exception:
            status = status or 500
            raise
        finally:
            seconds = time.time() - started
            route = getattr(scope.get("route"), "path", OTHER)
            method = scope["method"] if scope["method"] in METHODS else OTHER
            self._measures.request(method, route, status or GONE, seconds)
            line = {
                "time": round(started, 3),
                "request": id,
                "key": name,
                "address": address,
                "method": scope["method"],
                "path": scope["path"],
                "status": status or GONE,
                "seconds": round(seconds, 3),
                **more,
            }
            # Ray Serve's handlers would also send it to the terminal of whoever deployed.
            self._log.info(json.dumps(line), extra={"log_to_stderr": False})


def _is_open(path: str) -> bool:
    return path in OPEN or path.startswith(OPEN_BELOW)
