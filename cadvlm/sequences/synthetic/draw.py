"""What the families share: how lengths are drawn and how a program is written."""

from __future__ import annotations

import random
import re
from collections.abc import Iterable

from cadvlm.records import CadProgram

LONGEST = 100
"""Longest side of every part's bounding box, in the program's unit."""

LETTERS = "AEFHKLMNTVXZ"
"""For text on parts: of straight strokes, which a small picture still shows."""

PLANES = {"XY": ">Z", "YZ": ">X", "XZ": "<Y"}
"""Sketch planes, with the end face of their extrusions: the three that the isometric eye sees."""

# Unlike sketches and selections, these make or change the solid.
_OPERATIONS = {
    "box", "extrude", "revolve", "hole", "cutBlind", "cutThruAll", "fillet", "chamfer", "shell",
    "loft", "sweep", "mirror", "cboreHole", "cskHole", "text", "union", "cut", "intersect",
    "Assembly",
}  # fmt: skip


def grid(low: int, high: int, step: int = 10) -> range:
    """The lengths from ``low`` to ``high``, both included, that may be drawn."""
    return range(low, high + 1, step)


def up_to(high: float, lengths: Iterable[int]) -> list[int]:
    """The lengths that do not exceed ``high``."""
    return [length for length in lengths if length <= high]


def sides(rng: random.Random, smallest: int = 20) -> tuple[int, int, int]:
    """Three sides in any order, one of them ``LONGEST``."""
    drawn = [LONGEST, *rng.choices(grid(smallest, LONGEST), k=2)]
    rng.shuffle(drawn)
    return drawn[0], drawn[1], drawn[2]


def at(x: int, y: int, z: int, plane: str = "XY") -> str:
    """The step that goes on in a plane through a place of the part's own frame."""
    return f'.copyWorkplane(cq.Workplane("{plane}", origin=({x}, {y}, {z})))'


def rim(x: int, y: int, z: int) -> str:
    """The step that selects the edge around a place."""
    return f".edges(cq.selectors.NearestToPointSelector(({x}, {y}, {z})))"


def chain(*steps: str) -> CadProgram:
    """The program that binds one chain of CadQuery calls, a line for each step, to ``result``."""
    body = "\n".join(f"    {step}" for step in steps)
    calls = re.findall(r"\.(\w+)\(", body)
    return CadProgram(
        code=f"import cadquery as cq\n\nresult = (\n{body}\n)\n",
        operations=tuple(call for call in calls if call in _OPERATIONS),
    )
