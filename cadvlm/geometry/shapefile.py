"""Shape files of the kernel's own kinds, opened from memory."""

from __future__ import annotations

import io

from OCP.BRep import BRep_Builder
from OCP.BRepTools import BRepTools
from OCP.IFSelect import IFSelect_ReturnStatus
from OCP.STEPControl import STEPControl_Reader
from OCP.TopoDS import TopoDS_Shape

# For the thread pool: whoever uses the kernel comes through there.
from cadvlm.geometry.topology import compound


class NotAShapeFile(Exception):
    """The kernel cannot read it. Says in a few words what was wrong."""


def open_step(content: bytes) -> TopoDS_Shape:
    """All that a STEP file holds, in millimetres whatever its unit.

    Raises:
        NotAShapeFile: it is no STEP file, or cut short.
    """
    reader = STEPControl_Reader()
    if (
        reader.ReadStream("part.step", io.BytesIO(content))
        != IFSelect_ReturnStatus.IFSelect_RetDone
    ):
        raise NotAShapeFile("the kernel cannot read it as STEP")
    reader.TransferRoots()
    return compound(reader.Shape(number) for number in range(1, reader.NbShapes() + 1))


def open_brep(content: bytes) -> TopoDS_Shape:
    """What a BREP file (``BRepTools::Write``) holds, in its own unit.

    Raises:
        NotAShapeFile: it is no BREP file, or cut short.
    """
    shape = TopoDS_Shape()
    BRepTools.Read_s(shape, io.BytesIO(content), BRep_Builder())
    if shape.IsNull():
        raise NotAShapeFile("the kernel cannot read it as BREP")
    return shape
