"""Views of a shape with its hidden lines told from the visible ones, by the kernel.

The exact algorithm (``HLRBRep_Algo``) finds the true curves. It fails on some parts, and is slow on
those with many edges; they are drawn from a fine mesh instead (``HLRBRep_PolyAlgo``).

Seams, where a round face meets itself, and borders between faces of one surface are in neither: the
kernel keeps them apart from smooth edges once ``EncodeRegularity`` has told it how faces meet.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRepAdaptor import BRepAdaptor_Curve
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.BRepLib import BRepLib
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.GCPnts import GCPnts_TangentialDeflection
from OCP.GeomAbs import GeomAbs_CurveType
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
from OCP.HLRAlgo import HLRAlgo_Projector
from OCP.HLRBRep import (
    HLRBRep_Algo,
    HLRBRep_HLRToShape,
    HLRBRep_PolyAlgo,
    HLRBRep_PolyHLRToShape,
)
from OCP.Standard import Standard_Failure
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cadvlm.geometry.lines import VIEWS, Curve, Kind, Lines, gather, pack
from cadvlm.geometry.overlap import ARC_STEP, arc, simplified
from cadvlm.geometry.topology import EDGE, distinct, explore

MOST_EDGES = 400
"""Edges beyond which the mesh is used. The exact algorithm took 1.8 s for the four views of the
slowest ODRI part below, and up to 8.6 s beyond; the mesh 3 to 5 s."""

SMOOTH_ANGLE = 0.01
"""Faces that meet at less, in radians, run into one another. What STEP files are read with."""

DEFLECTION = 2e-4
"""How far a line may lie from its curve, in diagonals of the bounding box: a twentieth of a
millimetre on a drawing as long as an A4 sheet."""

MESH_ANGLE = 0.15
"""Largest turn of the normal between facets, where a mesh is used: 42 segments to a circle."""

SAME = 1e-5
"""Distance of lines that count as one, in diagonals of the bounding box."""

_COMPOUNDS = (
    (Kind.VISIBLE, ("VCompound", "OutLineVCompound")),
    (Kind.SMOOTH, ("Rg1LineVCompound",)),
    (Kind.HIDDEN, ("HCompound", "OutLineHCompound")),
)


def project(body: TopoDS_Shape, *, most_edges: int = MOST_EDGES) -> bytes:
    """Draw all of :data:`cadvlm.geometry.lines.VIEWS`, for ``Solid.files``."""
    # A copy, because regularity and meshes would stay with the shape.
    copy = BRepBuilderAPI_Copy(body, True, False).Shape()
    BRepLib.EncodeRegularity_s(copy, SMOOTH_ANGLE)
    box = Bnd_Box()
    BRepBndLib.Add_s(copy, box, False)
    size = float(np.sqrt(box.SquareExtent()))
    exact = len(distinct(copy, EDGE)) <= most_edges
    return pack({name: _view(copy, name, size, exact) for name in VIEWS})


def _view(body: TopoDS_Shape, name: str, size: float, exact: bool) -> Lines:
    projector = HLRAlgo_Projector(_plane(name))
    curves = _exact(body, projector, size) if exact else []
    if not any(curve.kind == Kind.VISIBLE for curve in curves):
        curves = _from_mesh(body, projector, size)
    return gather(simplified(curves, SAME * size))


def _plane(name: str) -> gp_Ax2:
    eye, up = VIEWS[name]
    right = np.cross(up, eye).tolist()
    return gp_Ax2(gp_Pnt(0, 0, 0), gp_Dir(*eye), gp_Dir(*right))


def _exact(body: TopoDS_Shape, projector: HLRAlgo_Projector, size: float) -> list[Curve]:
    """The true curves; none where the algorithm gives up."""
    try:
        algorithm = HLRBRep_Algo()
        algorithm.Add(body)
        algorithm.Projector(projector)
        algorithm.Update()
        algorithm.Hide()
        shapes = HLRBRep_HLRToShape(algorithm)
        return [_curve(kind, edge, size) for kind, edge in _edges(shapes)]
    except Standard_Failure:
        return []


def _from_mesh(body: TopoDS_Shape, projector: HLRAlgo_Projector, size: float) -> list[Curve]:
    BRepMesh_IncrementalMesh(body, DEFLECTION * size, False, MESH_ANGLE, False)
    algorithm = HLRBRep_PolyAlgo()
    algorithm.Load(body)
    algorithm.Projector(projector)
    algorithm.Update()
    shapes = HLRBRep_PolyHLRToShape()
    shapes.Update(algorithm)
    pieces: dict[Kind, list[NDArray[np.float64]]] = defaultdict(list)
    for kind, edge in _edges(shapes):
        curve = BRepAdaptor_Curve(edge)
        ends = curve.FirstParameter(), curve.LastParameter()
        pieces[kind].append(np.array([curve.Value(end).Coord()[:2] for end in ends]))
    straight = [Curve(kind, piece) for kind in pieces for piece in pieces[kind]]
    return _chained(simplified(straight, SAME * size), SAME * size)


def _edges(shapes: Any) -> Iterator[tuple[Kind, TopoDS_Shape]]:
    for kind, names in _COMPOUNDS:
        for name in names:
            found = getattr(shapes, name)()
            if found is not None and not found.IsNull():
                BRepLib.BuildCurves3d_s(found)
                for edge in explore(found, EDGE):
                    yield kind, TopoDS.Edge_s(edge)


def _curve(kind: Kind, edge: TopoDS_Shape, size: float) -> Curve:
    curve = BRepAdaptor_Curve(edge)
    start, end = curve.FirstParameter(), curve.LastParameter()
    shape = curve.GetType()
    if shape == GeomAbs_CurveType.GeomAbs_Line:
        return Curve(kind, np.array([curve.Value(at).Coord()[:2] for at in (start, end)]))
    if shape == GeomAbs_CurveType.GeomAbs_Circle:
        circle = curve.Circle()
        x, y, _ = circle.Location().Coord()
        around = (x, y, circle.Radius())
        first = np.array(curve.Value(start).Coord()[:2]) - (x, y)
        angle = float(np.arctan2(first[1], first[0]))
        if circle.Axis().Direction().Z() < 0:
            return Curve(kind, arc(around, angle - (end - start), angle), around)
        return Curve(kind, arc(around, angle, angle + end - start), around)
    points = GCPnts_TangentialDeflection(curve, start, end, ARC_STEP, DEFLECTION * size)
    along = range(1, points.NbPoints() + 1)
    return Curve(kind, np.array([points.Value(at).Coord()[:2] for at in along]))


def _chained(curves: list[Curve], tolerance: float) -> list[Curve]:
    """Pieces that continue one another as one polyline, so that dashes run along it.

    A chain ends where three lines or more meet, and at corners, which dashes should reach.
    """
    grid = [[tuple(end) for end in np.rint(c.points / tolerance).astype(int)] for c in curves]
    at: dict[Any, list[int]] = defaultdict(list)
    for number, ends in enumerate(grid):
        for end in ends:
            at[curves[number].kind, end].append(number)
    left, chains = set(range(len(curves))), []
    for number in range(len(curves)):
        if number not in left:
            continue
        left.remove(number)
        kind, chain, tips = curves[number].kind, list(curves[number].points), list(grid[number])
        for side in (1, 0):
            while (found := _next(curves, grid, at[kind, tips[side]], left, chain)) is not None:
                left.remove(found)
                begins = grid[found].index(tips[side])
                tips[side] = grid[found][1 - begins]
                chain.append(curves[found].points[1 - begins])
            chain.reverse()
        chains.append(Curve(kind, np.array(chain)))
    return chains


def _next(
    curves: list[Curve], grid: list[Any], meeting: list[int], left: set[int], chain: list[Any]
) -> int | None:
    """The piece that goes on from the chain's last point, straight or nearly so."""
    open_ = [number for number in meeting if number in left]
    if len(meeting) != 2 or len(open_) != 1:
        return None
    ends = curves[open_[0]].points
    last, before = chain[-1], chain[-2]
    onward = max(ends, key=lambda end: float(np.abs(end - last).max())) - last
    back = last - before
    cosine = float(onward @ back) / max(float(np.hypot(*onward) * np.hypot(*back)), 1e-300)
    return open_[0] if cosine > 0.8 else None
