"""How answers are to be written.

Apart from the writing, so that whoever asks for them need not load torch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple


class Sampling(NamedTuple):
    """How one answer is written."""

    max_new_tokens: int
    temperature: float = 0.0
    """Zero takes the likeliest token every time."""
    seed: int = 0
    """Decides what is drawn, whatever else is in the batch."""


Hear = Callable[[int, int, bool], bool]
"""Told the row, the token that was just written for it, and whether that was its last one; says
whether there is any use in going on with the row."""
