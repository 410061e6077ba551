"""``POST /v1/chat/completions`` in OpenAI's words: what a client may send, and what it gets.

The model takes one turn: a user's text with its pictures. Settings of OpenAI's that change what is
written, and that this server does not have, are refused unless they are neutral: a client that
sends its defaults is served, one that relies on them is told.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from serve.errors import Refused, explained
from serve.events import event
from serve.request import Options

_WORDS = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class TextPart(BaseModel):
    """Words."""

    model_config = _WORDS

    type: Literal["text"]
    text: str


class ImageUrl(BaseModel):
    """Where a picture is."""

    model_config = _WORDS

    url: str
    """A data URI. Addresses are refused: this server fetches nothing for strangers."""
    detail: Literal["auto", "low", "high"] = "auto"
    """Of no effect: the model decides how large it sees a picture."""


class ImagePart(BaseModel):
    """A picture."""

    model_config = _WORDS

    type: Literal["image_url"]
    image_url: ImageUrl


class Message(BaseModel):
    """A turn."""

    model_config = _WORDS

    role: Literal["system", "developer", "user"]
    content: str | list[Annotated[TextPart | ImagePart, Field(discriminator="type")]]
    name: str | None = None


class StreamOptions(BaseModel):
    """What a stream ends with."""

    model_config = _WORDS

    include_usage: bool = False
    include_obfuscation: bool = False


class ChatRequest(BaseModel):
    """The JSON body."""

    model_config = _WORDS

    model: str
    messages: list[Message] = Field(min_length=1, max_length=100)
    """Instructions of the system, where there are any, and one message of the user with pictures.
    Without a text, the instruction that the model was trained with."""
    n: int = Field(1, ge=1)
    """Choices, the best one first: the order in which ``/v1/generate`` would prefer them."""
    temperature: float | None = Field(None, ge=0, le=2, allow_inf_nan=False)
    max_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    seed: int | None = Field(None, ge=0, lt=2**63)
    stream: bool = False
    stream_options: StreamOptions | None = None
    user: str | None = None
    top_p: Literal[1] | None = None
    presence_penalty: Literal[0] | None = None
    frequency_penalty: Literal[0] | None = None
    logprobs: Literal[False] | None = None

    @property
    def options(self) -> Options:
        """The same for ``/v1/generate``."""
        length = self.max_completion_tokens or self.max_tokens
        return Options(
            n=self.n, max_new_tokens=length, temperature=self.temperature, seed=self.seed
        )

    @property
    def images(self) -> list[str]:
        """Data URIs of the pictures, in order."""
        return [part.image_url.url for part in self._parts() if isinstance(part, ImagePart)]

    @property
    def prompt(self) -> str:
        """All words, a blank line between the parts; empty where there are none."""
        words = [part.text for part in self._parts() if isinstance(part, TextPart)]
        return "\n\n".join(filter(None, map(str.strip, words)))

    def _parts(self) -> list[TextPart | ImagePart]:
        return [
            part
            for message in self.messages
            for part in (
                [TextPart(type="text", text=message.content)]
                if isinstance(message.content, str)
                else message.content
            )
        ]


MOST_LETTERS = 20_000
"""Of a prompt; a model's memory ends long before."""


def parse(body: bytes) -> ChatRequest:
    """Check a request, all but its model.

    Raises:
        Refused: with what is wrong.
    """
    try:
        asked = ChatRequest.model_validate_json(body)
    except ValidationError as error:
        raise explained(error) from None
    if sum(message.role == "user" for message in asked.messages) != 1:
        message = "messages: exactly one of the user; the model does not converse"
        raise Refused(422, "invalid_request", message, "messages")
    if not asked.images:
        message = "messages: no picture; send one as an image_url with a data URI"
        raise Refused(422, "invalid_request", message, "messages")
    if any(not url.startswith("data:") for url in asked.images):
        message = "image_url: only data URIs such as data:image/png;base64,..."
        raise Refused(422, "invalid_request", message, "messages")
    if len(asked.prompt) > MOST_LETTERS:
        message = f"messages: more than {MOST_LETTERS} letters of text"
        raise Refused(422, "invalid_request", message, "messages")
    if asked.stream and asked.n > 1:
        raise Refused(422, "invalid_request", "n: one choice can be streamed, not several", "n")
    return asked


class Completion:
    """Puts answers in OpenAI's words."""

    def __init__(self, id: str, model: str, created: int) -> None:
        self._head = {"id": f"chatcmpl-{id}", "created": created, "model": model}

    def whole(
        self, codes: Sequence[str], ended: Sequence[str], usage: dict[str, int], more: Any
    ) -> dict[str, Any]:
        """The answer at once; ``more`` is what OpenAI has no word for, under ``cadvlm``."""
        choices = [
            {
                "index": index,
                "message": {"role": "assistant", "content": fenced(code), "refusal": None},
                "finish_reason": reason,
                "logprobs": None,
            }
            for index, (code, reason) in enumerate(zip(codes, ended, strict=True))
        ]
        return {
            **self._head,
            "object": "chat.completion",
            "choices": choices,
            "usage": usage,
            "cadvlm": more,
        }

    def chunk(self, delta: dict[str, str], ended: str | None = None, **more: Any) -> bytes:
        """A piece of the answer."""
        choice = {"index": 0, "delta": delta, "finish_reason": ended, "logprobs": None}
        return event(self._piece([choice]) | more)

    def usage(self, usage: dict[str, int]) -> bytes:
        """The piece that only counts."""
        return event(self._piece([]) | {"usage": usage})

    def _piece(self, choices: list[dict[str, Any]]) -> dict[str, Any]:
        return {**self._head, "object": "chat.completion.chunk", "choices": choices}


def usage(num_read: int, num_written: int) -> dict[str, int]:
    """How many tokens it took."""
    return {
        "prompt_tokens": num_read,
        "completion_tokens": num_written,
        "total_tokens": num_read + num_written,
    }


FENCE = "```"


def fenced(code: str) -> str:
    """A program as Markdown."""
    return f"{FENCE}python\n{code.rstrip()}\n{FENCE}"


class Fencing:
    """Puts a program between fences while it comes. One that brings its own keeps them, and what is
    said before the first import stays outside."""

    _OPENS = re.compile(r"(import|from)\s|```")

    def __init__(self) -> None:
        self._line: str | None = ""
        """The line so far, as long as it is not known where it belongs."""
        self._ours = False
        self._end = ""

    def feed(self, text: str) -> str:
        """What can be passed on of what has come."""
        if self._line is None:
            return self._passed(text)
        passed = ""
        self._line += text
        while self._line is not None:
            line, newline, rest = self._line.partition("\n")
            opening = self._OPENS.match(line)
            if opening:
                self._ours, begun, self._line = opening[0] != FENCE, self._line, None
                return passed + self._passed((f"{FENCE}python\n" if self._ours else "") + begun)
            if not newline:
                break
            passed += line + newline
            self._line = rest
        return passed

    def finish(self) -> str:
        """What is still missing at the end."""
        if self._line is not None:
            return self._line
        if not self._ours:
            return ""
        return ("" if self._end.endswith("\n") else "\n") + FENCE

    def _passed(self, text: str) -> str:
        self._end = text or self._end
        return text
