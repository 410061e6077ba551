"""Synthetic parts in words, and what is left of them without the operation that they are about.

The words of a part say all that its program does, with the same numbers: whoever can read can write
it. Families whose parts differ in more than numbers have none.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from cadvlm.records import CadProgram

_PROMPT = "Write CadQuery code for {}."
_QUESTION = "What does this program make?\n{}"
_LITERAL = re.compile(r'"([^"]*)"|(\d+)')
_STEP = re.compile(r"^    (?=\S)", re.MULTILINE)


class Told(NamedTuple):
    """What is known of a family beyond how its parts are drawn."""

    operation: str
    """What its parts are about."""

    words: str
    """With ``{0}``, ``{1}`` ... for the texts and numbers of the program, in their order."""

    rest: tuple[int, ...] | None
    """Steps of the program that are left without the operation; None: there is no part left."""


_BLOCK = "a block {1} x {2} x {3}"

TOLD: dict[str, Told] = {
    "filleted_block": Told("fillet", f"{_BLOCK}, edges {{4}} rounded with radius {{5}}", (0,)),
    "chamfered_block": Told("chamfer", f"{_BLOCK}, rim of the top bevelled by {{5}}", (0,)),
    "open_box": Told("shell", f"{_BLOCK}, hollow, open at the top, walls {{5}} thick", (0,)),
    "cone": Told("revolve", "a cone of radius {1} below, {2} above, {3} high", None),
    "spool": Told(
        "revolve",
        "a spool of radius {1}, {6} high, rims up to {2} and from {4}, core of radius {3}",
        None,
    ),
    "lofted_block": Told(
        "loft", "a loft from a rectangle {1} x {2} to one of {4} x {5} at height {3}", None
    ),
    "lofted_adapter": Told(
        "loft", "a loft from a rectangle {1} x {2} to a circle of radius {4} at height {3}", None
    ),
    "swept_pipe": Told(
        "sweep",
        "a pipe of radius {1}, bore of radius {2}, {4} up, a bend of radius {7} to {5} and {6}, "
        "and {8} on",
        None,
    ),
    "mirrored_plate": Told(
        "mirror",
        "half a plate {1} x {2} x {3} with a hole of diameter {7} at {5}, and its mirror image",
        (0, 1),
    ),
    "hole_grid_plate": Told(
        "linear pattern",
        "a plate {1} x {2}, {8} thick, with {5} by {6} holes of radius {7}, {3} apart",
        (0, 2),
    ),
    "bolt_circle_disc": Told(
        "polar pattern",
        "a disc of radius {1}, {7} thick, with {5} holes of radius {6} around radius {2}",
        (0, 2),
    ),
    "drilled_block": Told("hole", f"{_BLOCK} with a hole of diameter {{5}} from face {{4}}", (0,)),
    "corner_hole_plate": Told(
        "hole", f"{_BLOCK} with holes of diameter {{7}} at the corners of {{5}} x {{6}}", (0,)
    ),
    "counterbored_block": Told(
        "hole", f"{_BLOCK} with a hole of diameter {{5}}, counterbore {{6}} wide, {{7}} deep", (0,)
    ),
    "countersunk_block": Told(
        "hole", f"{_BLOCK} with a hole of diameter {{5}}, countersink {{6}} wide", (0,)
    ),
    "lettered_plate": Told(
        "text", f"{_BLOCK} with the letter {{5}} of size {{6}} cut {{7}} deep", (0,)
    ),
    "pin_assembly": Told(
        "assembly",
        "an assembly of a plate {1} x {2} x {3} and a pin of radius {5}, {6} high, at {7}, {9}",
        (0, 1),
    ),
}
"""By the family's name."""


def words(family: str, program: CadProgram) -> str:
    """What a part is: ``a block 100 x 60 x 40, edges |Z rounded with radius 10``."""
    literals = [text or number for text, number in _LITERAL.findall(_chain(program))]
    return TOLD[family].words.format(*literals)


def prompt(family: str, program: CadProgram) -> str:
    """The instruction that asks for a part in words."""
    return _PROMPT.format(words(family, program))


def question(program: CadProgram) -> str:
    """The instruction that asks for the words of a part."""
    return _QUESTION.format(program.code)


def without(family: str, program: CadProgram) -> CadProgram | None:
    """The part without the operation that it is about; None where none is left."""
    rest = TOLD[family].rest
    if rest is None:
        return None
    steps = _STEP.split(_chain(program))[1:]
    body = "".join(f"    {steps[step].rstrip()}\n" for step in rest)
    return CadProgram(f"import cadquery as cq\n\nresult = (\n{body})\n")


def _chain(program: CadProgram) -> str:
    """The lines between the brackets."""
    return program.code.partition("result = (\n")[2].rpartition(")\n")[0]
