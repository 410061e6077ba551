"""Reading the facts of a boundary (:mod:`cadvlm.geometry.facts`) from the kernel."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import cos, sin
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Curve, BRepAdaptor_Curve2d, BRepAdaptor_Surface
from OCP.BRepGProp import BRepGProp
from OCP.BRepTools import BRepTools
from OCP.GCPnts import GCPnts_AbscissaPoint
from OCP.GeomAbs import GeomAbs_CurveType, GeomAbs_SurfaceType
from OCP.gp import gp_Pnt, gp_Vec
from OCP.GProp import GProp_GProps
from OCP.Standard import Standard_Failure
from OCP.TopAbs import TopAbs_Orientation
from OCP.TopoDS import TopoDS, TopoDS_Edge, TopoDS_Face, TopoDS_Shape
from OCP.TopTools import TopTools_IndexedMapOfShape

from cadvlm.geometry import topology
from cadvlm.geometry.facts import FACE, JOINT, Curve, Facts, Surface, fault, normals

_SURFACES = {
    GeomAbs_SurfaceType.GeomAbs_Plane: Surface.PLANE,
    GeomAbs_SurfaceType.GeomAbs_Cylinder: Surface.CYLINDER,
    GeomAbs_SurfaceType.GeomAbs_Cone: Surface.CONE,
    GeomAbs_SurfaceType.GeomAbs_Sphere: Surface.SPHERE,
    GeomAbs_SurfaceType.GeomAbs_Torus: Surface.TORUS,
}
_CURVES = {
    GeomAbs_CurveType.GeomAbs_Line: Curve.LINE,
    GeomAbs_CurveType.GeomAbs_Circle: Curve.CIRCLE,
}
_REVERSED = TopAbs_Orientation.TopAbs_REVERSED
_SIDES = (TopAbs_Orientation.TopAbs_FORWARD, _REVERSED)
_NOWHERE = (0.0, 0.0, 0.0)


class _Use(NamedTuple):
    """An edge as one face has it."""

    edge: TopoDS_Edge
    face: int
    loop: int


class _Meeting(NamedTuple):
    """A joint before its bend is known."""

    uses: tuple[_Use, _Use]
    at: float
    """Parameter of the point half way along."""
    row: tuple[Any, ...]
    tangent: tuple[float, float, float]
    """There, the way the first face walks."""


def facts(body: TopoDS_Shape, bbox: Sequence[float]) -> Facts | None:
    """Read the faces and joints of the solids in ``body``, whose bounding box is ``bbox``.

    Returns:
        None when the kernel gives up on a face or edge, or gives no numbers for it.
    """
    try:
        read = _read(body)
    except Standard_Failure:
        return None
    return read if fault(read, len(read.faces), bbox) is None else None


def _read(body: TopoDS_Shape) -> Facts:
    faces: list[TopoDS_Face] = []
    rows: list[tuple[Any, ...]] = []
    meetings: list[_Meeting] = []
    for number, solid in enumerate(topology.explore(body, topology.SOLID)):
        edges, uses = TopTools_IndexedMapOfShape(), dict[int, list[_Use]]()
        for shape in topology.explore(solid, topology.FACE):
            face = TopoDS.Face_s(shape)
            loops = _loops(face)
            for loop, wire in enumerate(loops):
                for edge in _edges(wire):
                    uses.setdefault(edges.Add(edge), []).append(_Use(edge, len(faces), loop))
            faces.append(face)
            rows.append(_face(face, number, len(loops)))
        meetings.extend(_meeting(*pair) for pair in uses.values() if _is_joint(pair))
    table = np.array(rows, FACE)
    return Facts(table, _joints(meetings, table, faces))


# Faces


def _face(face: TopoDS_Face, solid: int, n_loops: int) -> tuple[Any, ...]:
    """A row of the array of faces."""
    skin, surface = GProp_GProps(), BRepAdaptor_Surface(face, False)
    BRepGProp.SurfaceProperties_s(face, skin)
    kind = _SURFACES.get(surface.GetType(), Surface.OTHER)
    center = skin.CentreOfMass().Coord()
    side = -1 if face.Orientation() == _REVERSED else 1
    sense, *shape = _READERS[kind](surface, face, side, center)
    return (kind, solid, sense, n_loops, skin.Mass(), center, *shape)


def _plane(surface: Any, face: TopoDS_Face, side: int, center: Any) -> tuple[Any, ...]:
    position = surface.Plane().Position()
    normal = position.Direction()
    if side * _hand(position) < 0:
        normal.Reverse()
    return 1, center, normal.Coord(), 0.0, 0.0, 0.0, 0.0


def _cylinder(surface: Any, face: TopoDS_Face, side: int, center: Any) -> tuple[Any, ...]:
    cylinder = surface.Cylinder()
    position = cylinder.Position()
    around, low, high = _extent(face)
    point = _along(position, (low + high) / 2)
    sense, axis = side * _hand(position), position.Direction().Coord()
    return sense, point, axis, cylinder.Radius(), 0.0, around, high - low


def _cone(surface: Any, face: TopoDS_Face, side: int, center: Any) -> tuple[Any, ...]:
    cone = surface.Cone()
    position, flare = cone.Position(), cone.SemiAngle()
    around, low, high = _extent(face)
    middle = (low + high) / 2
    point, axis = _along(position, middle * cos(flare)), position.Direction()
    radius = cone.RefRadius() + middle * sin(flare)
    if flare * radius < 0:
        axis.Reverse()
    sense, length = side * _hand(position), (high - low) * cos(flare)
    return sense, point, axis.Coord(), abs(radius), abs(flare), around, length


def _sphere(surface: Any, face: TopoDS_Face, side: int, center: Any) -> tuple[Any, ...]:
    sphere = surface.Sphere()
    position = sphere.Position()
    around, low, high = _extent(face)
    sense, axis = side * _hand(position), position.Direction().Coord()
    return sense, _along(position, 0), axis, sphere.Radius(), 0.0, around, high - low


def _torus(surface: Any, face: TopoDS_Face, side: int, center: Any) -> tuple[Any, ...]:
    torus = surface.Torus()
    position = torus.Position()
    around, low, high = _extent(face)
    sense, axis = side * _hand(position), position.Direction().Coord()
    radii = torus.MajorRadius(), torus.MinorRadius()
    return sense, _along(position, 0), axis, *radii, around, high - low


def _other(surface: Any, face: TopoDS_Face, side: int, center: Any) -> tuple[Any, ...]:
    return 0, center, _NOWHERE, 0.0, 0.0, 0.0, 0.0


_READERS = {
    Surface.PLANE: _plane,
    Surface.CYLINDER: _cylinder,
    Surface.CONE: _cone,
    Surface.SPHERE: _sphere,
    Surface.TORUS: _torus,
    Surface.OTHER: _other,
}


def _hand(position: Any) -> int:
    """1 where the surface's own normal points away from its axis, as in a right-handed frame."""
    return 1 if position.Direct() else -1


def _extent(face: TopoDS_Face) -> tuple[float, float, float]:
    """The angle about the axis, and where the other parameter begins and ends."""
    u_low, u_high, low, high = BRepTools.UVBounds_s(face)
    return u_high - u_low, low, high


def _along(position: Any, height: float) -> tuple[float, float, float]:
    start, axis = position.Location().Coord(), position.Direction().Coord()
    x, y, z = (start[i] + height * axis[i] for i in range(3))
    return x, y, z


# Joints


def _loops(face: TopoDS_Face) -> list[TopoDS_Shape]:
    """The face's outlines, the outer one first."""
    wires = list(topology.explore(face, topology.WIRE))
    if len(wires) > 1:
        outer = BRepTools.OuterWire_s(face)
        wires.sort(key=lambda wire: not wire.IsSame(outer))
    return wires


def _edges(wire: TopoDS_Shape) -> Iterator[TopoDS_Edge]:
    """Those that bound the face: no poles, and no lines drawn on it."""
    for shape in topology.explore(wire, topology.EDGE):
        edge = TopoDS.Edge_s(shape)
        if edge.Orientation() in _SIDES and not BRep_Tool.Degenerated_s(edge):
            yield edge


def _is_joint(uses: list[_Use]) -> bool:
    """Two faces meet: it is no seam, and no line along which a solid touches itself."""
    return len(uses) == 2 and uses[0].face != uses[1].face


def _meeting(first: _Use, second: _Use) -> _Meeting:
    curve = BRepAdaptor_Curve(first.edge)
    kind = _CURVES.get(curve.GetType(), Curve.OTHER)
    at = (curve.FirstParameter() + curve.LastParameter()) / 2
    point, tangent = gp_Pnt(), gp_Vec()
    curve.D1(at, point, tangent)
    if first.edge.Orientation() == _REVERSED:
        tangent.Reverse()
    row = (
        (first.face, second.face),
        (first.loop, second.loop),
        kind,
        curve.IsClosed(),
        GCPnts_AbscissaPoint.Length_s(curve),
        curve.Circle().Radius() if kind == Curve.CIRCLE else 0.0,
        0.0,
        point.Coord(),
    )
    return _Meeting((first, second), at, row, tangent.Coord())


def _joints(
    meetings: list[_Meeting], table: NDArray[np.void], faces: list[TopoDS_Face]
) -> NDArray[np.void]:
    """The rows of all joints, with their bends.

    A face lies left of its edges, seen from outside. Where the way into the first face falls behind
    the second, seen along that one's normal, the joint is convex.
    """
    joints = np.array([meeting.row for meeting in meetings], JOINT)
    if not len(joints):
        return joints
    met = joints["faces"].T.ravel()  # all first faces, then all second ones
    normal = normals(table[met], np.tile(joints["middle"], (2, 1)))
    for row in np.flatnonzero(table["surface"][met] == Surface.OTHER):
        side, number = divmod(row, len(joints))
        meeting = meetings[number]
        normal[row] = _normal(faces[met[row]], meeting.uses[side].edge, meeting.at)
    first, second = np.split(normal, 2)
    tangents = np.array([meeting.tangent for meeting in meetings])
    inward = np.cross(first, tangents)
    inward /= np.maximum(np.linalg.norm(inward, axis=1, keepdims=True), np.finfo(float).tiny)
    joints["bend"] = np.arctan2(-(inward * second).sum(axis=1), (first * second).sum(axis=1))
    return joints


def _normal(face: TopoDS_Face, edge: TopoDS_Edge, at: float) -> NDArray[np.float64]:
    """Of a face that no formula describes: where its edge has the parameter ``at``."""
    surface, flat = BRepAdaptor_Surface(face, False), BRepAdaptor_Curve2d(edge, face).Value(at)
    point, along_u, along_v = gp_Pnt(), gp_Vec(), gp_Vec()
    surface.D1(flat.X(), flat.Y(), point, along_u, along_v)
    across = np.cross(along_u.Coord(), along_v.Coord())
    if face.Orientation() == _REVERSED:
        across = -across
    unit: NDArray[np.float64] = across / max(np.linalg.norm(across), np.finfo(float).tiny)
    return unit
