"""Views of a shape with its hidden lines told from the visible ones, by the kernel.

Its exact algorithm (``HLRBRep_Algo``) finds the true curves. It fails on some parts, and is slow on
those with many edges: they are left to :mod:`cadvlm.geometry.hidden`, which draws from the mesh.

Seams, where a round face meets itself, and borders between faces of one surface are in neither: the
kernel keeps them apart from smooth edges once ``EncodeRegularity`` has told it how faces meet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from OCP.Bnd import Bnd_Box
from OCP.BRepAdaptor import BRepAdaptor_Curve
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepBuilderAPI import BRepBuilderAPI_Copy
from OCP.BRepLib import BRepLib
from OCP.GCPnts import GCPnts_TangentialDeflection
from OCP.GeomAbs import GeomAbs_CurveType
from OCP.gp import gp_Ax2, gp_Dir, gp_Pnt
from OCP.HLRAlgo import HLRAlgo_Projector
from OCP.HLRBRep import HLRBRep_Algo, HLRBRep_HLRToShape
from OCP.Standard import Standard_Failure
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cadvlm.geometry.lines import VIEWS, Curve, Kind, gather, pack
from cadvlm.geometry.overlap import ARC_STEP, arc, simplified
from cadvlm.geometry.topology import EDGE, distinct, explore

MOST_EDGES = 400
"""Edges beyond which the mesh is used. The exact algorithm took 1.8 s for the four views of the
slowest ODRI part below, and up to 8.6 s beyond."""

SMOOTH_ANGLE = 0.01
"""Faces that meet at less, in radians, run into one another. What STEP files are read with."""

DEFLECTION = 2e-4
"""How far a line may lie from its curve, in diagonals of the bounding box: a twentieth of a
millimetre on a drawing as long as an A4 sheet."""

SAME = 1e-5
"""Distance of lines that count as one, in diagonals of the bounding box."""

_COMPOUNDS = (
    (Kind.VISIBLE, ("VCompound", "OutLineVCompound")),
    (Kind.SMOOTH, ("Rg1LineVCompound",)),
    (Kind.HIDDEN, ("HCompound", "OutLineHCompound")),
)


def project(body: TopoDS_Shape, *, most_edges: int = MOST_EDGES) -> bytes:
    """Draw all of :data:`cadvlm.geometry.lines.VIEWS`, for ``Solid.files``.

    Returns:
        What :func:`cadvlm.geometry.lines.pack` writes; nothing where the mesh must do.
    """
    if len(distinct(body, EDGE)) > most_edges:
        return b""
    # A copy, because regularity would stay with the shape.
    copy = BRepBuilderAPI_Copy(body, True, False).Shape()
    BRepLib.EncodeRegularity_s(copy, SMOOTH_ANGLE)
    box = Bnd_Box()
    BRepBndLib.Add_s(copy, box, False)
    size = float(np.sqrt(box.SquareExtent()))
    views = {}
    for name in VIEWS:
        curves = _exact(copy, HLRAlgo_Projector(_plane(name)), size)
        if not any(curve.kind == Kind.VISIBLE for curve in curves):
            return b""
        views[name] = gather(simplified(curves, SAME * size))
    return pack(views)


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
