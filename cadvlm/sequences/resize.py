"""Sequences in another unit, about another origin."""

from __future__ import annotations

from dataclasses import replace

from cadvlm.sequences.loops import map_points
from cadvlm.sequences.model import ConstructionSequence, Extrude, Point3
from cadvlm.sequences.vectors import add, scaled


def resized(
    sequence: ConstructionSequence, scale: float, origin: Point3 = (0.0, 0.0, 0.0)
) -> ConstructionSequence:
    """The part moved so that ``origin`` becomes the origin, then scaled about that."""

    def one(op: Extrude) -> Extrude:
        moved = add(op.plane.origin, scaled(origin, -1))
        return replace(
            op,
            plane=replace(op.plane, origin=scaled(moved, scale)),
            profiles=map_points(op.profiles, lambda p: (scale * p[0], scale * p[1]), scale),
            start=scale * op.start,
            end=scale * op.end,
        )

    return ConstructionSequence(tuple(map(one, sequence.operations)))
