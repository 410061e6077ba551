"""Sketches on the planes that people use.

A sketch whose axes are those of the part can be drawn on ``XY``, ``XZ`` or ``YZ`` in the part's own
coordinates: turned, mirrored or shifted within the plane until its plane has that name.
"""

from __future__ import annotations

from dataclasses import replace

from cadvlm.sequences.loops import map_points
from cadvlm.sequences.model import Extrude, Plane, Point2, Point3
from cadvlm.sequences.vectors import add, cross, dot, scaled

NAMED: dict[str, tuple[Point3, Point3]] = {
    "XY": ((1.0, 0.0, 0.0), (0.0, 0.0, 1.0)),
    "XZ": ((1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    "YZ": ((0.0, 1.0, 0.0), (1.0, 0.0, 0.0)),
}
"""CadQuery's x direction and normal of each."""

STRAIGHT = 1e-9
"""A direction within this of an axis is that axis: 1e-6 mm over a metre."""


def settle(op: Extrude) -> Extrude:
    """The same solid, with the sketch where the sweep begins; half way when it goes both ways."""
    if op.start == -op.end:
        return replace(op, start=-abs(op.end), end=abs(op.end))
    plane = replace(op.plane, origin=add(op.plane.origin, scaled(op.plane.normal, op.start)))
    return replace(op, plane=plane, start=0.0, end=op.end - op.start)


def shift(op: Extrude, by: Point2) -> Extrude:
    """The same solid, with the sketch's origin moved by ``by`` within its plane."""
    plane = op.plane
    step = add(scaled(plane.x_axis, by[0]), scaled(cross(plane.normal, plane.x_axis), by[1]))
    return replace(
        op,
        plane=replace(plane, origin=add(plane.origin, step)),
        profiles=map_points(op.profiles, lambda point: (point[0] - by[0], point[1] - by[1])),
    )


def name(op: Extrude) -> tuple[str, Extrude] | None:
    """The same solid from a sketch on a named plane, or None when no name fits.

    The sketch is then in the part's coordinates, and its origin on the axis it is normal to.
    """
    if not is_straight(op.plane):
        return None
    label = next(key for key, (_, normal) in NAMED.items() if round(dot(op.plane.normal, normal)))
    return label, turned(op, *NAMED[label])


def is_straight(plane: Plane) -> bool:
    """Whether the plane's axes are axes of the part."""
    return _is_axis(plane.x_axis) and _is_axis(plane.normal)


def turned(op: Extrude, x_axis: Point3, normal: Point3) -> Extrude:
    """The same solid from a sketch on a straight plane, in the part's coordinates.

    Args:
        op: on another straight plane, parallel to it.
        x_axis: of the sketch.
        normal: of the sketch; its origin is on the axis along this.
    """
    plane = op.plane
    y_axis, own_y = cross(normal, x_axis), cross(plane.normal, plane.x_axis)
    sign = round(dot(plane.normal, normal))
    (ux, uy), (vx, vy) = (
        [round(dot(axis, direction)) for direction in (x_axis, y_axis)]
        for axis in (plane.x_axis, own_y)
    )
    ox, oy = dot(plane.origin, x_axis), dot(plane.origin, y_axis)
    return replace(
        op,
        plane=Plane(scaled(normal, dot(plane.origin, normal)), x_axis, normal),
        profiles=map_points(
            op.profiles, lambda p: (ox + ux * p[0] + vx * p[1], oy + uy * p[0] + vy * p[1])
        ),
        start=sign * op.start,
        end=sign * op.end,
    )


def _is_axis(direction: Point3) -> bool:
    return sorted(abs(component) > STRAIGHT for component in direction) == [False, False, True]
