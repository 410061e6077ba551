"""Server-sent events: an answer while it comes into being."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Any

from starlette.responses import StreamingResponse

from cadvlm.errors import InputError
from serve import errors

DONE = b"data: [DONE]\n\n"
"""The end of a stream, as OpenAI has it."""


def event(content: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return f"data: {json.dumps(content, separators=(',', ':'))}\n\n".encode()


def stream(events: AsyncGenerator[bytes, None]) -> StreamingResponse:
    """The events as they come, and their end."""
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(_told(events), media_type="text/event-stream", headers=headers)


async def _told(events: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    async with aclosing(events):
        try:
            async for one in events:
                yield one
        except InputError as refusal:  # the answer has begun, so its status cannot say it
            yield event(errors.of(refusal))
    yield DONE
