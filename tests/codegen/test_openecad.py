"""OpenECAD as written, and that reading it again gives the same part."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.codegen import verbatim
from cadvlm.codegen.openecad import Dialect, write
from cadvlm.errors import InputError
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.sequences import deepcad
from cadvlm.sequences.corners import corners
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.grid import REACH
from cadvlm.sequences.loops import area, chain
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Plane,
    Profile,
)
from cadvlm.sequences.openecad import read
from cadvlm.sequences.regions import merge
from cadvlm.sequences.vectors import cross

DIALECTS: tuple[Dialect, ...] = ("first", "second")
XY = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
DISC = Profile(Loop((Circle((0.0, 0.0), 10.0),)))
SLOT = Profile(
    chain(
        [
            Line((-6, -3), (6, -3)),
            Arc((6, -3), (9, 0), (6, 3)),
            Line((6, 3), (-6, 3)),
            Arc((-6, 3), (-9, 0), (-6, -3)),
        ]
    ),
    (Loop((Circle((2.0, 0.0), 1.5),)),),
)
PLATE = Extrude(XY, (SLOT,), Boolean.NEW, 0.0, 4.0)
PLANES = [
    Plane((1.0, 2.0, 3.0), (0.0, -1.0, 0.0), (-1.0, 0.0, 0.0)),
    Plane((1.0, 2.0, 3.0), (-0.6, 0.8, 0.0), (-0.8, -0.6, 0.0)),
    Plane((0.0, 0.0, 5.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
    Plane((0.0, 0.0, 4.0), (0.6, 0.8, 0.0), (0.0, 0.0, -1.0)),
]


def tool(plane: Plane, boolean: Boolean, start: float = 0.0, end: float = 9.0) -> Extrude:
    return Extrude(plane, (DISC,), boolean, start, end)


def built(program: CadProgram) -> Solid:
    result = execution.run(program)
    assert result.solid, f"{result.status}: {result.error}\n{program.code}"
    return result.solid


def test_the_second_dialect_reads_like_its_authors() -> None:
    part = ConstructionSequence((tool(XY, Boolean.NEW), tool(PLANES[2], Boolean.CUT, -5, 5)))
    program = write(part)
    assert program.language == "openecad"
    assert program.operations == ("extrude", "extrude", "cut")
    assert program.code == (
        "SketchPlane0 = add_sketchplane(\n"
        "\torigin= [0, 0, 0], normal= [0, 0, 1], x_axis= [1, 0, 0])\n"
        "Loops0 = []\n"
        "Curves0_0 = []\n"
        "Circle0_0_0 = add_circle(center= [0, 0], radius= 10)\n"
        "Loop0_0 = add_loop(Curves0_0)\n"
        "Profile0 = add_profile(Loops0)\n"
        "Sketch0 = add_sketch(sketch_plane= SketchPlane0, profile= Profile0)\n"
        "Extrude0 = add_extrude(sketch= Sketch0,\n"
        "\toperation= 0, type= 0, extent_one= 9, extent_two= 0)\n"
        "SketchPlane1 = add_sketchplane(\n"
        "\torigin= [0, 0, 5], normal= [0, 0, 1], x_axis= [0, -1, 0])\n"
        "Loops1 = []\n"
        "Curves1_0 = []\n"
        "Circle1_0_0 = add_circle(center= [0, 0], radius= 10)\n"
        "Loop1_0 = add_loop(Curves1_0)\n"
        "Profile1 = add_profile(Loops1)\n"
        "Sketch1 = add_sketch(sketch_plane= SketchPlane1, profile= Profile1)\n"
        "Extrude1 = add_extrude(sketch= Sketch1,\n"
        "\toperation= 2, type= 1, extent_one= 5, extent_two= 0)\n"
    )


def test_the_first_dialect_is_on_its_grid() -> None:
    lines = write(ConstructionSequence((tool(XY, Boolean.NEW, 0, 8),)), "first").code.splitlines()
    assert "Circle0_0_0 = add_circle(center= [175.5, 128], radius= 47.5)" in lines
    assert "Curves0_0.append(Circle0_0_0)" in lines
    assert "\tsketch_position= [-0.75, 0, 0], sketch_size= 1.5)" in lines
    assert "\toperation= 0, type= 0, extent_one= 0.6, extent_two= 0)" in lines


@pytest.mark.parametrize(
    ("plane", "reference"),
    [
        (XY, 'origin= [0, 0], type= "sameplane")'),
        (replace(XY, origin=(1.0, 2.0, 4.0)), 'origin= [1, 2], type= "extent_one")'),
        (replace(XY, origin=(0.0, 0.0, -1.0)), 'origin= [0, 0], type= "extent_two")'),
        (replace(XY, x_axis=(0.0, -1.0, 0.0)), 'type= "sameplane", angle= -np.pi/2)'),
        (replace(XY, x_axis=(0.6, -0.8, 0.0)), 'type= "sameplane", angle= -0.927295218002)'),
        (PLANES[3], 'type= "extent_one", angle= 0.927295218002, reverse= True)'),
    ],
)
def test_planes_refer_to_the_extrude_they_lie_on(plane: Plane, reference: str) -> None:
    first = replace(PLATE, start=-1.0)
    code = write(ConstructionSequence((first, tool(plane, Boolean.JOIN)))).code
    assert reference in code


def test_a_plane_that_leans_a_little_is_not_taken_for_parallel() -> None:
    leaning = replace(XY, x_axis=(1.0, 0.0, -1e-5), normal=(1e-5, 0.0, 1.0))
    code = write(ConstructionSequence((PLATE, tool(leaning, Boolean.JOIN)))).code
    assert "_ref" not in code
    assert "normal= [0.00001, 0, 1]" in code


@pytest.mark.parametrize("plane", PLANES)
def test_no_direction_points_to_negative_x(plane: Plane) -> None:
    (op,) = read(write(ConstructionSequence((tool(plane, Boolean.NEW),))).code).operations
    assert op.plane.normal[0] >= 0
    assert cross(op.plane.normal, op.plane.x_axis)[0] >= 0


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("extents", [(0, 9), (0, -9), (-2, 9), (9, -9), (3, 9), (-3, -9)])
@pytest.mark.parametrize("plane", PLANES)
def test_extents_come_back(plane: Plane, extents: tuple[float, float], dialect: Dialect) -> None:
    part = ConstructionSequence((tool(plane, Boolean.NEW, *extents),))
    assert_same(read(write(part, dialect).code), part, dialect)


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("boolean", [Boolean.JOIN, Boolean.CUT, Boolean.INTERSECT])
def test_the_same_solid_comes_back(boolean: Boolean, dialect: Dialect) -> None:
    part = ConstructionSequence((PLATE, tool(PLANES[1], boolean, -4, 6)))
    again, reference = built(write(part, dialect)), built(verbatim.write(part))
    # Exact measures: the seams of round faces move, and their facets with them.
    scale = (again.volume / reference.volume) ** (1 / 3)
    assert dialect == "first" or scale == pytest.approx(1, rel=1e-9)
    assert again.bbox == pytest.approx([scale * v for v in reference.bbox], rel=1e-6)
    assert again.center == pytest.approx(scale * reference.center, abs=1e-6)
    assert again.area == pytest.approx(scale**2 * reference.area, rel=1e-6)
    assert again.n_faces == reference.n_faces


def test_to_intersect_with_several_profiles_there_is_no_word() -> None:
    far = Profile(Loop((Circle((50.0, 0.0), 1.0),)))
    several = replace(tool(XY, Boolean.INTERSECT), profiles=(DISC, far))
    with pytest.raises(InputError, match="several profiles"):
        write(ConstructionSequence((PLATE, several)))


@pytest.mark.parametrize("dialect", DIALECTS)
def test_real_parts_come_back(real_data: Path, dialect: Dialect) -> None:
    files = sorted((real_data / "deepcad/cad_json").rglob("*.json"))
    compared = 0
    for file in random.Random(7).sample(files, 60):
        try:
            part = deepcad.read(file.read_text())
        except Unreadable:
            continue
        assert_same(read(write(part, dialect).code), part, dialect)
        compared += 1
    assert compared > 50


def assert_same(again: ConstructionSequence, part: ConstructionSequence, dialect: Dialect) -> None:
    """Profile by profile: what it does, the box around its sweep, its loops' areas and curves."""
    alone: list[tuple[Boolean, Extrude]] = []
    for op in part.operations:
        later = Boolean.JOIN if op.boolean is Boolean.NEW else op.boolean
        for i, profile in enumerate(merge(op.profiles)):
            alone.append((later if i else op.boolean, replace(op, profiles=(profile,))))
    adding = [op for boolean, op in alone if boolean in (Boolean.NEW, Boolean.JOIN)]
    reach = max(map(abs, (value for op in adding for value in box(op))))
    scale = REACH / reach if dialect == "first" else 1.0
    assert len(again.operations) == len(alone)
    for found, (boolean, op) in zip(again.operations, alone, strict=True):
        assert found.boolean is boolean
        assert box(found) == pytest.approx([scale * v for v in box(op)], abs=1e-6 * scale * reach)
        wanted = [(curves, scale**2 * size) for curves, size in loops(op)]
        for one, other in zip(loops(found), wanted, strict=True):
            assert one == pytest.approx(other, rel=1e-5)


def box(op: Extrude) -> list[float]:
    return [edge for axis in zip(*corners(op), strict=True) for edge in (min(axis), max(axis))]


def loops(op: Extrude) -> list[tuple[int, float]]:
    (profile,) = op.profiles
    return sorted((len(p.curves), abs(area(p))) for p in (profile.outer, *profile.inner))
