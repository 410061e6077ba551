"""Semicircles that bulge the wrong way.

Radius and ends do not say on which side of its chord a semicircle lies, and DeepCAD's files guess:
in 14 of 1,336 the round end of a slot turns inwards. Such an arc meets both of its neighbours in a
cusp, where the outline turns back on itself. A few cusps are meant (the plate around the round end
of a slot), and those are known by the part's bounding box, which the arc would leave turned over.
"""

from __future__ import annotations

import math
from dataclasses import replace

from cadvlm.sequences.corners import corners
from cadvlm.sequences.loops import circle_of, headings
from cadvlm.sequences.model import Arc, Boolean, Curve, Extrude, Loop, Point3, Profile

HALF_TURN = 1e-3
"""How far from half a turn, in radians, an arc may be to count as a semicircle."""

CUSP = math.radians(179)
"""A corner that turns by more comes back on itself."""


def mend(op: Extrude, low: Point3, high: Point3) -> Extrude:
    """Turn over the semicircles that end in cusps, where that adds nothing outside of the part.

    Args:
        op: One extrude. What it takes away may reach anywhere.
        low: Lower corner of the part's bounding box, millimetres.
        high: Upper corner.
    """
    mended = replace(
        op,
        profiles=tuple(
            Profile(_turn_over(p.outer), tuple(map(_turn_over, p.inner))) for p in op.profiles
        ),
    )
    adds = op.boolean in (Boolean.NEW, Boolean.JOIN)
    return mended if not adds or mended == op or _inside(mended, low, high) else op


def _turn_over(loop: Loop) -> Loop:
    curves = list(loop.curves)
    for index, curve in enumerate(curves):
        if not isinstance(curve, Arc) or abs(abs(circle_of(curve)[2]) - math.pi) > HALF_TURN:
            continue
        before, after = curves[index - 1], curves[(index + 1) % len(curves)]
        if min(_turn(before, curve), _turn(curve, after)) > CUSP:
            (x, y), _, _ = circle_of(curve)
            curves[index] = replace(curve, mid=(2 * x - curve.mid[0], 2 * y - curve.mid[1]))
    return Loop(tuple(curves))


def _turn(first: Curve, second: Curve) -> float:
    """By how many radians the outline turns from one curve to the next, 0 to pi."""
    turn = headings(second)[0] - headings(first)[1]
    return abs((turn + math.pi) % (2 * math.pi) - math.pi)


def _inside(op: Extrude, low: Point3, high: Point3) -> bool:
    """Whether the corners of the extrude's own box lie within the given one."""
    slack = 1e-3 * math.dist(low, high)
    return all(
        least - slack <= value <= most + slack
        for corner in corners(op)
        for least, value, most in zip(low, corner, high, strict=True)
    )
