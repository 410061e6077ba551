"""What a client may ask of ``POST /v1/generate``, as JSON or as a form with files."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import Request
from PIL.Image import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.datastructures import UploadFile

from cadvlm.models.sampling import Sampling
from serve import pictures
from serve.config import ServeConfig
from serve.door import limited
from serve.errors import Refused, explained

VARIETY = 0.8
"""Temperature of all candidates but the first, where none is asked for: several equal ones help
nobody, and the first is what asking for one would give."""


class Options(BaseModel):
    """How the program is to be written."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)

    model: str | None = None
    """One of ``/v1/models``. Null: the checkpoint itself."""

    language: Literal["cadquery"] = "cadquery"
    """The only dialect so far."""

    n: int = Field(1, ge=1)
    """Candidates to write and run; the one that agrees best with the picture is the answer."""

    max_new_tokens: int | None = Field(None, ge=1)
    """Longest program in tokens. Null: the server's limit."""

    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    """Zero takes the likeliest token. Null: zero for the first candidate, 0.8 for the others."""

    seed: int | None = Field(None, ge=0, lt=2**63)
    """Makes sampling repeatable. Null: another sample every time."""

    stream: bool = False
    """Answer with events: what is new of a program as it is written, as ``{"piece": {"number",
    "text"}}``, then the answer under ``answer``."""

    def samplings(self, config: ServeConfig) -> dict[int, Sampling]:
        """How each candidate is written, by its number."""
        length = self.max_new_tokens or config.max_new_tokens
        seed = secrets.randbits(62) if self.seed is None else self.seed
        given = self.temperature
        return {
            i: Sampling(length, (VARIETY if i else 0.0) if given is None else given, seed + i)
            for i in range(self.n)
        }

    def check(self, config: ServeConfig) -> None:
        """Refuse what this server does not offer.

        Raises:
            Refused: with the name of what to mend.
        """
        for name, found, most in (
            ("n", self.n, config.max_candidates),
            ("max_new_tokens", self.max_new_tokens or 0, config.max_new_tokens),
        ):
            if found > most:
                message = f"{name}: at most {most} on this server, found {found}"
                raise Refused(422, "invalid_request", message, name)
        if self.n > 1 and self.temperature == 0:
            message = f"temperature: 0 writes the same program {self.n} times; give more, or n=1"
            raise Refused(422, "invalid_request", message, "temperature")


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
    request = limited(request, config)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        asked = await _read_json(request, config)
    elif kind == "multipart/form-data":
        asked = await _read_form(request, config)
    else:
        message = f"send multipart/form-data or application/json, not {kind or 'nothing'}"
        raise Refused(415, "unsupported_media_type", message)
    asked.options.check(config)
    return asked


async def _read_json(request: Request, config: ServeConfig) -> Asked:
    try:
        options = JsonRequest.model_validate_json(await request.body())
    except ValidationError as error:
        raise explained(error) from None
    images = await decode(pictures.from_text, options.images, config, "images")
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
    return Asked(options, await decode(pictures.from_bytes, uploads, config, "image"))


async def decode(
    read: Callable[[Any, float, str], Image],
    sources: Sequence[Any],
    config: ServeConfig,
    param: str,
) -> tuple[Image, ...]:
    """Pictures from what a client sent; ``param`` is the client's word for it.

    Raises:
        Refused: too many of them, or one that is none.
    """
    if len(sources) > config.max_images:
        message = f"{param}: at most {config.max_images} pictures, found {len(sources)}"
        raise Refused(422, "too_many_images", message, param)
    # In a thread: unpacking 50 megapixels takes a second, and others are waiting.
    return tuple(
        [await asyncio.to_thread(read, source, config.max_megapixels, param) for source in sources]
    )
