"""Small DeepCAD files, written the way Onshape's export writes them: metres, scattered curves."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

Tree = dict[str, Any]
Pair = tuple[float, float]

XY = ((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
"""Origin, x, y and z axis of a sketch."""


def vector(x: float, y: float, z: float = 0.0) -> Tree:
    return {"x": x, "y": y, "z": z}


def line(start: Pair, end: Pair) -> Tree:
    return {"type": "Line3D", "start_point": vector(*start), "end_point": vector(*end)}


def circle(x: float, y: float, radius: float) -> Tree:
    return {"type": "Circle3D", "center_point": vector(x, y), "radius": radius}


def arc(center: Pair, radius: float, first: float, last: float, swapped: bool = False) -> Tree:
    """Counter-clockwise between two angles in degrees; ``swapped`` exchanges the stated ends."""
    ends = [
        vector(
            center[0] + radius * math.cos(math.radians(angle)),
            center[1] + radius * math.sin(math.radians(angle)),
        )
        for angle in (first, last)
    ]
    start, end = reversed(ends) if swapped else ends
    return {
        "type": "Arc3D",
        "center_point": vector(*center),
        "radius": radius,
        "start_point": start,
        "end_point": end,
        "start_angle": 0.0,
        "end_angle": math.radians(last - first),
        "reference_vector": vector(math.cos(math.radians(first)), math.sin(math.radians(first))),
    }


def polygon(*corners: Pair) -> list[Tree]:
    return [line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]


def square(side: float, x: float = 0.0, y: float = 0.0) -> list[Tree]:
    return polygon((x, y), (x + side, y), (x + side, y + side), (x, y + side))


def sketch(*profiles: Sequence[list[Tree]], axes: Any = XY) -> Tree:
    """A sketch of profiles, each a list of loops; every loop claims to be an outer one."""
    names = ("origin", "x_axis", "y_axis", "z_axis")
    return {
        "type": "Sketch",
        "transform": {name: vector(*axis) for name, axis in zip(names, axes, strict=True)},
        "profiles": {
            f"P{index}": {"loops": [{"is_outer": True, "profile_curves": loop} for loop in loops]}
            for index, loops in enumerate(profiles)
        },
    }


def extrude(
    picks: dict[str, list[str]],
    one: float,
    two: float = 0.0,
    extent: str = "OneSide",
    operation: str = "NewBody",
    taper: float = 0.0,
) -> Tree:
    """An extrude of picked profiles, ``{"sketch": ["P0"]}``."""
    extents = [
        {"distance": {"value": value}, "taper_angle": {"value": taper}} for value in (one, two)
    ]
    return {
        "type": "ExtrudeFeature",
        "name": "Extrude",
        "operation": f"{operation}FeatureOperation",
        "extent_type": f"{extent}FeatureExtentType",
        "profiles": [{"sketch": s, "profile": p} for s, names in picks.items() for p in names],
        "extent_one": extents[0],
        "extent_two": extents[1],
    }


def document(box: tuple[Any, Any] | None = None, **entities: Tree) -> str:
    """The file: features in the order given, with the bounding box it claims."""
    stated = {"min_point": vector(*box[0]), "max_point": vector(*box[1])} if box else None
    return json.dumps(
        {
            "entities": entities,
            "sequence": [{"entity": key, "type": e["type"]} for key, e in entities.items()],
            "properties": {"bounding_box": stated} if stated else {},
        }
    )


def prism(*loops: list[Tree], one: float = 0.01, **options: Any) -> str:
    """The file of one extruded profile."""
    return document(s=sketch(loops), e=extrude({"s": ["P0"]}, one, **options))
