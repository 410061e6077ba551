"""A kernel shape turned into numbers: what scoring and drawing work from.

A *solid* here is what the kernel calls one and, beyond that, sound: every shell is closed,
``BRepCheck_Analyzer`` accepts it, and its volume is positive. Nothing is repaired: a solid that is
inside out has a negative volume and is refused, because the program that left it is at fault. Of
several solids in one shape the sound ones are taken and the others left out.

The tessellation is welded by topology, not by distance. The kernel cuts each edge once and both of
its faces use those points, so joining the two rows of points closes the mesh without a tolerance
that could swallow a small feature. Two solids that merely touch stay two closed meshes.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Builder, BRep_Tool
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.BRepGProp import BRepGProp
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.BRepTools import BRepTools
from OCP.gp import gp_Mat, gp_Trsf
from OCP.GProp import GProp_GProps
from OCP.OSD import OSD_ThreadPool
from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer
from OCP.TopAbs import TopAbs_Orientation, TopAbs_ShapeEnum
from OCP.TopExp import TopExp, TopExp_Explorer
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Compound, TopoDS_Face, TopoDS_Shape
from OCP.TopTools import TopTools_IndexedMapOfShape

from cadvlm.geometry.solid import Mesh, Solid

# One thread in the kernel, in every process that uses it: parts are many and small, and a process
# that was forked after the kernel's thread pool had started would wait for its threads for ever.
OSD_ThreadPool.DefaultPool_s(1)

DEFLECTION = 1e-3
"""How far a triangle may lie from the surface, in diagonals of the bounding box."""

ANGLE = 0.3
"""How much the normal may turn along one segment, in radians: 21 segments to a circle. Decides for
small holes and fillets, which ``DEFLECTION`` alone would leave as triangles."""

THINNEST = 1e-12
"""Volume in cubed diagonals below which a solid counts as flat. A sheet a thousandth of a
millimetre thick and a metre long has 1e-6; the rounding of a flat body's volume is about 1e-17."""

COMFORTABLE = (1e-2, 1e4)
"""Diagonals that are meshed as they are. The mesher takes 1e-7 for zero whatever the part's size,
so that smaller and larger parts are meshed as a copy of diagonal 1."""


class NoSolid(Exception):
    """The shape holds no closed, valid solid of positive volume. Says in one line what it holds."""


class _Weighed(NamedTuple):
    solid: TopoDS_Shape
    weight: GProp_GProps


class _Tessellation(NamedTuple):
    mesh: Mesh
    edge_points: NDArray[np.float64]
    edge_starts: NDArray[np.int32]


def extract(
    shape: TopoDS_Shape,
    *,
    deflection: float = DEFLECTION,
    angle: float = ANGLE,
    exports: Collection[str] = (),
) -> Solid:
    """Measure, tessellate and export the solids of ``shape``.

    Args:
        shape: anything; solids are found at any depth, and what is no solid is left out.
        deflection: largest distance of mesh and surface, in diagonals of the bounding box.
        angle: largest turn of the normal along a segment, in radians.
        exports: any of ``step`` and ``brep``, for ``Solid.files``.

    Raises:
        NoSolid: there is no closed, valid solid of positive volume, or it cannot be meshed.
    """
    sound = _sound_solids(shape)
    body = sound[0].solid if len(sound) == 1 else _compound([part.solid for part in sound])
    # A triangulation that came with the shape may be anything; ours must follow the surfaces.
    BRepTools.Clean_s(body)
    files = {kind: _EXPORTERS[kind](body) for kind in exports}
    weight, skin = GProp_GProps(), GProp_GProps()
    for part in sound:
        weight.Add(part.weight)
    BRepGProp.SurfaceProperties_s(body, skin)
    bbox = _bounds(body)
    tessellation = _tessellate(body, _diagonal(bbox), deflection, angle)
    return Solid(
        volume=weight.Mass(),
        area=skin.Mass(),
        bbox=bbox,
        center=np.array(weight.CentreOfMass().Coord()),
        inertia=_array(weight.MatrixOfInertia()),  # the kernel's is about the centre of mass
        n_solids=len(sound),
        n_faces=_count(body, TopAbs_ShapeEnum.TopAbs_FACE),
        n_edges=len(tessellation.edge_starts) - 1,
        mesh=tessellation.mesh,
        edge_points=tessellation.edge_points,
        edge_starts=tessellation.edge_starts,
        files=files,
    )


# Which solids count


def _sound_solids(shape: TopoDS_Shape) -> list[_Weighed]:
    distinct = TopTools_IndexedMapOfShape()
    for solid in _explore(shape, TopAbs_ShapeEnum.TopAbs_SOLID):
        distinct.Add(solid)
    if distinct.Size() == 0:
        raise NoSolid(_lack(shape))
    checked = [_weighed(distinct.FindKey(index)) for index in range(1, distinct.Size() + 1)]
    sound = [solid for solid in checked if isinstance(solid, _Weighed)]
    if not sound:
        raise NoSolid(str(checked[0]))
    return sound


def _weighed(solid: TopoDS_Shape) -> _Weighed | str:
    """A sound solid with its volume properties, or why it does not count."""
    shells = list(_explore(solid, TopAbs_ShapeEnum.TopAbs_SHELL))
    if not shells or not all(BRep_Tool.IsClosed_s(shell) for shell in shells):
        return "a solid that is not closed"
    if not BRepCheck_Analyzer(solid).IsValid():
        return "a solid that the kernel finds invalid (BRepCheck)"
    weight = GProp_GProps()
    BRepGProp.VolumeProperties_s(solid, weight)
    volume, size = weight.Mass(), _diagonal(_bounds(solid))
    if not math.isfinite(volume) or not math.isfinite(size):
        return "a solid without bounds"
    if abs(volume) <= THINNEST * size**3:
        return "a solid without volume"
    if volume < 0:
        return "a solid that is inside out (negative volume)"
    return _Weighed(solid, weight)


def _lack(shape: TopoDS_Shape) -> str:
    kinds = TopAbs_ShapeEnum
    for kind, name in (
        (kinds.TopAbs_SHELL, "a shell"),
        (kinds.TopAbs_FACE, "a face"),
        (kinds.TopAbs_WIRE, "a wire"),
        (kinds.TopAbs_EDGE, "an edge"),
        (kinds.TopAbs_VERTEX, "a point"),
    ):
        if any(True for _ in _explore(shape, kind)):
            return f"{name} and no solid"
    return "no solid"


# Numbers


def _array(matrix: gp_Mat) -> NDArray[np.float64]:
    return np.array([[matrix.Value(row, column) for column in (1, 2, 3)] for row in (1, 2, 3)])


def _bounds(shape: TopoDS_Shape) -> tuple[float, float, float, float, float, float]:
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    if box.IsVoid():
        return (0.0,) * 6
    low, high = box.CornerMin(), box.CornerMax()
    return (low.X(), low.Y(), low.Z(), high.X(), high.Y(), high.Z())


def _diagonal(bbox: tuple[float, ...]) -> float:
    return math.dist(bbox[:3], bbox[3:])


# Triangles and polylines


def _tessellate(body: TopoDS_Shape, size: float, deflection: float, angle: float) -> _Tessellation:
    scale = 1.0 if COMFORTABLE[0] <= size <= COMFORTABLE[1] else 1 / size
    if scale != 1.0:
        transformation = gp_Trsf()
        transformation.SetScaleFactor(scale)
        body = BRepBuilderAPI_Transform(body, transformation, True).Shape()
    BRepMesh_IncrementalMesh(body, deflection * size * scale, False, angle, False)
    pieces = _Pieces()
    for solid in _explore(body, TopAbs_ShapeEnum.TopAbs_SOLID):
        pieces.add(solid)
    return pieces.join(scale)


class _Pieces:
    """The triangulations of single faces, and which of their points are one."""

    def __init__(self) -> None:
        self._points: list[NDArray[np.float64]] = []
        self._triangles: list[NDArray[np.int32]] = []
        self._count = 0
        self._edges = TopTools_IndexedMapOfShape()
        self._polylines: list[NDArray[np.int32]] = []
        self._pairs: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []

    def add(self, solid: TopoDS_Shape) -> None:
        """Take the faces of a solid. Points are joined within it, never with another one's."""
        rows: dict[int, NDArray[np.int32]] = {}
        for shape in _explore(solid, TopAbs_ShapeEnum.TopAbs_FACE):
            face, location = TopoDS.Face_s(shape), TopLoc_Location()
            triangulation = BRep_Tool.Triangulation_s(face, location)
            if triangulation is None:
                raise NoSolid("a solid with a face that cannot be meshed")
            self._add_edges(face, triangulation, location, rows)
            self._add_face(face, triangulation, location)

    def _add_face(self, face: TopoDS_Face, triangulation: Any, location: TopLoc_Location) -> None:
        node, triangle = triangulation.Node, triangulation.Triangle
        points = np.array([node(i).Coord() for i in range(1, triangulation.NbNodes() + 1)])
        corners = np.array(
            [triangle(i).Get() for i in range(1, triangulation.NbTriangles() + 1)], np.int32
        )
        placement = location.Transformation()
        if not location.IsIdentity():
            points = _moved(points, placement)
        reversed_face = face.Orientation() == TopAbs_Orientation.TopAbs_REVERSED
        if reversed_face != placement.IsNegative():
            corners = corners[:, ::-1]
        self._points.append(points)
        self._triangles.append(corners + np.int32(self._count - 1))
        self._count += len(points)

    def _add_edges(
        self,
        face: TopoDS_Face,
        triangulation: Any,
        location: TopLoc_Location,
        rows: dict[int, NDArray[np.int32]],
    ) -> None:
        for shape in _explore(face, TopAbs_ShapeEnum.TopAbs_EDGE):
            edge = TopoDS.Edge_s(shape)
            polygon = BRep_Tool.PolygonOnTriangulation_s(edge, triangulation, location)
            if polygon is None:
                continue
            # By index: the binding's own iterator over Nodes() costs half a millisecond to make.
            nodes = [polygon.Node(i) for i in range(1, polygon.NbNodes() + 1)]
            row = np.array(nodes, np.int32) + np.int32(self._count - 1)
            if BRep_Tool.Degenerated_s(edge):  # a pole: the whole row is one point
                self._pairs.append((np.full_like(row, row[0]), row))
                continue
            known = self._edges.Size()
            index = self._edges.Add(edge)
            if index > known:
                self._polylines.append(row)
            # A seam meets its own face twice, with one row of points for each side of the cut.
            self._pairs.append((rows.setdefault(index, row), row))

    def join(self, scale: float) -> _Tessellation:
        """One welded mesh and all polylines, in the units before scaling."""
        points = np.concatenate(self._points) / scale
        first, second = (np.concatenate(side) for side in zip(*self._pairs, strict=True))
        corners = _lowest_of_each_group(len(points), first, second)[np.concatenate(self._triangles)]
        a, b, c = corners.T
        corners = corners[(a != b) & (b != c) & (c != a)]  # at a pole triangles shrink to a line
        used, triangles = np.unique(corners, return_inverse=True)
        lengths = [len(row) for row in self._polylines]
        return _Tessellation(
            mesh=Mesh(points[used], triangles.reshape(-1, 3).astype(np.int32)),
            edge_points=points[np.concatenate(self._polylines)],
            edge_starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        )


def _lowest_of_each_group(
    count: int, first: NDArray[np.int32], second: NDArray[np.int32]
) -> NDArray[np.int32]:
    """For points 0 to ``count - 1``, some paired with others: the lowest one each hangs on."""
    lowest = np.arange(count, dtype=np.int32)
    while True:
        lower = np.minimum(lowest[first], lowest[second])
        if np.array_equal(lower, lowest[first]) and np.array_equal(lower, lowest[second]):
            return lowest
        np.minimum.at(lowest, first, lower)
        np.minimum.at(lowest, second, lower)
        lowest = lowest[lowest]


def _moved(points: NDArray[np.float64], placement: gp_Trsf) -> NDArray[np.float64]:
    linear, shift = _array(placement.VectorialPart()), placement.TranslationPart().Coord()
    moved: NDArray[np.float64] = points @ linear.T + np.array(shift)
    return moved


# Files


def _step(body: TopoDS_Shape) -> bytes:
    writer, stream = STEPControl_Writer(), io.BytesIO()
    writer.Transfer(body, STEPControl_AsIs)
    writer.WriteStream(stream)
    return stream.getvalue()


def _brep(body: TopoDS_Shape) -> bytes:
    stream = io.BytesIO()
    BRepTools.Write_s(body, stream)
    return stream.getvalue()


_EXPORTERS = {"step": _step, "brep": _brep}


# Walking through a shape


def _explore(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> Iterator[TopoDS_Shape]:
    """Every sub-shape of one kind at any depth, as often as it is used; none in a null shape."""
    explorer = TopExp_Explorer(shape, kind)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


def _count(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> int:
    """How many different sub-shapes of one kind there are."""
    distinct = TopTools_IndexedMapOfShape()
    TopExp.MapShapes_s(shape, kind, distinct)
    return int(distinct.Size())


def _compound(shapes: list[TopoDS_Shape]) -> TopoDS_Compound:
    compound, builder = TopoDS_Compound(), BRep_Builder()
    builder.MakeCompound(compound)
    for shape in shapes:
        builder.Add(compound, shape)
    return compound
