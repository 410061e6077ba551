"""The little arithmetic of directions and points in space that sequences need."""

from __future__ import annotations

from cadvlm.sequences.model import Plane, Point2, Point3


def add(*points: Point3) -> Point3:
    """Their sum."""
    x, y, z = (sum(axis) for axis in zip(*points, strict=True))
    return (x, y, z)


def scaled(direction: Point3, length: float) -> Point3:
    """``direction`` times ``length``."""
    return (length * direction[0], length * direction[1], length * direction[2])


def dot(a: Point3, b: Point3) -> float:
    """The inner product."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Point3, b: Point3) -> Point3:
    """The vector product, right-handed."""
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def in_space(plane: Plane, point: Point2, height: float = 0.0) -> Point3:
    """Where a point of a sketch lies, ``height`` along the normal above its plane."""
    y_axis = cross(plane.normal, plane.x_axis)
    return add(
        plane.origin,
        scaled(plane.x_axis, point[0]),
        scaled(y_axis, point[1]),
        scaled(plane.normal, height),
    )
