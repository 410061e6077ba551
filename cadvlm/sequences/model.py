"""The construction sequence: sketches of closed loops, extruded one after the other.

The vocabulary is DeepCAD's (Wu et al., ICCV 2021): a *profile* is an outer *loop* with holes, a
loop is a closed chain of *curves*, a sketch holds profiles on a plane, and every *extrude* joins,
cuts or intersects the body that is there. Lengths are millimetres, whatever the source's file used.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

Point2 = tuple[float, float]
Point3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight curve."""

    start: Point2
    end: Point2


@dataclass(frozen=True, slots=True)
class Arc:
    """A circular arc through three points."""

    start: Point2
    mid: Point2
    end: Point2


@dataclass(frozen=True, slots=True)
class Circle:
    """A full circle, a loop by itself."""

    center: Point2
    radius: float


Curve = Line | Arc | Circle


@dataclass(frozen=True, slots=True)
class Loop:
    """A closed chain of curves, each starting where the one before it ends."""

    curves: tuple[Curve, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """A region of the sketch plane."""

    outer: Loop
    inner: tuple[Loop, ...] = ()
    """Holes."""


@dataclass(frozen=True, slots=True)
class Plane:
    """A sketch plane; the local y axis is ``normal x x_axis``."""

    origin: Point3
    x_axis: Point3
    normal: Point3


class Boolean(StrEnum):
    """What an extrude does with the body that is there."""

    NEW = "new"
    JOIN = "join"
    CUT = "cut"
    INTERSECT = "intersect"


@dataclass(frozen=True, slots=True)
class Extrude:
    """Profiles of one sketch, swept along the plane's normal."""

    plane: Plane
    profiles: tuple[Profile, ...]
    boolean: Boolean
    start: float
    """Where the sweep starts, along the normal from the sketch plane."""
    end: float
    """Where it ends; never equal to ``start``."""


@dataclass(frozen=True, slots=True)
class ConstructionSequence:
    """The ordered operations that build a part."""

    operations: tuple[Extrude, ...]

    def to_json(self) -> str:
        """Compact JSON; curves carry their ``type``."""
        return json.dumps([_plain(op) for op in self.operations], separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> ConstructionSequence:
        """The inverse of :meth:`to_json`."""
        return cls(tuple(_extrude(op) for op in json.loads(text)))


def _plain(op: Extrude) -> dict[str, Any]:
    tree = asdict(op)
    for profile, plain in zip(op.profiles, tree["profiles"], strict=True):
        loops = [(profile.outer, plain["outer"]), *zip(profile.inner, plain["inner"], strict=True)]
        for loop, plain_loop in loops:
            for curve, plain_curve in zip(loop.curves, plain_loop["curves"], strict=True):
                plain_curve["type"] = type(curve).__name__.lower()
    return tree


_CURVES: dict[str, Callable[..., Curve]] = {"line": Line, "arc": Arc, "circle": Circle}


def _curve(tree: dict[str, Any]) -> Curve:
    kind = _CURVES[tree["type"]]
    return kind(
        **{k: tuple(v) if isinstance(v, list) else v for k, v in tree.items() if k != "type"}
    )


def _loop(tree: dict[str, Any]) -> Loop:
    return Loop(tuple(_curve(curve) for curve in tree["curves"]))


def _extrude(tree: dict[str, Any]) -> Extrude:
    plane = Plane(**{key: tuple(value) for key, value in tree["plane"].items()})
    profiles = tuple(
        Profile(_loop(p["outer"]), tuple(_loop(loop) for loop in p["inner"]))
        for p in tree["profiles"]
    )
    return Extrude(plane, profiles, Boolean(tree["boolean"]), tree["start"], tree["end"])
