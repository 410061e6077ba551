"""Triangles and edge lines of a kernel shape.

The mesh is welded by topology, not by distance. The kernel cuts each edge once and both of its
faces use those points, so joining the two rows of points closes the mesh without a tolerance that
could swallow a small feature. Two solids that merely touch stay two closed meshes. A solid that
touches itself along an edge has an edge of four triangles there, as many one way as the other.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from OCP.BRep import BRep_Tool
from OCP.BRepBuilderAPI import BRepBuilderAPI_Transform
from OCP.BRepGProp import BRepGProp
from OCP.BRepMesh import BRepMesh_IncrementalMesh
from OCP.BRepTools import BRepTools
from OCP.gp import gp_Trsf
from OCP.GProp import GProp_GProps
from OCP.IMeshTools import IMeshTools_MeshAlgoType, IMeshTools_Parameters
from OCP.TopAbs import TopAbs_Orientation
from OCP.TopLoc import TopLoc_Location
from OCP.TopoDS import TopoDS, TopoDS_Face, TopoDS_Shape
from OCP.TopTools import TopTools_IndexedMapOfShape

from cadvlm.geometry.solid import Mesh
from cadvlm.geometry.topology import EDGE, FACE, SOLID, distinct, explore

COMFORTABLE = (1e-2, 1e4)
"""Sizes that are meshed as they are. The mesher takes 1e-7 for zero whatever the part's size, so
that smaller and larger parts are meshed as a copy of size 1."""

SLIVER = 1e-6
"""Area in squared sizes of a face that may be missing from the mesh. Booleans on quantised numbers
leave valid faces thinner than the mesher can cut; such a slit is not seen and hardly weighs."""

MANY_FACES = 200
"""Faces above which speed comes first; 5 parts in 1,300 have more."""


class Unmeshable(Exception):
    """The kernel cannot triangulate the solids without holes."""


class Tessellation(NamedTuple):
    """A mesh and the polylines of all edges; see ``Solid`` for their shapes."""

    mesh: Mesh
    edge_points: NDArray[np.float64]
    edge_starts: NDArray[np.int32]


def tessellate(
    body: TopoDS_Shape, *, size: float, deflection: float, angle: float, leaky: bool = False
) -> Tessellation:
    """Triangulate the solids in ``body``.

    Args:
        body: solids; a triangulation that is already there is replaced.
        size: diagonal of the bounding box.
        deflection: largest distance of mesh and surface, in sizes.
        angle: largest turn of the normal along a segment, in radians.
        leaky: take a mesh with holes when there is no other.

    Raises:
        Unmeshable: a face stays empty or wrong at every resolution.
    """
    scale = 1.0 if COMFORTABLE[0] <= size <= COMFORTABLE[1] else 1 / size
    if scale != 1.0:
        transformation = gp_Trsf()
        transformation.SetScaleFactor(scale)
        body = BRepBuilderAPI_Transform(body, transformation, True).Shape()
    tessellation = None
    for algorithm, finer in _attempts(body):
        parameters = IMeshTools_Parameters()
        parameters.MeshAlgo = algorithm
        parameters.Deflection = deflection * size * scale / finer
        parameters.Angle = angle / finer
        # What the shape brings along may be anything; the mesh must follow the surfaces.
        BRepTools.Clean_s(body)
        BRepMesh_IncrementalMesh(body, parameters)
        left_out = [face for face in explore(body, FACE) if not _is_triangulated(face)]
        if any(area(face) > SLIVER * (size * scale) ** 2 for face in left_out):
            continue
        pieces = _Pieces()
        for solid in explore(body, SOLID):
            pieces.add(solid)
        tessellation = pieces.join(scale)
        if left_out or _is_closed(tessellation.mesh):
            return tessellation
    if leaky and tessellation is not None:
        return tessellation
    raise Unmeshable


def _attempts(body: TopoDS_Shape) -> list[tuple[IMeshTools_MeshAlgoType, float]]:
    """Algorithms and how much finer than asked for, best first.

    At a coarse deflection outlines that nearly touch may cross, and a face with crossing outlines
    stays empty or is filled wrongly. On a plate with 500 holes Delabella is 13 times as fast as the
    kernel's default, but it crashed on one real part of 1,300, so that it is kept for large bodies.
    """
    kinds = IMeshTools_MeshAlgoType
    attempts = [(kinds.IMeshTools_MeshAlgoType_Watson, finer) for finer in (1.0, 3.0)]
    if len(distinct(body, FACE)) > MANY_FACES:
        attempts.insert(0, (kinds.IMeshTools_MeshAlgoType_Delabella, 1.0))
    return attempts


def _is_triangulated(face: TopoDS_Shape) -> bool:
    return BRep_Tool.Triangulation_s(TopoDS.Face_s(face), TopLoc_Location()) is not None


def area(face: TopoDS_Shape) -> float:
    """Of one face, in squared units."""
    skin = GProp_GProps()
    BRepGProp.SurfaceProperties_s(face, skin)
    return float(skin.Mass())


def _is_closed(mesh: Mesh) -> bool:
    """Whether the triangles' sides are walked as often one way as the other."""
    a, b, c = mesh.triangles.T.astype(np.int64)
    size = len(mesh.vertices)
    there = np.sort(np.concatenate([a * size + b, b * size + c, c * size + a]))
    back = np.sort(np.concatenate([b * size + a, c * size + b, a * size + c]))
    return np.array_equal(there, back)


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
        for shape in explore(solid, FACE):
            face, location = TopoDS.Face_s(shape), TopLoc_Location()
            triangulation = BRep_Tool.Triangulation_s(face, location)
            if triangulation is not None:
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
        for shape in explore(face, EDGE):
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

    def join(self, scale: float) -> Tessellation:
        """One welded mesh and all polylines, in the units before scaling."""
        points = np.concatenate(self._points) / scale
        first, second = (np.concatenate(side) for side in zip(*self._pairs, strict=True))
        corners = _lowest_of_each_group(len(points), first, second)[np.concatenate(self._triangles)]
        a, b, c = corners.T
        corners = corners[(a != b) & (b != c) & (c != a)]  # at a pole triangles shrink to a line
        used, triangles = np.unique(corners, return_inverse=True)
        lengths = [len(row) for row in self._polylines]
        return Tessellation(
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
    matrix = [[placement.Value(row, column) for column in (1, 2, 3, 4)] for row in (1, 2, 3)]
    linear, shift = np.split(np.array(matrix), [3], axis=1)
    moved: NDArray[np.float64] = points @ linear.T + shift.T
    return moved
