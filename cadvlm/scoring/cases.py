"""Pairs of solids whose scores are known exactly: what any scorer can be tested on.

All are polyhedra, so that a mesh is exact and the answers follow from volumes that can be counted
by hand. An answer is under the metric's name of METRICS; a metric without one is not asked, because
its answer is not known in closed form or depends on a convention.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Mesh

Vector = tuple[float, float, float]


class Case(NamedTuple):
    """A candidate, its reference, and what must come out."""

    name: str
    candidate: Mesh
    reference: Mesh
    expected: dict[str, float]


IOUS = ("iou", "iou_best", "iou_aligned", "iou_absolute")

SAME = dict.fromkeys(IOUS, 1.0) | {"chamfer": 0.0}

NOTHING = dict.fromkeys(IOUS, 0.0)

ALIGNED = {"iou_aligned": 1.0}


def cases() -> list[Case]:
    """The table of METRICS.md."""
    crank, cube, block, bar = _crank(), box(1, 1, 1), box(3, 2, 1), box(2, 1, 1)
    plate, drilled = box(4, 4, 1), _drilled_cube()
    hollow = joined(cube, flipped(box(0.5, 0.5, 0.5)))
    tilted = turned(crank, (1, 2, -3), 71)
    return [
        Case("identity", crank, crank, SAME),
        Case("moved", moved(crank, (100, -20, 3)), crank, SAME | {"iou_absolute": 0.0}),
        Case("three times the size", scaled(block, 3), block, SAME | {"iou_absolute": 1 / 27}),
        Case("any rigid motion", moved(tilted, (5, 6, 7)), crank, ALIGNED),
        # The long arm of the crank and the cube it stands on are 4 of 11 cubes.
        Case("mirror image", mirrored(crank), crank, {"iou": 4 / 18}),
        *(
            Case(f"chiral part turned about {name}", turned(crank, axis, 90), crank, ALIGNED)
            for name, axis in zip("xyz", np.eye(3), strict=True)
        ),
        Case(
            "square plate at 45 degrees",
            turned(plate, (0, 0, 1), 45),
            plate,
            # A square and itself at 45 degrees share an octagon. In the unit box the turned one is
            # smaller by sqrt(2), and inside.
            ALIGNED | {"iou_absolute": 1 / sqrt(2), "iou": 1 / sqrt(8)},
        ),
        Case("cube with holes at 33 degrees", turned(drilled, (0, 0, 1), 33), drilled, ALIGNED),
        Case(
            "hollow against solid",
            hollow,
            cube,
            # Of 7.5 units of the hollow one's surface 1.5 lie 1/4 inside.
            {"iou": 7 / 8, "iou_aligned": 7 / 8, "iou_absolute": 7 / 8, "chamfer": 1 / 40},
        ),
        Case("shifted by half", moved(block, (1.5, 0, 0)), block, SAME | {"iou_absolute": 1 / 3}),
        Case("overlapping bodies", _overlapping(), bar, _bodies()),
        Case("body inside a body", joined(bar, box(1, 0.5, 0.5)), bar, _bodies()),
        Case("duplicate bodies", joined(bar, bar), bar, _bodies() | {"chamfer": 0.0}),
        Case("inside out", flipped(crank), crank, SAME),
        Case("open shell", Mesh(cube.vertices, cube.triangles[2:]), cube, NOTHING),
        Case("empty result", Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32)), cube, NOTHING),
        Case("zero volume", box(1, 1, 0), cube, NOTHING),
        Case("tiny unit", scaled(tilted, 1e-6), scaled(tilted, 1e-6), SAME),
        Case("huge unit", scaled(tilted, 1e6), scaled(tilted, 1e6), SAME),
    ]


def _bodies() -> dict[str, float]:
    """What does not count a place twice. Mass properties do, and ``iou_best`` goes by them."""
    return {"iou": 1.0, "iou_aligned": 1.0, "iou_absolute": 1.0}


# Parts


def _crank() -> Mesh:
    """A bar with one arm up and one across: 11 cubes, chiral, three different moments."""
    bar = [(x, 0, 0) for x in range(6)]
    return cells([*bar, *((0, y, 0) for y in (1, 2)), *((5, 0, z) for z in (1, 2, 3))])


def _drilled_cube() -> Mesh:
    """A cube with three square holes of one size, one into each of three faces: moments equal."""
    hole = box(0.2, 0.2, 0.6)
    places = (moved(hole, (0.3, 0, 0)), turned(hole, (1, 0, 0), 90), turned(hole, (0, 1, 0), 90))
    shifts: tuple[Vector, ...] = ((0, 0, 0), (0, 0, 0.35), (0, 0.35, -0.35))
    holes = (moved(place, shift) for place, shift in zip(places, shifts, strict=True))
    return joined(box(1, 1, 1), *(flipped(one) for one in holes))


def _overlapping() -> Mesh:
    """Two boxes of two thirds of the bar, that share a third of it."""
    return joined(*(moved(box(4 / 3, 1, 1), (x, 0, 0)) for x in (-1 / 3, 1 / 3)))


# Meshes


def box(x: float, y: float, z: float) -> Mesh:
    """A box centred at the origin."""
    corners = np.array([(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 2
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = [half for a, b, c, d in quads for half in ((a, b, c), (a, c, d))]
    return Mesh(corners * (x, y, z), np.array(triangles, np.int32))


def cells(places: Iterable[Vector]) -> Mesh:
    """Unit cubes side by side, as one body: only the faces between full and empty."""
    full = set(places)
    faces = []
    for place in full:
        for half in box(1, 1, 1).triangles.reshape(6, 2, 3):
            square = box(1, 1, 1).vertices[half]
            towards = 2 * square.reshape(-1, 3).mean(axis=0)
            if tuple(np.round(np.add(place, towards)).tolist()) not in full:
                faces.append(square + place)
    corners = np.concatenate(faces)
    vertices, triangles = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    return Mesh(vertices, triangles.reshape(-1, 3).astype(np.int32))


def moved(mesh: Mesh, by: Vector) -> Mesh:
    return Mesh(mesh.vertices + np.array(by), mesh.triangles)


def scaled(mesh: Mesh, by: float) -> Mesh:
    return Mesh(mesh.vertices * by, mesh.triangles)


def turned(mesh: Mesh, axis: Vector | NDArray[np.float64], degrees: float) -> Mesh:
    """Around an axis through the origin."""
    from cadvlm.geometry.align import rotation

    turn = rotation(np.asarray(axis) / np.linalg.norm(axis) * np.radians(degrees))
    return Mesh(mesh.vertices @ turn.T, mesh.triangles)


def flipped(mesh: Mesh) -> Mesh:
    """Inside out."""
    return Mesh(mesh.vertices, mesh.triangles[:, ::-1].copy())


def mirrored(mesh: Mesh) -> Mesh:
    """The mirror image in z, outward oriented again."""
    return flipped(Mesh(mesh.vertices * [1, 1, -1], mesh.triangles))


def joined(*meshes: Mesh) -> Mesh:
    """Several bodies as one mesh."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]
    vertices = np.concatenate([mesh.vertices for mesh in meshes])
    return Mesh(vertices, np.concatenate(triangles).astype(np.int32))
