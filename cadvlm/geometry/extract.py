"""A kernel shape turned into numbers: what scoring and drawing work from.

A *solid* here is what the kernel calls one and, beyond that, sound: every shell is closed,
``BRepCheck_Analyzer`` accepts it, and its volume is positive. Nothing is repaired: a solid that is
inside out has a negative volume and is refused, because the program that left it is at fault. Of
several solids in one shape the sound ones are taken and the others left out and counted.

Peers measure what we refuse. For their protocols :func:`salvage` measures every solid that has
closed shells and volume, sound or not.
"""

from __future__ import annotations

import io
import math
from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from OCP.Bnd import Bnd_Box
from OCP.BRep import BRep_Tool
from OCP.BRepAdaptor import BRepAdaptor_Surface
from OCP.BRepBndLib import BRepBndLib
from OCP.BRepCheck import BRepCheck_Analyzer
from OCP.BRepGProp import BRepGProp
from OCP.BRepTools import BRepTools
from OCP.GeomAbs import GeomAbs_SurfaceType
from OCP.gp import gp_Mat
from OCP.GProp import GProp_GProps
from OCP.STEPControl import STEPControl_AsIs, STEPControl_Writer
from OCP.TopoDS import TopoDS, TopoDS_Shape

from cadvlm.geometry.boundary import facts
from cadvlm.geometry.project import project
from cadvlm.geometry.solid import Solid
from cadvlm.geometry.tessellate import Unmeshable, area, tessellate
from cadvlm.geometry.topology import (
    EDGE,
    FACE,
    SHELL,
    SOLID,
    VERTEX,
    WIRE,
    compound,
    distinct,
    explore,
)

DEFLECTION = 2.5e-4
"""How far a triangle may lie from the surface, in diagonals of the bounding box."""

PICTURED = 1e-3
"""The same where pictures are all that is wanted: half a pixel of a picture of 448."""

FIDELITY = 4e-3
"""How far it may lie from a cylinder or cone, in units of volume over their area: of half the wall,
on a ring. Two meshes of one surface miss each other by a quarter of what they miss the surface by,
so that a part and itself, turned, still have an IoU of 0.999. Surfaces that curve both ways would
take ten times the triangles for a tenth of the error, and keep to ``DEFLECTION``."""

FINEST = 3e-5
"""What ``FIDELITY`` may bring ``DEFLECTION`` down to. The mesher is slow on a ring of a thousand
corners; walls thinner than 4 % of the radius lose up to 0.002 of IoU to it."""

ANGLE = 0.3
"""How much the normal may turn along one segment, in radians: 21 segments to a circle. Decides for
small holes and fillets, which ``DEFLECTION`` alone would leave as triangles."""

THINNEST = 1e-12
"""Volume in cubed diagonals below which a solid counts as flat. A sheet a thousandth of a
millimetre thick and a metre long has 4e-7; the rounding of a flat body's volume is about 1e-17."""


_BENDS = {
    GeomAbs_SurfaceType.GeomAbs_Plane: "flat",
    GeomAbs_SurfaceType.GeomAbs_Cylinder: "rolled",
    GeomAbs_SurfaceType.GeomAbs_Cone: "rolled",
}


class NoSolid(Exception):
    """The shape holds no closed, valid solid of positive volume. Says in one line what it holds."""


class _Checked(NamedTuple):
    solid: TopoDS_Shape
    weight: GProp_GProps | None
    """Its volume properties; None when it is not closed or has no volume."""
    fault: str | None
    """Why it is not sound; None when it is."""


def extract(
    shape: TopoDS_Shape,
    *,
    deflection: float | None = None,
    angle: float = ANGLE,
    exports: Collection[str] = (),
    scored: bool = True,
) -> Solid:
    """Measure, tessellate and export the solids of ``shape``.

    Args:
        shape: anything; solids are found at any depth, and what is no solid is left out.
        deflection: largest distance of mesh and surface, in diagonals of the bounding box; None
            for what scores or pictures take.
        angle: largest turn of the normal along a segment, in radians.
        exports: any of ``step``, ``brep`` and ``drawing``, for ``Solid.files``.
        scored: whether it will be compared: that takes ``Solid.facts`` and a finer mesh.

    Raises:
        NoSolid: there is no closed, valid solid of positive volume, or it cannot be meshed.
    """
    checked = [_weighed(solid) for solid in distinct(shape, SOLID)]
    sound = [part for part in checked if part.fault is None]
    if not sound:
        raise NoSolid(checked[0].fault if checked else _lack(shape))
    body = _body(sound)
    BRepTools.Clean_s(body)  # exports carry surfaces only
    files = {kind: _EXPORTERS[kind](body) for kind in exports}
    if deflection is None and not scored:
        deflection = PICTURED
    solid = _measured(body, sound, deflection=deflection, angle=angle)
    left_out = len(checked) - len(sound)
    described = facts(body, solid.bbox) if scored else None
    return replace(solid, files=files, n_left_out=left_out, facts=described)


def salvage(shape: TopoDS_Shape) -> Solid | None:
    """Measure all solids of ``shape`` that have closed shells and volume, sound or not.

    Nothing is mended: ``volume`` and ``inertia`` are the kernel's and negative for what is inside
    out, and the mesh is turned as the faces are. There are no facts and no files.

    Returns:
        None when no solid has closed shells and volume, or one cannot be meshed.
    """
    checked = [_weighed(solid) for solid in distinct(shape, SOLID)]
    weighed = [part for part in checked if part.weight is not None]
    if not weighed:
        return None
    try:
        return _measured(_body(weighed), weighed, deflection=None, angle=ANGLE, leaky=True)
    except NoSolid:
        return None


def _body(parts: list[_Checked]) -> TopoDS_Shape:
    return parts[0].solid if len(parts) == 1 else compound(part.solid for part in parts)


def _measured(
    body: TopoDS_Shape,
    parts: list[_Checked],
    *,
    deflection: float | None,
    angle: float,
    leaky: bool = False,
) -> Solid:
    weight = GProp_GProps()
    for part in parts:
        weight.Add(part.weight)
    areas = _areas(body)
    bbox = _bounds(body)
    size = _diagonal(bbox)
    if deflection is None:
        deflection = _faithful(areas, abs(weight.Mass()), size)
    try:
        tessellation = tessellate(body, size=size, deflection=deflection, angle=angle, leaky=leaky)
    except Unmeshable:
        raise NoSolid("a solid with a face that cannot be meshed") from None
    return Solid(
        volume=weight.Mass(),
        area=sum(areas),
        bbox=bbox,
        center=np.array(weight.CentreOfMass().Coord()),
        inertia=_array(weight.MatrixOfInertia()),  # the kernel's is about the centre of mass
        n_solids=len(parts),
        n_faces=len(distinct(body, FACE)),
        n_edges=len(tessellation.edge_starts) - 1,
        mesh=tessellation.mesh,
        edge_points=tessellation.edge_points,
        edge_starts=tessellation.edge_starts,
    )


# Which solids count


def _weighed(solid: TopoDS_Shape) -> _Checked:
    shells = list(explore(solid, SHELL))
    if not shells or not all(BRep_Tool.IsClosed_s(shell) for shell in shells):
        return _Checked(solid, None, "a solid that is not closed")
    valid = BRepCheck_Analyzer(solid).IsValid()
    weight = GProp_GProps()
    BRepGProp.VolumeProperties_s(solid, weight)
    volume, size = weight.Mass(), _diagonal(_bounds(solid))
    if not math.isfinite(volume) or not math.isfinite(size):
        return _Checked(solid, None, "a solid without bounds")
    if abs(volume) <= THINNEST * size**3:
        return _Checked(solid, None, "a solid without volume")
    if not valid:
        return _Checked(solid, weight, "a solid that the kernel finds invalid (BRepCheck)")
    if volume < 0:
        return _Checked(solid, weight, "a solid that is inside out (negative volume)")
    return _Checked(solid, weight, None)


def _lack(shape: TopoDS_Shape) -> str:
    names = {SHELL: "a shell", FACE: "a face", WIRE: "a wire", EDGE: "an edge", VERTEX: "a point"}
    found = (name for kind, name in names.items() if any(True for _ in explore(shape, kind)))
    highest = next(found, None)
    return f"{highest} and no solid" if highest else "no solid"


# Numbers


def _array(matrix: gp_Mat) -> NDArray[np.float64]:
    return np.array([[matrix.Value(row, column) for column in (1, 2, 3)] for row in (1, 2, 3)])


class _Areas(NamedTuple):
    flat: float
    rolled: float
    """Cylinders and cones."""
    curved: float
    """All that curves both ways."""


def _areas(body: TopoDS_Shape) -> _Areas:
    areas = {"flat": 0.0, "rolled": 0.0, "curved": 0.0}
    for face in explore(body, FACE):
        surface = BRepAdaptor_Surface(TopoDS.Face_s(face), False).GetType()
        areas[_BENDS.get(surface, "curved")] += area(face)
    return _Areas(**areas)


def _faithful(areas: _Areas, volume: float, size: float) -> float:
    """The deflection at which facets hardly change what solids share."""
    if areas.rolled <= areas.curved:
        return DEFLECTION
    return min(DEFLECTION, max(FIDELITY * volume / areas.rolled / size, FINEST))


def _bounds(shape: TopoDS_Shape) -> tuple[float, float, float, float, float, float]:
    box = Bnd_Box()
    BRepBndLib.AddOptimal_s(shape, box, False, False)
    if box.IsVoid():
        return (0.0,) * 6
    low, high = box.CornerMin(), box.CornerMax()
    return (low.X(), low.Y(), low.Z(), high.X(), high.Y(), high.Z())


def _diagonal(bbox: tuple[float, ...]) -> float:
    return math.dist(bbox[:3], bbox[3:])


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


_EXPORTERS = {"step": _step, "brep": _brep, "drawing": project}
