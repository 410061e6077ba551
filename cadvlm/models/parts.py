"""Which part of a vision-language model a weight belongs to, by transformers' names."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

_PROJECTOR = ("projector", "connector", "merger", "embed_vision", "aligner")
_VISION = ("vision", "visual", "image_encoder")


class Part(StrEnum):
    """What a LLaVA-like model is made of."""

    VISION = "vision"
    PROJECTOR = "projector"
    LANGUAGE = "language"


def part_of(name: str) -> Part:
    """The part that holds a weight or module of this dotted name.

    >>> part_of("model.visual.merger.mlp.0.weight")
    <Part.PROJECTOR: 'projector'>
    """
    # The projector first: some models keep it inside the tower (Qwen-VL's ``visual.merger``).
    if _mentions(name, _PROJECTOR):
        return Part.PROJECTOR
    return Part.VISION if _mentions(name, _VISION) else Part.LANGUAGE


def _mentions(name: str, words: Iterable[str]) -> bool:
    return any(word in name for word in words)
