"""What the writer writes, and that both styles build the same solid."""

import math
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.codegen.cadquery import Style, write
from cadvlm.codegen.length import count_tokens
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.sequences.deepcad import read
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import chain
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    Circle,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Plane,
    Point2,
    Point3,
    Profile,
)

STYLES: tuple[Style, ...] = ("idiomatic", "verbatim")
XY = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))


def circle(x: float, y: float, radius: float) -> Loop:
    return Loop((Circle((x, y), radius),))


def polygon(*corners: Point2) -> Loop:
    return chain([Line(a, b) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)])


def box(left: float, bottom: float, right: float, top: float) -> Loop:
    return polygon((left, bottom), (right, bottom), (right, top), (left, top))


def extrude(
    *profiles: Profile,
    plane: Plane = XY,
    boolean: Boolean = Boolean.NEW,
    start: float = 0.0,
    end: float = 10.0,
) -> Extrude:
    return Extrude(plane, profiles, boolean, start, end)


def idiomatic(*operations: Extrude) -> list[str]:
    """The statements after the import."""
    head, blank, *statements = write(ConstructionSequence(operations)).code.splitlines()
    assert (head, blank) == ("import cadquery as cq", "")
    return statements


def built(program: CadProgram) -> Solid:
    result = execution.run(program)
    assert result.solid, f"{result.status}: {result.error}\n{program.code}"
    return result.solid


def test_a_drilled_plate_reads_like_one() -> None:
    holes = tuple(circle(x, y, 3) for x in (-30, 30) for y in (-10, 10))
    assert idiomatic(extrude(Profile(box(-40, -20, 40, 20), holes), end=5)) == [
        'result = cq.Workplane("XY").rect(80, 40)'
        ".pushPoints([(-30, -10), (-30, 10), (30, -10), (30, 10)]).circle(3).extrude(5)"
    ]


def test_concentric_circles_need_no_move() -> None:
    (line,) = idiomatic(extrude(Profile(circle(0, 0, 9), (circle(0, 0, 4),))))
    assert line == 'result = cq.Workplane("XY").circle(9).circle(4).extrude(10)'


def test_a_boss_and_a_hole_are_a_union_and_a_cut() -> None:
    raised = Plane((0.0, 0.0, 10.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    boss = extrude(Profile(circle(0, 0, 5)), plane=raised, boolean=Boolean.JOIN)
    hole = extrude(Profile(circle(0, 0, 2)), boolean=Boolean.CUT, end=20)
    assert idiomatic(extrude(Profile(box(0, 0, 20, 20))), boss, hole) == [
        'result = cq.Workplane("XY").moveTo(10, 10).rect(20, 20).extrude(10)',
        'result = result.union(cq.Workplane("XY", origin=(0, 0, 10)).circle(5).extrude(10))',
        'result = result.cut(cq.Workplane("XY").circle(2).extrude(20))',
    ]


def test_a_rectangle_is_one_only_when_it_is_exactly_one() -> None:
    skew = polygon((0, 0), (20, 0), (20, 10.01), (0, 10))
    (line,) = idiomatic(extrude(Profile(skew)))
    assert "rect" not in line
    assert "polyline([(0, 0), (20, 0), (20, 10.01), (0, 10)])" in line


def test_both_sides_alike_is_both() -> None:
    (line,) = idiomatic(extrude(Profile(circle(0, 0, 5)), start=-3, end=3))
    assert line.endswith(".extrude(3, both=True)")


def test_a_sweep_beside_its_sketch_starts_from_a_moved_plane() -> None:
    (line,) = idiomatic(extrude(Profile(circle(0, 0, 5)), start=2, end=6))
    assert line == 'result = cq.Workplane("XY", origin=(0, 0, 2)).circle(5).extrude(4)'


def test_regions_that_share_edges_are_drawn_as_one() -> None:
    (line,) = idiomatic(
        extrude(Profile(circle(0, 0, 9), (circle(0, 0, 4),)), Profile(circle(0, 0, 4)))
    )
    assert line == 'result = cq.Workplane("XY").circle(9).extrude(10)'


def test_a_slot_is_written_by_its_radius_and_steps() -> None:
    slot = Loop(
        (
            Line((0.0, -5.0), (30.0, -5.0)),
            Arc((30.0, -5.0), (35.0, 0.0), (30.0, 5.0)),
            Line((30.0, 5.0), (0.0, 5.0)),
            Arc((0.0, 5.0), (-5.0, 0.0), (0.0, -5.0)),
        )
    )
    (line,) = idiomatic(extrude(Profile(slot)))
    assert ".hLine(-30)" in line
    assert line.endswith(".close().extrude(10)")


def test_a_fillet_is_written_by_its_radius() -> None:
    half = math.sqrt(0.5)
    corner = Loop(
        (
            Line((0.0, 0.0), (20.0, 0.0)),
            Line((20.0, 0.0), (20.0, 13.0)),
            Arc((20.0, 13.0), (13 + 7 * half, 13 + 7 * half), (13.0, 20.0)),
            Line((13.0, 20.0), (0.0, 20.0)),
            Line((0.0, 20.0), (0.0, 0.0)),
        )
    )
    (line,) = idiomatic(extrude(Profile(corner)))
    assert ".radiusArc((13, 20), -7)" in line


def test_a_tilted_plane_is_written_out_and_shortly() -> None:
    tilted = Plane((0.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -math.sqrt(0.5), math.sqrt(0.5)))
    (line,) = idiomatic(extrude(Profile(circle(0, 0, 5)), plane=tilted))
    assert "cq.Plane(origin=(0, 0, 0), xDir=(1, 0, 0), normal=(0, -1, 1))" in line


def test_verbatim_is_the_style_of_gencad_code() -> None:
    sequence = ConstructionSequence((extrude(Profile(box(0, 0, 2, 1), (circle(1, 0.5, 0.25),))),))
    assert write(sequence, "verbatim").code.splitlines() == [
        "import cadquery as cq",
        "# Generating a workplane for sketch 0",
        "wp_sketch0 = cq.Workplane(cq.Plane("
        "cq.Vector(0, 0, 0), cq.Vector(1, 0, 0), cq.Vector(0, 0, 1)))",
        "loop0=wp_sketch0.moveTo(0, 0).lineTo(2, 0).lineTo(2, 1).lineTo(0, 1).lineTo(0, 0).close()",
        "loop1=wp_sketch0.moveTo(1, 0.5).circle(0.25)",
        "solid0=wp_sketch0.add(loop0).add(loop1).extrude(10)",
        "solid=solid0",
    ]


def test_operations_are_named_in_order() -> None:
    plate = extrude(Profile(box(-5, -5, 5, 5), (circle(0, 0, 1),)))
    cut = extrude(Profile(circle(0, 0, 2)), boolean=Boolean.CUT)
    program = write(ConstructionSequence((plate, cut)))
    assert program.operations == ("rect", "circle", "extrude", "circle", "extrude", "cut")


AXES: list[Point3] = [
    (sign * (axis == 0), sign * (axis == 1), sign * (axis == 2))
    for axis in range(3)
    for sign in (1.0, -1.0)
]
FRAMES = [(x, n) for x in AXES for n in AXES if sum(a * b for a, b in zip(x, n, strict=True)) == 0]


def test_all_24_frames_along_the_axes_build_the_same_solid_in_both_styles() -> None:
    shape = Profile(polygon((1, 2), (9, 2), (9, 4), (4, 8)), (circle(6, 3.5, 0.75),))
    assert len(FRAMES) == 24
    for x_axis, normal in FRAMES:
        plane = Plane((5.0, -7.0, 11.0), x_axis, normal)
        assert_same(ConstructionSequence((extrude(shape, plane=plane, start=1, end=-4),)), 1e-6)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("boolean", "volume"),
    [(Boolean.CUT, 3000), (Boolean.JOIN, 5000), (Boolean.NEW, 5000), (Boolean.INTERSECT, 1000)],
)
def test_several_profiles_are_one_tool(boolean: Boolean, volume: float, style: Style) -> None:
    """An intersection with one piece after the other would be empty."""
    plate = extrude(Profile(box(0, 0, 40, 10)))
    ends = Profile(box(0, 0, 10, 10)), Profile(box(30, 0, 40, 10))
    sequence = ConstructionSequence((plate, extrude(*ends, boolean=boolean, start=5, end=15)))
    assert built(write(sequence, style)).volume == pytest.approx(volume)


@pytest.mark.parametrize("style", STYLES)
def test_profiles_that_touch_are_built(style: Style) -> None:
    pair = Profile(box(0, 0, 10, 10)), Profile(box(10, 10, 20, 20))
    solid = built(write(ConstructionSequence((extrude(*pair),)), style))
    assert solid.volume == pytest.approx(2000)


def test_real_parts_are_written_short_and_in_both_styles_alike(real_data: Path) -> None:
    tokens: dict[Style, int] = dict.fromkeys(STYLES, 0)
    for file in sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[5::66]:
        sequence = read(file.read_text())
        assert_same(sequence, 1e-3)
        for style in STYLES:
            tokens[style] += count_tokens(write(sequence, style).code)
    assert tokens["idiomatic"] < 0.6 * tokens["verbatim"]


def test_nearly_every_real_file_is_written(real_data: Path) -> None:
    files = sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[2::5]
    written = 0
    for file in files:
        try:
            sequence = read(file.read_text())
        except Unreadable:
            continue
        for style in STYLES:
            compile(write(sequence, style).code, file.name, "exec")
        written += 1
    assert written >= 0.99 * len(files)


def assert_same(sequence: ConstructionSequence, tolerance: float) -> None:
    """Both styles build solids of one volume and one bounding box."""
    short, long = (built(write(sequence, style)) for style in STYLES)
    assert short.volume == pytest.approx(long.volume, rel=tolerance)
    size = max(high - low for low, high in zip(long.bbox[:3], long.bbox[3:], strict=True))
    assert short.bbox == pytest.approx(long.bbox, abs=tolerance * size)
