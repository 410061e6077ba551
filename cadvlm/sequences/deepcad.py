"""DeepCAD's raw files: Onshape's feature list as JSON, in metres.

What the files do not say, or say wrongly (measured on 1,336 of them):

- ``is_outer`` is true on every loop, so the largest loop of a profile is its boundary.
- Points of a curve are in the sketch's own axes; an arc's reference vector too, and its angles run
  counter-clockwise there, while its start and end may be exchanged.
- Curves follow each other in a loop but point either way. Some semicircles are on the wrong side
  of their chord; see :mod:`cadvlm.sequences.semicircles`.
- Distances may be negative. A symmetric extent has ``extent_one`` on *each* side.
- Two in a hundred files have an extrude without profiles. It builds nothing and is passed over:
  the bounding box that the file states agrees as often as elsewhere (22 of 26). A file that has
  nothing else is refused.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import JOINT_MM, chain, nest
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

BOOLEANS = {
    "NewBodyFeatureOperation": Boolean.NEW,
    "JoinFeatureOperation": Boolean.JOIN,
    "CutFeatureOperation": Boolean.CUT,
    "IntersectFeatureOperation": Boolean.INTERSECT,
}

Tree = dict[str, Any]


def read(text: str) -> ConstructionSequence:
    """Read one file's text.

    Raises:
        Unreadable: with reason ``corrupt_json``, ``not_deepcad``, ``no_extrude``,
            ``empty_profile``, ``open_loop``, ``zero_length``, ``taper`` and their like.
    """
    try:
        tree = json.loads(text)
    except ValueError as error:
        raise Unreadable("corrupt_json", str(error)) from error
    if not isinstance(tree, dict) or not {"entities", "sequence"} <= tree.keys():
        raise Unreadable("not_deepcad", "expected an object with 'entities' and 'sequence'")
    try:
        return _sequence(tree)
    except (KeyError, TypeError, AttributeError, OverflowError) as error:
        raise Unreadable("malformed", f"{type(error).__name__}: {error}") from error


def _sequence(tree: Tree) -> ConstructionSequence:
    entities = tree["entities"]
    features = [entities[step["entity"]] for step in tree["sequence"]]
    extrudes = [feature for feature in features if feature["type"] == "ExtrudeFeature"]
    if not extrudes:
        raise Unreadable("no_extrude", "only sketches")
    operations = tuple(op for feature in extrudes for op in _extrudes(feature, entities))
    if not operations:
        raise Unreadable("empty_profile", f"none of {len(extrudes)} extrudes has a profile")
    first = operations[0]
    if first.boolean in (Boolean.CUT, Boolean.INTERSECT):
        raise Unreadable("no_body", f"the first extrude is a {first.boolean}")
    operations = (replace(first, boolean=Boolean.NEW), *operations[1:])
    box = tree.get("properties", {}).get("bounding_box")
    if box:
        low, high = _space(box["min_point"]), _space(box["max_point"])
        operations = tuple(mend(op, low, high) for op in operations)
    return ConstructionSequence(operations)


def _extrudes(feature: Tree, entities: Tree) -> Iterator[Extrude]:
    """One operation for each sketch that the feature takes profiles from."""
    name = feature.get("name", "extrude")
    if feature["operation"] not in BOOLEANS:
        raise Unreadable("unsupported_operation", f"{feature['operation']} in {name}")
    boolean = BOOLEANS[feature["operation"]]
    start, end = _extent(feature, name)
    chosen: dict[str, list[Tree]] = {}
    for pick in feature["profiles"]:
        sketch = entities[pick["sketch"]]
        chosen.setdefault(pick["sketch"], []).append(sketch["profiles"][pick["profile"]])
    if boolean is Boolean.INTERSECT and len(chosen) > 1:
        raise Unreadable("unsupported_operation", f"{name} intersects with several sketches")
    for key, profiles in chosen.items():
        plane = _plane(entities[key]["transform"])
        yield Extrude(plane, tuple(map(_profile, profiles)), boolean, start, end)


def _extent(feature: Tree, name: str) -> tuple[float, float]:
    """Where the sweep starts and ends along the normal, in millimetres."""
    extents = feature["extent_one"], feature["extent_two"]
    if any(extent["taper_angle"]["value"] for extent in extents):
        raise Unreadable("taper", f"{name} is drawn in or out")
    one, two = (_mm(extent["distance"]["value"]) for extent in extents)
    match feature["extent_type"]:
        case "OneSideFeatureExtentType":
            start, end = 0.0, one
        case "SymmetricFeatureExtentType":
            start, end = -abs(one), abs(one)
        case "TwoSidesFeatureExtentType":
            # "Two" is the other side of "one", which a negative distance has turned round.
            start, end = -math.copysign(two, one), one
        case other:
            raise Unreadable("unsupported_extent", f"{other} in {name}")
    if abs(end - start) <= JOINT_MM:
        raise Unreadable("zero_length", f"{name} runs over {end - start:g} mm")
    return start, end


def _plane(transform: Tree) -> Plane:
    return Plane(
        _space(transform["origin"]),
        _direction(transform["x_axis"]),
        _direction(transform["z_axis"]),
    )


def _direction(tree: Tree) -> Point3:
    x, y, z = float(tree["x"]), float(tree["y"]), float(tree["z"])
    length = math.hypot(x, y, z)
    if not length > 0:
        raise Unreadable("malformed", "a sketch axis has no direction")
    return (_clean(x / length), _clean(y / length), _clean(z / length))


def _clean(component: float) -> float:
    return round(component, 12) + 0.0  # -0.0 becomes 0.0


def _profile(tree: Tree) -> Profile:
    if not tree["loops"]:
        raise Unreadable("empty_profile", "a profile has no loop")
    return nest([chain(map(_curve, loop["profile_curves"])) for loop in tree["loops"]])


def _curve(tree: Tree) -> Curve:
    match tree["type"]:
        case "Line3D":
            return Line(_point(tree["start_point"]), _point(tree["end_point"]))
        case "Circle3D":
            return _circle(tree)
        case "Arc3D":
            return _arc(tree)
        case other:
            raise Unreadable("unsupported_curve", other)


def _circle(tree: Tree) -> Circle:
    radius = _mm(tree["radius"])
    if radius <= 0:
        raise Unreadable("degenerate_circle", f"a radius of {radius:g} mm")
    return Circle(_point(tree["center_point"]), radius)


def _arc(tree: Tree) -> Arc | Circle:
    if math.isclose(abs(tree["end_angle"] - tree["start_angle"]), 2 * math.pi, abs_tol=1e-9):
        return _circle(tree)
    (x, y), radius = _point(tree["center_point"]), _mm(tree["radius"])
    reference = tree["reference_vector"]
    angle = math.atan2(reference["y"], reference["x"])
    angle += (tree["start_angle"] + tree["end_angle"]) / 2
    mid = (x + radius * math.cos(angle), y + radius * math.sin(angle))
    return Arc(_point(tree["start_point"]), mid, _point(tree["end_point"]))


def _space(tree: Tree) -> Point3:
    return _mm(tree["x"]), _mm(tree["y"]), _mm(tree["z"])


def _point(tree: Tree) -> Point2:
    return _mm(tree["x"]), _mm(tree["y"])


def _mm(metres: float) -> float:
    """Millimetres without the noise of binary fractions: 0.012700000000000001 is 12.7."""
    if not math.isfinite(metres):
        raise Unreadable("not_finite", f"a length of {metres}")
    return round(metres * 1000, 9) + 0.0
