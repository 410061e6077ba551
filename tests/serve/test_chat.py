from __future__ import annotations

import json
from typing import Any

import pytest

from serve import chat
from serve.errors import Refused

URI = "data:image/png;base64,AAAA"
CODE = "import cadquery as cq\nresult = cq.Workplane().box(1, 2, 3)\n"


def _image(url: str = URI) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": url}}


def _body(content: Any, **more: Any) -> bytes:
    messages = [{"role": "user", "content": content}]
    return json.dumps({"model": "box", "messages": messages, **more}).encode()


TURN = {"role": "user", "content": [_image()]}


def test_words_and_pictures_are_read_in_order() -> None:
    body = {
        "model": "box",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [_image(URI), {"type": "text", "text": " A box? "}]},
        ],
        "max_tokens": 7,
        "top_p": 1,
    }
    asked = chat.parse(json.dumps(body).encode())
    assert asked.prompt == "Be brief.\n\nA box?"
    assert asked.images == [URI]
    assert asked.options.max_new_tokens == 7


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (b"{", 400, None),
        (_body("a box"), 422, "messages"),
        (_body([_image("https://example.com/a.png")]), 422, "messages"),
        (_body([_image("file:///etc/passwd")]), 422, "messages"),
        (_body([_image()], messages=[]), 422, "messages"),
        (
            _body([_image()], messages=[{"role": "user", "content": [_image()]}] * 2),
            422,
            "messages",
        ),
        (_body([_image()], messages=[{"role": "assistant", "content": "x"}]), 422, "messages"),
        (_body([{"type": "text", "text": "x" * 30_000}, _image()]), 422, "messages"),
        (_body([_image()], stream=True, n=2), 422, "n"),
        (_body([_image()], top_p=0.5), 422, "top_p"),
        (_body([_image()], tools=[]), 422, "tools"),
        (_body([_image()], n=0), 422, "n"),
    ],
)
def test_what_cannot_be_answered_is_refused_by_name(
    body: bytes, status: int, param: str | None
) -> None:
    with pytest.raises(Refused) as refusal:
        chat.parse(body)
    assert (refusal.value.status, refusal.value.param) == (status, param)


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (CODE, f"```python\n{CODE}```"),
        (CODE.rstrip(), f"```python\n{CODE}```"),
        (f"```python\n{CODE}```", f"```python\n{CODE}```"),
        (f"Here it is.\n\n{CODE}", f"Here it is.\n\n```python\n{CODE}```"),
        (f"<plan>\na box\n</plan>\n{CODE}", f"<plan>\na box\n</plan>\n```python\n{CODE}```"),
        ("no code", "no code"),
        ("", ""),
    ],
    ids=["code", "without its last newline", "fenced", "words", "plan", "words alone", "nothing"],
)
@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_program_gets_its_fence_however_it_comes(answer: str, shown: str, size: int) -> None:
    fencing = chat.Fencing()
    pieces = [fencing.feed(answer[at : at + size]) for at in range(0, len(answer), size)]
    assert "".join(pieces) + fencing.finish() == shown


def test_a_program_is_passed_on_before_its_line_ends() -> None:
    fencing = chat.Fencing()
    assert fencing.feed("import c") == "```python\nimport c"
    assert fencing.feed("adquery") == "adquery"
