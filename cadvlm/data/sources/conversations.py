"""LLaVA's conversations, in which many datasets ship: what is asked about a picture, and told."""

from __future__ import annotations

import posixpath
from typing import Any

from cadvlm.sequences.errors import Unreadable

MARKER = "<image>"


def turns(fields: dict[str, Any]) -> tuple[str, str]:
    """The instruction, without the marker of its picture, and the answer.

    Raises:
        Unreadable: ``no_conversation``.
    """
    match fields.get("conversations"):
        case [{"from": "human", "value": str(asked)}, {"from": "gpt", "value": str(told)}]:
            if told.strip():
                return asked.replace(MARKER, "").strip(), told.strip()
    raise Unreadable("no_conversation", "expected an instruction and an answer")


def part_id(fields: dict[str, Any]) -> str | None:
    """By the picture, where there is one: several rows may be about one part."""
    if image := fields.get("image"):
        return posixpath.splitext(str(image))[0]
    for key in ("id", "question_id"):
        if fields.get(key) is not None:
            return str(fields[key])
    return None
