"""Numbers as people write them: no more digits than the part needs, none that says nothing.

All coordinates of a program are rounded to one number of decimal places, never to a number of
digits each. Faces that coincide in the design still coincide in the program, where rounding 99.9996
and 100.0004 to different steps would leave slivers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from cadvlm.sequences.loops import circle_of
from cadvlm.sequences.model import Arc, Circle, ConstructionSequence, Extrude, Line

MAX_PLACES = 9


def places(sequence: ConstructionSequence, digits: int) -> int:
    """Decimal places that keep ``digits`` significant ones of the part's size.

    More where the smallest line, arc or distance needs them to keep four digits of its own.
    """
    lengths = [length for op in sequence.operations for length in _lengths(op) if length > 0]
    size = max(_size(sequence), max(lengths))
    wanted = digits - 1 - math.floor(math.log10(size))
    needed = 3 - math.floor(math.log10(min(lengths)))
    return min(max(wanted, needed, 0), MAX_PLACES)


def _size(sequence: ConstructionSequence) -> float:
    """Largest coordinate of any sketch, millimetres: a bound, not a measure."""
    return max(
        abs(value)
        for op in sequence.operations
        for value in (*op.plane.origin, op.start, op.end, *_coordinates(op))
    )


def number(value: float, decimals: int) -> str:
    """Shortest decimal writing of ``value`` rounded to ``decimals`` places: ``12``, ``-0.5``."""
    text = f"{value:.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def point(values: tuple[float, ...], decimals: int) -> str:
    """A tuple of numbers: ``(12, -0.5)``."""
    return "(" + ", ".join(number(value, decimals) for value in values) + ")"


def _lengths(op: Extrude) -> Iterator[float]:
    yield abs(op.end - op.start)
    for curve in _curves(op):
        match curve:
            case Line(start, end):
                yield math.dist(start, end)
            case Circle(_, radius):
                yield radius
            case Arc():
                _, radius, sweep = circle_of(curve)
                # The rise of an arc above its chord: lose that and the arc is a line.
                yield radius * (1 - math.cos(min(abs(sweep), math.pi) / 2))


def _coordinates(op: Extrude) -> Iterator[float]:
    for curve in _curves(op):
        match curve:
            case Circle(center, radius):
                yield from (abs(center[0]) + radius, abs(center[1]) + radius)
            case Line(start, end):
                yield from (*start, *end)
            case Arc(start, mid, end):
                yield from (*start, *mid, *end)


def _curves(op: Extrude) -> Iterator[Line | Arc | Circle]:
    for profile in op.profiles:
        for loop in (profile.outer, *profile.inner):
            yield from loop.curves
