"""Names for the lengths that a program says again and again, so that they can be changed once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

OFTEN = 3
"""Uses that a name is worth: it costs as much as to say the number three times more."""

NAMES = {"circle": "radius", "hole": "diameter", "extrude": "height", "cutBlind": "depth"}
"""What the first number of a call is."""

_SAID = re.compile(rf"\.({'|'.join(NAMES)})\((-?)([\d.]+)(?=[,)])")


def with_names(texts: Sequence[str]) -> tuple[list[str], list[str]]:
    """Assignments to names, and the texts with the names in them: one at most for each call."""
    said = Counter((call, size) for text in texts for call, _, size in _SAID.findall(text))
    chosen: dict[str, str] = {}
    for (call, size), times in said.most_common():
        if times >= OFTEN:
            chosen.setdefault(call, size)

    def named(match: re.Match[str]) -> str:
        call, sign, size = match.groups()
        return f".{call}({sign}{NAMES[call] if chosen.get(call) == size else size}"

    assignments = [f"{NAMES[call]} = {size}" for call, size in chosen.items()]
    return assignments, [_SAID.sub(named, text) for text in texts]
