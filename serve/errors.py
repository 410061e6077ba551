"""Failures as a client sees them: ``{"error": {"type", "message", "param"}}``, never a trace."""

from __future__ import annotations

from math import ceil

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ValidationError
from starlette.exceptions import HTTPException

from cadvlm.errors import ConfigError, InputError


class Detail(BaseModel):
    """What is wrong."""

    type: str
    message: str
    param: str | None


class Answer(BaseModel):
    """How every failure is answered."""

    error: Detail


TYPES = {404: "not_found", 405: "method_not_allowed"}


class Refused(InputError):
    """A request that its sender can mend, were it by coming back after ``retry_s``."""

    def __init__(
        self,
        status: int,
        type: str,
        message: str,
        param: str | None = None,
        retry_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.type, self.param, self.retry_s = status, type, param, retry_s

    @property
    def body(self) -> dict[str, dict[str, str | None]]:
        """The JSON of it."""
        return body(self.type, str(self), self.param)

    @property
    def headers(self) -> dict[str, str]:
        """What a client needs beside it."""
        headers = {} if self.retry_s is None else {"Retry-After": str(ceil(self.retry_s))}
        return headers | ({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})


def explained(error: ValidationError | RequestValidationError) -> Refused:
    """The first complaint of a validation, as the refusal of a request."""
    first = error.errors()[0]
    if first["type"] == "json_invalid":
        return Refused(400, "invalid_json", first["msg"])
    path = first["loc"][isinstance(error, RequestValidationError) :]  # "query" is none of ours
    param = str(path[0]) if path else None
    message = first["msg"].removeprefix("Value error, ")
    return Refused(422, "invalid_request", f"{param}: {message}" if param else message, param)


def body(type: str, message: str, param: str | None = None) -> dict[str, dict[str, str | None]]:
    """The JSON of an error."""
    return {"error": {"type": type, "message": message, "param": param}}


def of(error: InputError) -> dict[str, dict[str, str | None]]:
    """The JSON of a refusal; one that comes from another process brings a trace, which stays."""
    if isinstance(error, Refused):
        return error.body
    return body("invalid_request", str(getattr(error, "cause", error)))


def install(api: FastAPI) -> None:
    """Make ``api`` answer every failure as JSON, and never with a stack trace."""

    @api.exception_handler(Refused)
    async def refused(_: Request, error: Refused) -> JSONResponse:
        return JSONResponse(error.body, error.status, error.headers)

    @api.exception_handler(InputError)
    async def unreadable(_: Request, error: InputError) -> JSONResponse:
        return JSONResponse(of(error), 422)

    @api.exception_handler(ConfigError)
    async def unsettled(_: Request, error: ConfigError) -> JSONResponse:
        return JSONResponse(body("invalid_request", str(error)), 422)

    @api.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        return JSONResponse(explained(error).body, 422)

    @api.exception_handler(HTTPException)
    async def unroutable(_: Request, error: HTTPException) -> JSONResponse:
        kind = TYPES.get(error.status_code, "invalid_request")
        return JSONResponse(body(kind, error.detail), error.status_code, error.headers)

    @api.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        # The framework raises it again behind this answer, so the trace is in the server's log.
        return JSONResponse(body("internal", "the server failed; its log says why"), 500)
