"""How far an extrude reaches."""

from __future__ import annotations

from cadvlm.sequences.loops import bounds
from cadvlm.sequences.model import Extrude, Point3
from cadvlm.sequences.vectors import in_space


def corners(op: Extrude) -> list[Point3]:
    """The eight corners, in space, of the box along the sketch's axes around what is swept."""
    outlines = [bounds(profile.outer) for profile in op.profiles]
    left, bottom = min(b[0] for b in outlines), min(b[1] for b in outlines)
    right, top = max(b[2] for b in outlines), max(b[3] for b in outlines)
    return [
        in_space(op.plane, (u, v), w)
        for u in (left, right)
        for v in (bottom, top)
        for w in (op.start, op.end)
    ]
