"""Whether a program does what the reference's does, operation by operation.

A part can come out nearly right without the operations that a person would change it by. Where the
reference is itself a program, and in the same language, the two are compared as texts:

``operation_recall``  of the reference's shaping calls (``fillet`` twice counts twice) the share
                      that the program has too, whatever their order. What it has beyond them is
                      ``feature_match``'s to judge. 0 for what is not Python.
``parameter_error``   calls are lined up by their names, in order; over the numbers of those that
                      have a counterpart with as many numbers, the mean of
                      ``2 |p - r| / (|p| + |r|)``, 0 for equal ones and 2 at most. None when none
                      has.
"""

from __future__ import annotations

from collections import Counter
from difflib import SequenceMatcher
from statistics import fmean
from typing import NamedTuple

from cadvlm.records import CadProgram
from cadvlm.scoring.compactness import Called, called

SHAPING = frozenset({
    "box", "sphere", "cylinder", "wedge", "extrude", "twistExtrude", "revolve", "loft", "sweep",
    "cutBlind", "cutThruAll", "hole", "cboreHole", "cskHole", "fillet", "chamfer", "shell",
    "mirror", "union", "cut", "intersect", "split", "text", "rarray", "polarArray", "Assembly",
})  # fmt: skip
"""Calls of CadQuery that make or change a solid, or repeat what does."""


class Recalled(NamedTuple):
    """What a program has of a reference's operations."""

    operation_recall: float | None
    """None where the reference shapes nothing, or is in another language."""
    parameter_error: float | None


def recalled(program: CadProgram, reference: CadProgram) -> Recalled:
    """Compare a program with the reference's."""
    if program.language != reference.language or program.language != "cadquery":
        return Recalled(None, None)
    found, wanted = called(program.code), called(reference.code)
    shapes = Counter(call.name for call in wanted if call.name in SHAPING)
    if not shapes:
        return Recalled(None, None)
    common = shapes & Counter(call.name for call in found)
    return Recalled(common.total() / shapes.total(), _error(found, wanted))


def _error(found: list[Called], wanted: list[Called]) -> float | None:
    mine, theirs = ([call.name for call in calls] for calls in (found, wanted))
    matched = SequenceMatcher(None, mine, theirs, autojunk=False)
    errors: list[float] = []
    for start, other, size in matched.get_matching_blocks():
        pairs = zip(found[start : start + size], wanted[other : other + size], strict=True)
        for a, b in pairs:
            if len(a.numbers) == len(b.numbers):
                errors += [_apart(p, r) for p, r in zip(a.numbers, b.numbers, strict=True)]
    return fmean(errors) if errors else None


def _apart(p: float, r: float) -> float:
    return 2 * abs(p - r) / (abs(p) + abs(r)) if p != r else 0.0
