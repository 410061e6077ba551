"""Simple parts with known answers, as CadQuery programs. For everybody's tests."""

from __future__ import annotations

import math
from typing import NamedTuple

from cadvlm.records import CadProgram


class KnownPart(NamedTuple):
    """A program and what must come out of it, in the program's own unit."""

    program: CadProgram
    volume: float
    area: float
    bbox: tuple[float, float, float, float, float, float]
    n_faces: int
    planar: bool
    """Whether every face is flat, so that a mesh is exact."""


def _program(code: str) -> CadProgram:
    return CadProgram("import cadquery as cq\n" + code)


BOX = KnownPart(
    _program("result = cq.Workplane('XY').box(10, 20, 30)\n"),
    volume=6000,
    area=2200,
    bbox=(-5, -10, -15, 5, 10, 15),
    n_faces=6,
    planar=True,
)

L_BRACKET = KnownPart(
    _program(
        "profile = [(0, 0), (40, 0), (40, 10), (10, 10), (10, 30), (0, 30)]\n"
        "result = cq.Workplane('XY').polyline(profile).close().extrude(20)\n"
    ),
    volume=12000,
    area=2 * 600 + 140 * 20,
    bbox=(0, 0, 0, 40, 30, 20),
    n_faces=8,
    planar=True,
)

DRILLED_PLATE = KnownPart(
    _program("result = cq.Workplane('XY').box(40, 30, 5).faces('>Z').workplane().hole(10)\n"),
    volume=(1200 - 25 * math.pi) * 5,
    area=2 * (1200 - 25 * math.pi) + 140 * 5 + 10 * math.pi * 5,
    bbox=(-20, -15, -2.5, 20, 15, 2.5),
    n_faces=7,
    planar=False,
)

CYLINDER = KnownPart(
    _program("result = cq.Workplane('XY').circle(5).extrude(12)\n"),
    volume=300 * math.pi,
    area=2 * 25 * math.pi + 10 * math.pi * 12,
    bbox=(-5, -5, 0, 5, 5, 12),
    n_faces=3,
    planar=False,
)

SPHERE = KnownPart(
    _program("result = cq.Workplane('XY').sphere(5)\n"),
    volume=4 / 3 * math.pi * 125,
    area=4 * math.pi * 25,
    bbox=(-5, -5, -5, 5, 5, 5),
    n_faces=1,
    planar=False,
)

CONE = KnownPart(
    _program("result = cq.Workplane(cq.Solid.makeCone(5, 0, 12))\n"),
    volume=math.pi * 25 * 12 / 3,
    area=math.pi * 25 + math.pi * 5 * 13,
    bbox=(-5, -5, 0, 5, 5, 12),
    n_faces=2,
    planar=False,
)

TORUS = KnownPart(
    _program("result = cq.Workplane(cq.Solid.makeTorus(10, 3))\n"),
    volume=2 * math.pi**2 * 10 * 9,
    area=4 * math.pi**2 * 10 * 3,
    bbox=(-13, -13, -3, 13, 13, 3),
    n_faces=1,
    planar=False,
)

HOLLOW_BOX = KnownPart(
    _program("result = cq.Workplane('XY').box(10, 10, 10).cut(cq.Workplane('XY').box(6, 6, 6))\n"),
    volume=1000 - 216,
    area=600 + 216,
    bbox=(-5, -5, -5, 5, 5, 5),
    n_faces=12,
    planar=True,
)

TWO_BOXES = KnownPart(
    _program(
        "result = cq.Workplane('XY').pushPoints([(0, 0), (20, 0)]).box(10, 10, 10, combine=False)\n"
    ),
    volume=2000,
    area=1200,
    bbox=(-5, -5, -5, 25, 5, 5),
    n_faces=12,
    planar=True,
)

PARTS: dict[str, KnownPart] = {
    "box": BOX,
    "l_bracket": L_BRACKET,
    "drilled_plate": DRILLED_PLATE,
    "cylinder": CYLINDER,
    "sphere": SPHERE,
    "cone": CONE,
    "torus": TORUS,
    "hollow_box": HOLLOW_BOX,
    "two_boxes": TWO_BOXES,
}
"""All of them by name, for parametrised tests."""
