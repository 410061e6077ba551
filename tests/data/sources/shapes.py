"""Shape files with known content, as other people's CAD writes them."""

from __future__ import annotations

import io

import trimesh
from OCP.BRepAlgoAPI import BRepAlgoAPI_Cut
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox, BRepPrimAPI_MakeSphere
from OCP.BRepTools import BRepTools
from OCP.gp import gp_Pnt
from OCP.STEPControl import STEPControl_StepModelType, STEPControl_Writer
from OCP.TopoDS import TopoDS_Shape

from cadvlm.geometry.topology import compound


def box(x: float, y: float, z: float, at: tuple[float, float, float] = (0, 0, 0)) -> TopoDS_Shape:
    """A box with a corner at ``at``."""
    return BRepPrimAPI_MakeBox(gp_Pnt(*at), x, y, z).Solid()


def cut(shape: TopoDS_Shape, tool: TopoDS_Shape) -> TopoDS_Shape:
    """One without the other."""
    return BRepAlgoAPI_Cut(shape, tool).Shape()


def shell(side: float) -> TopoDS_Shape:
    """The faces of a cube, and no solid."""
    return BRepPrimAPI_MakeBox(side, side, side).Shell()


def assembly() -> TopoDS_Shape:
    """A box of 6 and a sphere of 4 pi / 3 apart from it, in compounds with empty ones."""
    sphere = BRepPrimAPI_MakeSphere(gp_Pnt(9, 9, 9), 1).Solid()
    void = compound([])
    return compound([void, compound([compound([box(1, 2, 3)]), sphere]), void])


def step(shape: TopoDS_Shape) -> bytes:
    """As STEP, in millimetres."""
    writer, stream = STEPControl_Writer(), io.BytesIO()
    writer.Transfer(shape, STEPControl_StepModelType.STEPControl_AsIs)
    writer.WriteStream(stream)
    return stream.getvalue()


def brep(shape: TopoDS_Shape) -> bytes:
    """As BREP."""
    stream = io.BytesIO()
    BRepTools.Write_s(shape, stream)
    return stream.getvalue()


def mesh(kind: str, *sides: float) -> bytes:
    """A box around the origin as ``stl`` or ``obj``."""
    content = trimesh.creation.box(sides).export(file_type=kind)
    return content if isinstance(content, bytes) else content.encode()
