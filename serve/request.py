"""What a client may ask of ``POST /v1/generate``, as JSON or as a form with files."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Request
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile
from starlette.types import Message, Receive

from serve import pictures
from serve.config import ServeConfig
from serve.errors import Refused, explained

# Several equal candidates help nobody: who asks for several and names no temperature gets variety.
SAMPLING_TEMPERATURE = 0.8


class Options(BaseModel):
    """How the program is to be written."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    language: Literal["cadquery"] = "cadquery"
    """The only dialect so far."""

    n: int = Field(1, ge=1)
    """Candidates to write; the first one that builds a solid is the answer."""

    max_new_tokens: int | None = Field(None, ge=1)
    """Longest program in tokens. Null: the server's limit."""

    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    """Zero takes the likeliest token. Null: zero for one candidate, 0.8 for several."""

    seed: int | None = Field(None, ge=0, lt=2**63)
    """Makes sampling repeatable. Null: another sample every time."""

    def sampling_temperature(self) -> float:
        """The temperature after its default."""
        if self.temperature is None:
            return SAMPLING_TEMPERATURE if self.n > 1 else 0.0
        return self.temperature


class JsonRequest(Options):
    """The JSON body."""

    images: list[str] = Field(min_length=1)
    """Pictures of one part: base64, or data URIs. PNG, JPEG or WebP."""


class FormRequest(Options):
    """The fields of a form; only the OpenAPI document needs the class."""

    image: list[Annotated[bytes, Field(json_schema_extra={"format": "binary"})]]
    """Pictures of one part, one file each. PNG, JPEG or WebP."""


class Asked(NamedTuple):
    """A request that can be answered."""

    options: Options
    images: tuple[Image, ...]


async def read(request: Request, config: ServeConfig) -> Asked:
    """Read and check a request.

    Raises:
        Refused: with the 4xx that says what to mend.
    """
    request = Request(request.scope, _limited(request.receive, config.max_upload_mb))
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        asked = await _read_json(request, config)
    elif kind == "multipart/form-data":
        asked = await _read_form(request, config)
    else:
        message = f"send multipart/form-data or application/json, not {kind or 'nothing'}"
        raise Refused(415, "unsupported_media_type", message)
    _check(asked.options, config)
    return asked


def _limited(receive: Receive, max_mb: float) -> Receive:
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


async def _read_json(request: Request, config: ServeConfig) -> Asked:
    try:
        options = JsonRequest.model_validate_json(await request.body())
    except ValidationError as error:
        raise explained(error) from None
    images = await _decode(pictures.from_text, options.images, config, "images")
    return Asked(options, images)


async def _read_form(request: Request, config: ServeConfig) -> Asked:
    async with request.form(max_files=100, max_fields=100) as form:
        files = form.getlist("image")
        try:
            options = Options.model_validate({key: form[key] for key in form if key != "image"})
        except ValidationError as error:
            raise explained(error) from None
        uploads = [await file.read() for file in files if isinstance(file, UploadFile)]
        if not uploads or len(uploads) < len(files):
            raise Refused(422, "invalid_request", "image: one file or more is required", "image")
    return Asked(options, await _decode(pictures.from_bytes, uploads, config, "image"))


async def _decode(
    read: Callable[[Any, float, str], Image],
    sources: Sequence[Any],
    config: ServeConfig,
    param: str,
) -> tuple[Image, ...]:
    if len(sources) > config.max_images:
        message = f"{param}: at most {config.max_images} pictures, found {len(sources)}"
        raise Refused(422, "too_many_images", message, param)
    # In a thread: unpacking 50 megapixels takes a second, and others are waiting.
    return tuple(
        [await asyncio.to_thread(read, source, config.max_megapixels, param) for source in sources]
    )


def _check(options: Options, config: ServeConfig) -> None:
    """What depends on the server's settings."""
    for name, found, most in (
        ("n", options.n, config.max_candidates),
        ("max_new_tokens", options.max_new_tokens or 0, config.max_new_tokens),
    ):
        if found > most:
            message = f"{name}: at most {most} on this server, found {found}"
            raise Refused(422, "invalid_request", message, name)
    if options.n > 1 and options.sampling_temperature() == 0:
        message = f"temperature: 0 writes the same program {options.n} times; give more, or n=1"
        raise Refused(422, "invalid_request", message, "temperature")
