"""The JSON in which DeepCAD and the Fusion 360 Gallery both write sketches and extrudes.

Sketches hold profiles of loops of curves in the sketch's own axes; an extrude picks profiles and
says what becomes of them. The curves of a loop follow each other but point either way, and which of
its loops is a profile's boundary is not to be relied on: the largest is. The two differ in their
unit, in how they order features and in the words for an extent.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from cadvlm.sequences.errors import Unreadable
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
from cadvlm.sequences.semicircles import mend
from cadvlm.storage import json_of

BOOLEANS = {
    "NewBodyFeatureOperation": Boolean.NEW,
    "JoinFeatureOperation": Boolean.JOIN,
    "CutFeatureOperation": Boolean.CUT,
    "IntersectFeatureOperation": Boolean.INTERSECT,
}

FIT_MM = 1e-2
"""How far an arc's ends may be from where its angles put them: files round both."""

Tree = dict[str, Any]
Extent = Callable[[Tree, str], tuple[float, float]]


def load(text: str, keys: set[str], otherwise: str) -> Tree:
    """The file's object.

    Raises:
        Unreadable: ``corrupt_json``, or the reason ``otherwise`` when it lacks one of ``keys``.
    """
    try:
        tree = json_of(text.encode(errors="replace"))
    except ValueError as error:
        raise Unreadable("corrupt_json", str(error)) from error
    if not isinstance(tree, dict) or not keys <= tree.keys():
        wanted = ", ".join(map(repr, sorted(keys)))
        raise Unreadable(otherwise, f"expected an object with {wanted}")
    return tree


def sequence(
    tree: Tree, features: Iterable[Tree], unit_mm: float, extent: Extent
) -> ConstructionSequence:
    """The operations of all extrudes, one for each sketch that one takes profiles from.

    Args:
        tree: the file, for its ``entities`` and the bounding box that it may state.
        features: its sketches and extrudes in order.
        unit_mm: of its lengths, in millimetres.
        extent: where an extrude's sweep starts and ends, in millimetres; also told its name.

    Raises:
        Unreadable: ``no_extrude``, ``empty_profile``, ``no_body``, ``unsupported_operation``,
            ``unsupported_curve``, ``zero_length``, ``not_finite``, ``malformed``, and those of
            loops and of ``extent``.
    """
    try:
        operations = _operations(features, tree["entities"], unit_mm, extent)
        box = tree.get("properties", {}).get("bounding_box")
        if box:
            low, high = _space(box["min_point"], unit_mm), _space(box["max_point"], unit_mm)
            operations = tuple(mend(op, low, high) for op in operations)
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise Unreadable("malformed", f"{type(error).__name__}: {error}") from error
    return ConstructionSequence(operations)


def _operations(
    features: Iterable[Tree], entities: Tree, unit_mm: float, extent: Extent
) -> tuple[Extrude, ...]:
    chosen = [feature for feature in features if feature["type"] == "ExtrudeFeature"]
    if not chosen:
        raise Unreadable("no_extrude", "only sketches")
    operations = [op for feature in chosen for op in _extrudes(feature, entities, unit_mm, extent)]
    if not operations:
        raise Unreadable("empty_profile", f"none of {len(chosen)} extrudes has a profile")
    first = operations[0]
    if first.boolean in (Boolean.CUT, Boolean.INTERSECT):
        raise Unreadable("no_body", f"the first extrude is a {first.boolean}")
    return (replace(first, boolean=Boolean.NEW), *operations[1:])


def length(value: float, unit_mm: float) -> float:
    """Millimetres without the noise of binary fractions: 0.012700000000000001 m is 12.7."""
    return bounded(round(value * unit_mm, 9) + 0.0)


def _space(tree: Tree, unit_mm: float) -> Point3:
    """A point in space, in millimetres."""
    return length(tree["x"], unit_mm), length(tree["y"], unit_mm), length(tree["z"], unit_mm)


def _extrudes(feature: Tree, entities: Tree, unit_mm: float, extent: Extent) -> Iterator[Extrude]:
    name = feature.get("name", "extrude")
    if feature["operation"] not in BOOLEANS:
        raise Unreadable("unsupported_operation", f"{feature['operation']} in {name}")
    boolean = BOOLEANS[feature["operation"]]
    start, end = extent(feature, name)
    if abs(end - start) <= JOINT_MM:
        raise Unreadable("zero_length", f"{name} runs over {end - start:g} mm")
    chosen: dict[str, list[Tree]] = {}
    for pick in feature["profiles"]:
        sketch = entities[pick["sketch"]]
        chosen.setdefault(pick["sketch"], []).append(sketch["profiles"][pick["profile"]])
    if boolean is Boolean.INTERSECT and len(chosen) > 1:
        raise Unreadable("unsupported_operation", f"{name} intersects with several sketches")
    for key, trees in chosen.items():
        plane = _plane(entities[key]["transform"], unit_mm)
        profiles = tuple(_profile(tree, unit_mm) for tree in trees)
        yield Extrude(plane, profiles, boolean, start, end)


def _plane(transform: Tree, unit_mm: float) -> Plane:
    return Plane(
        _space(transform["origin"], unit_mm),
        _direction(transform["x_axis"]),
        _direction(transform["z_axis"]),
    )


def _direction(tree: Tree) -> Point3:
    x, y, z = float(tree["x"]), float(tree["y"]), float(tree["z"])
    size = math.hypot(x, y, z)
    if not 0 < size < math.inf:
        raise Unreadable("malformed", "a sketch axis has no direction")
    return (_clean(x / size), _clean(y / size), _clean(z / size))


def _clean(component: float) -> float:
    return round(component, 12) + 0.0  # -0.0 becomes 0.0


def _profile(tree: Tree, unit_mm: float) -> Profile:
    if not tree["loops"]:
        raise Unreadable("empty_profile", "a profile has no loop")
    return nest(
        [chain(_curve(each, unit_mm) for each in loop["profile_curves"]) for loop in tree["loops"]]
    )


def _curve(tree: Tree, unit_mm: float) -> Curve:
    match tree["type"]:
        case "Line3D":
            return Line(_point(tree["start_point"], unit_mm), _point(tree["end_point"], unit_mm))
        case "Circle3D":
            return _circle(tree, unit_mm)
        case "Arc3D":
            return _arc(tree, unit_mm)
        case other:
            raise Unreadable("unsupported_curve", other)


def _circle(tree: Tree, unit_mm: float) -> Circle:
    radius = length(tree["radius"], unit_mm)
    if radius <= 0:
        raise Unreadable("degenerate_circle", f"a radius of {radius:g} mm")
    return Circle(_point(tree["center_point"], unit_mm), radius)


def _arc(tree: Tree, unit_mm: float) -> Arc | Circle:
    """Angles run from the reference vector, counter-clockwise unless the ends contradict.

    The normal is no help: DeepCAD's is that of the sketch in space.
    """
    if math.isclose(abs(tree["end_angle"] - tree["start_angle"]), 2 * math.pi, abs_tol=1e-9):
        return _circle(tree, unit_mm)
    (x, y), radius = _point(tree["center_point"], unit_mm), length(tree["radius"], unit_mm)
    start, end = _point(tree["start_point"], unit_mm), _point(tree["end_point"], unit_mm)
    begin = math.atan2(tree["reference_vector"]["y"], tree["reference_vector"]["x"])
    first, last = bounded(tree["start_angle"]), bounded(tree["end_angle"])

    def at(angle: float) -> Point2:
        return x + radius * math.cos(begin + angle), y + radius * math.sin(begin + angle)

    fits = min(math.dist(at(first), start), math.dist(at(first), end)) <= FIT_MM
    fits &= min(math.dist(at(last), start), math.dist(at(last), end)) <= FIT_MM
    return Arc(start, at((first + last) / 2 if fits else -(first + last) / 2), end)


def _point(tree: Tree, unit_mm: float) -> Point2:
    return length(tree["x"], unit_mm), length(tree["y"], unit_mm)
