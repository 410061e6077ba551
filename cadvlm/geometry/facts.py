"""What a solid's boundary is made of: the surface under each face, and how faces meet at edges.

Plain numbers, so that features, symmetries and patterns are found where the kernel is not: two
structured arrays, one row for each face (:data:`FACE`) and one for each joint (:data:`JOINT`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# F faces, J joints, N points


class Surface(IntEnum):
    """What a face lies on."""

    PLANE = 0
    CYLINDER = 1
    CONE = 2
    SPHERE = 3
    TORUS = 4
    OTHER = 5


class Curve(IntEnum):
    """What an edge lies on."""

    LINE = 0
    CIRCLE = 1
    OTHER = 2


FACE = np.dtype(
    [
        ("surface", "<i4"),  # a Surface
        ("solid", "<i4"),  # which of the solids it bounds
        ("sense", "<i4"),  # 1: material on the axis' side (a boss); -1: outside (a hole); 0: other
        ("loops", "<i4"),  # closed outlines; the faces of one without a hole have 1
        ("area", "<f8"),
        ("center", "<f8", 3),  # centre of mass of the face
        ("point", "<f8", 3),  # plane: as center; cylinder, cone: axis, half way along; else: centre
        ("axis", "<f8", 3),  # plane: outward normal; cone: the way it widens; other: zeros
        ("radius", "<f8"),  # cone: half way along; torus: of the circle that its tube follows
        ("second", "<f8"),  # cone: half angle in radians, above 0; torus: radius of its tube
        ("around", "<f8"),  # angle covered about the axis, in radians: 2 pi when closed
        ("along", "<f8"),  # cylinder, cone: length on the axis; sphere: latitude; torus: round tube
    ]
)
"""A face. Lengths in units of the solid; what a surface does not have is 0."""

JOINT = np.dtype(
    [
        ("faces", "<i4", 2),  # the two that meet, by row in the array of faces
        ("loops", "<i4", 2),  # which outline of either face this is part of; 0 is the outer one
        ("curve", "<i4"),  # a Curve
        ("closed", "<i4"),  # 1: the edge returns to where it began
        ("length", "<f8"),
        ("radius", "<f8"),  # of a circle, else 0
        ("bend", "<f8"),  # angle between the outward normals; convex above 0, concave below
        ("middle", "<f8", 3),  # the point half way along, where the bend is taken
    ]
)
"""An edge and the two faces of one solid that meet there. Seams of a face with itself are none."""


class Facts(NamedTuple):
    """The boundary of a solid."""

    faces: NDArray[np.void]
    """(F,) of :data:`FACE`."""
    joints: NDArray[np.void]
    """(J,) of :data:`JOINT`."""


REACH = 1e9
"""How far from the solid, in its sizes, a radius or a point on an axis may lie."""

SIZES = (1e-100, 1e100)
"""Sizes of solids whose squares and quotients are still numbers."""


def fault(facts: Facts, n_solids: int, bbox: Sequence[float]) -> str | None:
    """What is wrong with facts that came from somewhere else, in a few words; None: nothing.

    What passes can be reckoned with: its sums, squares and quotients with the size are finite.
    """
    faces, joints = facts
    for rows in facts:
        for name in rows.dtype.names or ():
            if not np.isfinite(rows[name]).all():
                return "a fact is not finite"
    indices = [
        (faces["surface"], len(Surface)),
        (faces["solid"], n_solids),
        (faces["sense"] + 1, 3),
        (joints["faces"], len(faces)),
        (joints["curve"], len(Curve)),
    ]
    if any((values < 0).any() or (values >= end).any() for values, end in indices):
        return "a fact is about something that is not there"
    lengths = [faces[name] for name in ("radius", "second", "around", "along")]
    lengths += [joints["length"], joints["radius"]]
    if any((values < 0).any() for values in [*lengths, faces["area"]]):
        return "a fact is a negative length"
    low, high = np.array(bbox[:3]), np.array(bbox[3:])
    size, center = float(np.linalg.norm(high - low)), (low + high) / 2
    if not SIZES[0] < size < SIZES[1]:
        return "a solid of no size"
    reach = REACH * max(size, 1.0)  # some of the lengths are angles
    points = (faces["center"], faces["point"], joints["middle"])
    distances = [*lengths, *(np.abs(place - center) for place in points), np.abs(joints["bend"])]
    lost = np.abs(np.linalg.norm(faces["axis"], axis=1) - 1) > 1e-3
    if any((values > reach).any() for values in distances) or (faces["area"] > reach**2).any():
        return "a fact is out of reach"
    known = faces["surface"] != Surface.OTHER
    return "a direction is no direction" if (lost & known).any() else None


def normals(faces: NDArray[np.void], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The outward normals (N, 3) of N faces, each at a point of its own; zeros on other surfaces.

    Args:
        faces: (N,) of :data:`FACE`.
        points: (N, 3) on the faces.
    """
    surface, axis = faces["surface"], faces["axis"]
    away = points - faces["point"]
    radial = away - _dot(away, axis) * axis
    across = _unit(radial)
    flare = faces["second"][:, None]
    choices = [
        axis,
        across,
        np.cos(flare) * across - np.sin(flare) * axis,
        _unit(away),
        _unit(away - faces["radius"][:, None] * across),
        np.zeros_like(axis),
    ]
    kinds = [(surface == kind)[:, None] for kind in Surface]
    sense = np.where(surface == Surface.PLANE, 1, faces["sense"])[:, None]
    outward: NDArray[np.float64] = sense * np.select(kinds, choices)
    return outward


def _dot(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    product: NDArray[np.float64] = (a * b).sum(axis=1, keepdims=True)
    return product


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit: NDArray[np.float64] = np.divide(vectors, length, out=0 * vectors, where=length > 0)
    return unit
