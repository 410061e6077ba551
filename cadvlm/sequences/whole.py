"""Whole numbers: parts of one size, told in units that a picture can tell apart.

A picture says how long a side is beside another one, and neither where the part lies nor in which
unit. Models that are to write what they see learn it from parts around the origin whose longest
side has one length, as synthetic parts have it. Places are rounded to halves, so that what lies
around the middle has sizes in whole numbers.
"""

from __future__ import annotations

import math
from dataclasses import replace

from cadvlm.sequences.corners import corners
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import circle_of, middle, snapped
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Point2,
    Profile,
)
from cadvlm.sequences.resize import resized

_FLAT = 0.5
"""Arcs that stand off less from their chord are lines."""


def whole(sequence: ConstructionSequence, longest: int) -> ConstructionSequence:
    """The part scaled, moved and rounded.

    Args:
        sequence: in any unit.
        longest: of the sides of its bounding box, before rounding.

    Raises:
        Unreadable: ``vanished``, nothing is left of what the part began with.
    """
    adding = [op for op in sequence.operations if op.boolean in (Boolean.NEW, Boolean.JOIN)]
    places = [corner for op in adding for corner in corners(op)]
    sides = [(min(values), max(values)) for values in zip(*places, strict=True)]
    scale = longest / max(high - low for low, high in sides)
    x, y, z = ((low + high) / 2 for low, high in sides)
    moved = resized(sequence, scale, (x, y, z))
    operations = tuple(op for op in map(_rounded, moved.operations) if op)
    if not operations or operations[0].boolean is not Boolean.NEW:
        raise Unreadable("vanished", f"nothing is left of the first extrude at {longest} units")
    return ConstructionSequence(operations)


def _rounded(op: Extrude) -> Extrude | None:
    """None where nothing is left of it."""
    profiles = tuple(kept for profile in op.profiles if (kept := _profile(profile)))
    if not profiles:
        return None
    start, end = _half(op.start), _half(op.end)
    if start == end:
        end += math.copysign(0.5, op.end - op.start)
    x, y, z = map(_half, op.plane.origin)
    plane = replace(op.plane, origin=(x, y, z))
    return replace(op, plane=plane, profiles=profiles, start=start, end=end)


def _profile(profile: Profile) -> Profile | None:
    outer, *inner = map(_loop, (profile.outer, *profile.inner))
    return Profile(outer, tuple(loop for loop in inner if loop)) if outer else None


def _loop(loop: Loop) -> Loop | None:
    return snapped(loop, _at, _radius, _arc)


def _half(value: float) -> float:
    """To the next half, away from zero between two, so that what was even about zero stays so."""
    return math.copysign(math.floor(2 * abs(value) + 0.5) / 2, value) + 0.0


def _at(point: Point2) -> Point2:
    return _half(point[0]), _half(point[1])


def _radius(radius: float) -> float:
    return max(0.5, _half(radius))


def _arc(arc: Arc, start: Point2, end: Point2) -> Arc | Line:
    """Of the same angle, its middle to a tenth; a line where that is all there is to see."""
    _, _, sweep = circle_of(arc)
    x, y = middle(start, end, sweep)
    if math.dist((x, y), ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)) < _FLAT:
        return Line(start, end)
    return Arc(start, (round(x, 1), round(y, 1)), end)
