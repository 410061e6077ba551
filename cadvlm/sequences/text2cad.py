"""Text2CAD's own designs (Khan et al., NeurIPS 2024): DeepCAD's in few words, "minimal JSON".

As its authors write and read them (``CadSeqProc`` of SadilKhan/Text2CAD):

- a part is moved into the corner of the axes and scaled until its longest side is 0.75. That unit
  is taken as a millimetre, for want of another;
- points of a sketch are in that unit, ``sketch_scale`` only says how large it is;
- Euler angles are degrees about the fixed z, y and x axis in that order, and the rows of their
  matrix are the sketch's axes;
- each depth is a positive number, along the normal and against it. A symmetric extrude has half of
  what DeepCAD means, and the second side of others is lost. The texts say the same as these files.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.features import BOOLEANS, Tree, load
from cadvlm.sequences.loops import JOINT_MM, bounded, chain, nest
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Curve,
    Extrude,
    Line,
    Plane,
    Point2,
    Point3,
    Profile,
)


def read(text: str) -> ConstructionSequence:
    """Read one file's text.

    Raises:
        Unreadable: ``corrupt_json``, ``not_text2cad``, ``no_extrude``, ``no_body``,
            ``empty_profile``, ``zero_length``, ``malformed``, and those of loops.
    """
    tree = load(text, {"parts"}, "not_text2cad")
    try:
        operations = [_extrude(name, part) for name, part in tree["parts"].items() if part]
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Unreadable("malformed", f"{type(error).__name__}: {error}") from None
    if not operations:
        raise Unreadable("no_extrude", "no part in it")
    first = operations[0]
    if first.boolean in (Boolean.CUT, Boolean.INTERSECT):
        raise Unreadable("no_body", f"the first extrude is a {first.boolean}")
    return ConstructionSequence((replace(first, boolean=Boolean.NEW), *operations[1:]))


def _extrude(name: str, part: Tree) -> Extrude:
    extrusion = part["extrusion"]
    end = bounded(float(extrusion["extrude_depth_towards_normal"]))
    start = -bounded(float(extrusion["extrude_depth_opposite_normal"]))
    if not abs(end - start) > JOINT_MM:
        raise Unreadable("zero_length", f"{name} runs over {end - start:g}")
    profiles = tuple(_profile(face) for face in part["sketch"].values() if face)
    if not profiles:
        raise Unreadable("empty_profile", f"{name} has no face")
    boolean = BOOLEANS[extrusion["operation"]]
    return Extrude(_plane(part["coordinate_system"]), profiles, boolean, start + 0.0, end)


def _profile(face: Tree) -> Profile:
    return nest([chain(_curves(loop)) for loop in face.values() if loop])


def _curves(loop: Tree) -> Iterator[Curve]:
    for name, curve in loop.items():
        match name.partition("_")[0]:
            case "line":
                yield Line(_point(curve["Start Point"]), _point(curve["End Point"]))
            case "arc":
                ends = _point(curve["Start Point"]), _point(curve["End Point"])
                yield Arc(ends[0], _point(curve["Mid Point"]), ends[1])
            case "circle":
                yield _circle(curve)
            case _:
                raise Unreadable("unsupported_curve", name)


def _circle(curve: Tree) -> Circle:
    if not (radius := bounded(float(curve["Radius"]))) > 0:
        raise Unreadable("degenerate_circle", f"a radius of {radius:g}")
    return Circle(_point(curve["Center"]), radius)


def _point(value: list[float]) -> Point2:
    x, y = (bounded(float(one)) for one in value)
    return x, y


def _plane(system: Tree) -> Plane:
    """The first and the last row of Rx Ry Rz."""
    x, y, z = (bounded(float(one)) for one in system["Translation Vector"])
    about_z, about_y, about_x = (math.radians(float(angle)) for angle in system["Euler Angles"])
    cz, sz = math.cos(about_z), math.sin(about_z)
    cy, sy = math.cos(about_y), math.sin(about_y)
    cx, sx = math.cos(about_x), math.sin(about_x)
    x_axis = (cy * cz, -cy * sz, sy)
    normal = (sx * sz - cx * sy * cz, sx * cz + cx * sy * sz, cx * cy)
    return Plane((x, y, z), _clean(x_axis), _clean(normal))


def _clean(axis: Point3) -> Point3:
    x, y, z = (round(component, 12) + 0.0 for component in axis)
    return (x, y, z)
