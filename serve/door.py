"""What every server of ours does before a request reaches its routes, and while one is served."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel
from starlette.types import Message, Receive

from serve import errors
from serve.config import DoorConfig
from serve.errors import Refused
from serve.guard import Guard, Rates, read_keys
from serve.measures import Measures
from serve.turns import Turns, within


class Door:
    """Keys, rates, places, and the figures of a server."""

    def __init__(self, config: DoorConfig) -> None:
        self.config = config
        self.turns = Turns(config.max_requests)
        self.measures = Measures(self.turns)
        self._keys = read_keys(config.keys_file) if config.keys_file else ()
        self._rates = Rates(config.rate_per_minute) if config.rate_per_minute else None

    def api(self, title: str, about: str | None, log: logging.Logger) -> FastAPI:
        """An application without routes of its own but ``/metrics``; ``log`` takes a line for each
        request where no ``audit`` file does."""
        # No /docs: FastAPI's page loads its scripts from the network. /openapi.json is served.
        api = FastAPI(
            title=title,
            description=about or "",
            docs_url=None,
            redoc_url=None,
            responses={"4XX": {"model": errors.Answer, "description": "What is to be mended."}},
        )
        errors.install(api)
        api.get("/metrics", response_class=Response)(self.metrics)
        log = audit_log(self.config.audit) if self.config.audit else log
        api.add_middleware(Guard, keys=self._keys, log=log, measures=self.measures)
        return api

    async def metrics(self) -> Response:
        """Figures in the text format of Prometheus."""
        return self.measures.page()

    @asynccontextmanager
    async def served(self) -> AsyncIterator[None]:
        """A place among those that are served, for as long as one may take."""
        with self.turns.turn():
            async with within(self.config.budget_s):
                yield

    def charge(self, request: Request, count: int) -> None:
        """Count what a request asks for against the rate of who asks.

        Raises:
            Refused: 429, it is too much for now.
        """
        if self._rates is not None:
            self._rates.take(request.state.caller, count)


def limited(request: Request, config: DoorConfig) -> Request:
    """The same request, refused once its body is too large."""
    return Request(request.scope, _counted(request.receive, config.max_upload_mb))


def _counted(receive: Receive, max_mb: float) -> Receive:
    """Count what comes in. The declared length may lie, or be missing."""
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > max_mb * 2**20:
            raise Refused(413, "too_large", f"the request is larger than {max_mb:g} MiB")
        return message

    return counted


def audit_log(path: str) -> logging.Logger:
    """A log of its own for a file."""
    log = logging.getLogger(f"cadvlm.audit.{path}")
    if not log.handlers:
        log.setLevel(logging.INFO)
        log.propagate = False
        log.addHandler(logging.FileHandler(path))
    return log


def body(*models: tuple[str, type[BaseModel]]) -> dict[str, Any]:
    """For the OpenAPI document, of a handler that reads its body by itself: content types, and the
    model of each."""
    content = {kind: {"schema": inlined(model.model_json_schema())} for kind, model in models}
    return {"requestBody": {"required": True, "content": content}}


def arguments(model: type[BaseModel]) -> dict[str, Any]:
    """The same, of one that takes its arguments by query or as a JSON body."""
    schema = inlined(model.model_json_schema())
    parameters = [
        {"name": name, "in": "query", "schema": one, "description": one.get("description", "")}
        for name, one in schema["properties"].items()
    ]
    body = {"content": {"application/json": {"schema": schema}}}
    return {"parameters": parameters, "requestBody": body}


def inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema whose references, which would point to nowhere in an OpenAPI document, are replaced
    by what they name."""
    named = schema.get("$defs", {})

    def put(node: Any) -> Any:
        if isinstance(node, list):
            return [put(one) for one in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node:
            return put(named[node["$ref"].rpartition("/")[2]])
        return {key: put(one) for key, one in node.items() if key not in ("$defs", "discriminator")}

    whole: dict[str, Any] = put(schema)
    return whole
