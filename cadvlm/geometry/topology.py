"""Walking through the kernel's shapes. Every module that uses the kernel comes through here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from OCP.BRep import BRep_Builder
from OCP.OSD import OSD_ThreadPool
from OCP.TopAbs import TopAbs_ShapeEnum
from OCP.TopExp import TopExp_Explorer
from OCP.TopoDS import TopoDS_Compound, TopoDS_Shape
from OCP.TopTools import TopTools_IndexedMapOfShape

# One thread in the kernel, in every process that uses it: parts are many and small, and a process
# that was forked after the kernel's thread pool had started would wait for its threads for ever.
OSD_ThreadPool.DefaultPool_s(1)

SOLID = TopAbs_ShapeEnum.TopAbs_SOLID
SHELL = TopAbs_ShapeEnum.TopAbs_SHELL
FACE = TopAbs_ShapeEnum.TopAbs_FACE
WIRE = TopAbs_ShapeEnum.TopAbs_WIRE
EDGE = TopAbs_ShapeEnum.TopAbs_EDGE
VERTEX = TopAbs_ShapeEnum.TopAbs_VERTEX


def explore(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> Iterator[TopoDS_Shape]:
    """Every sub-shape of one kind at any depth, as often as it is used; none in a null shape."""
    explorer = TopExp_Explorer(shape, kind)
    while explorer.More():
        yield explorer.Current()
        explorer.Next()


def distinct(shape: TopoDS_Shape, kind: TopAbs_ShapeEnum) -> list[TopoDS_Shape]:
    """The different sub-shapes of one kind, in the order they are met."""
    met = TopTools_IndexedMapOfShape()
    for part in explore(shape, kind):
        met.Add(part)
    return [met.FindKey(index) for index in range(1, met.Size() + 1)]


def compound(shapes: Iterable[TopoDS_Shape]) -> TopoDS_Compound:
    """Several shapes as one."""
    whole, builder = TopoDS_Compound(), BRep_Builder()
    builder.MakeCompound(whole)
    for shape in shapes:
        builder.Add(whole, shape)
    return whole
