"""What is written in CadQuery, and that all styles build the same solid."""

import math
from pathlib import Path

import pytest

from cadvlm import execution
from cadvlm.codegen import Style, write
from cadvlm.codegen.body import FACES
from cadvlm.codegen.length import count_tokens
from cadvlm.errors import InputError
from cadvlm.geometry.same import same
from cadvlm.geometry.solid import Solid
from cadvlm.records import CadProgram
from cadvlm.sequences.deepcad import read
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.model import (
    Arc,
    Boolean,
    ConstructionSequence,
    Extrude,
    Line,
    Loop,
    Plane,
    Point2,
    Point3,
    Profile,
)
from cadvlm.sequences.vectors import in_space
from tests.codegen.sketches import box, circle, extrude, polygon, raised, regular, slot

STYLES: tuple[Style, ...] = ("idiomatic", "verbatim", "gencad")


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
        'result = cq.Workplane("XY").rect(80, 40).rarray(60, 20, 2, 2).circle(3).extrude(5)'
    ]


def test_holes_around_a_circle_are_an_array() -> None:
    angles = [math.radians(30 + 60 * i) for i in range(6)]
    holes = tuple(circle(30 * math.cos(a), 30 * math.sin(a), 3) for a in angles)
    (line,) = idiomatic(extrude(Profile(circle(0, 0, 40), holes)))
    assert ".circle(40).polarArray(30, 30, 360, 6).circle(3).extrude(10)" in line


def test_an_array_has_the_origin_where_it_is_shortest() -> None:
    holes = tuple(circle(100 + 10 * i, 50, 3) for i in range(8))
    (line,) = idiomatic(extrude(Profile(box(70, 0, 200, 80), holes)))
    assert "origin=(135, 50, 0)" in line
    assert ".rarray(10, 1, 8, 1)" in line


def test_concentric_circles_need_no_move() -> None:
    (line,) = idiomatic(extrude(Profile(circle(0, 0, 9), (circle(0, 0, 4),))))
    assert line == 'result = cq.Workplane("XY").circle(9).circle(4).extrude(10)'


def test_a_boss_and_a_hole_are_a_union_and_a_cut() -> None:
    raised = Plane((0.0, 0.0, 10.0), (1.0, 0.0, 0.0), (0.0, 0.0, 1.0))
    boss = extrude(Profile(circle(0, 0, 5)), plane=raised, boolean=Boolean.JOIN)
    hole = extrude(Profile(circle(0, 0, 2)), boolean=Boolean.CUT, end=20)
    assert idiomatic(extrude(Profile(box(0, 0, 20, 20))), boss, hole) == [
        "result = (",
        '    cq.Workplane("XY").moveTo(10, 10).rect(20, 20).extrude(10)  # block',
        '    .faces(">Z").workplane().circle(5).extrude(10)  # boss',
        '    .faces(">Z").workplane().hole(4)  # through hole',
        ")",
    ]


def test_what_stands_on_no_outermost_face_is_joined_and_cut() -> None:
    block = extrude(Profile(box(0, 0, 20, 20)))
    inside = extrude(Profile(circle(5, 5, 2)), plane=raised(5), boolean=Boolean.CUT, end=2)
    beside = extrude(Profile(box(18, 5, 30, 9)), boolean=Boolean.JOIN, end=4)
    _, _, second, third, _ = idiomatic(block, inside, beside)
    assert second.startswith('    .cut(cq.Workplane("XY", origin=(5, 5, 5)).circle(2).extrude(2))')
    assert third.startswith('    .union(cq.Workplane("XY")')


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("boolean", [Boolean.JOIN, Boolean.CUT])
def test_every_face_can_be_drawn_on(face: str, boolean: Boolean) -> None:
    """Sketches that say on which side they lie: mirrored, they would build another solid."""
    x_axis, normal = FACES[face]
    corners = zip((5, 6, 7), (25, 36, 47), normal, strict=True)
    x, y, z = (high if side > 0 else low if side < 0 else 0 for low, high, side in corners)
    plane = Plane((x, y, z), x_axis, normal)
    u, v = next((u, v) for u in (10, -10) for v in (20, -20) if _within(plane, (u, v)))
    mark = Profile(circle(u, v, 2))
    block = extrude(Profile(box(5, 6, 25, 36)), plane=raised(7), end=40)
    end = -3.0 if boolean is Boolean.CUT else 3.0
    sequence = ConstructionSequence((block, extrude(mark, plane=plane, boolean=boolean, end=end)))
    assert f'.faces("{face}").workplane()' in write(sequence).code
    assert_same(sequence)


def _within(plane: Plane, point: Point2) -> bool:
    """Whether a point of a sketch on a face of the block is well within it."""
    place = in_space(plane, point)
    return all(
        low <= v <= high for low, v, high in zip((5, 6, 7), place, (25, 36, 47), strict=True)
    )


@pytest.mark.parametrize("depth", [4, 10, 25])
def test_round_cuts_are_holes(depth: float) -> None:
    block = extrude(Profile(box(0, 0, 40, 20)))
    places = ((10, 10), (30, 10), (20, 5))
    drills = tuple(Profile(circle(x, y, 2)) for x, y in places)
    holes = extrude(*drills, plane=raised(10), boolean=Boolean.CUT, end=-depth)
    sequence = ConstructionSequence((block, holes))
    ending = f".hole(4{'' if depth >= 10 else ', 4'})"
    assert ending in write(sequence).code
    assert_same(sequence)


def test_a_length_that_comes_again_and_again_has_a_name() -> None:
    posts = [
        extrude(Profile(circle(20 * i, 0, 3 + i)), plane=raised(5), boolean=Boolean.JOIN, end=12)
        for i in range(3)
    ]
    plate = extrude(Profile(box(-10, -10, 60, 10)), end=5)
    lines = idiomatic(plate, *posts)
    assert lines[0] == "height = 12"
    assert sum(".extrude(height)" in line for line in lines) == 3
    assert_same(ConstructionSequence((plate, *posts)))


def test_a_rectangle_is_one_only_when_it_is_exactly_one() -> None:
    skew = polygon((0, 0), (20, 0), (20, 10.01), (0, 10))
    (line,) = idiomatic(extrude(Profile(skew)))
    assert "rect" not in line
    assert '("XY").hLine(20).vLine(10.01).lineTo(0, 10).close()' in line


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


def test_a_slot_is_called_one() -> None:
    slot = Loop(
        (
            Line((0.0, -5.0), (30.0, -5.0)),
            Arc((30.0, -5.0), (35.0, 0.0), (30.0, 5.0)),
            Line((30.0, 5.0), (0.0, 5.0)),
            Arc((0.0, 5.0), (-5.0, 0.0), (0.0, -5.0)),
        )
    )
    (line,) = idiomatic(extrude(Profile(slot)))
    assert line == 'result = cq.Workplane("XY").moveTo(15, 0).slot2D(40, 10).extrude(10)'


def test_half_a_circle_is_an_arc_by_its_radius() -> None:
    dome = Loop((Line((-5.0, 0.0), (5.0, 0.0)), Arc((5.0, 0.0), (0.0, 5.0), (-5.0, 0.0))))
    (line,) = idiomatic(extrude(Profile(dome)))
    assert (
        line
        == 'result = cq.Workplane("XY").moveTo(5, 0).radiusArc((-5, 0), -5).close().extrude(10)'
    )
    assert_same(ConstructionSequence((extrude(Profile(dome)),)))


def test_a_hexagon_is_a_polygon() -> None:
    (line,) = idiomatic(extrude(Profile(regular(6, 10))))
    assert line == 'result = cq.Workplane("XY").polygon(6, 20).extrude(10)'


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


def test_verbatim_has_the_statements_of_gencad_code() -> None:
    sequence = ConstructionSequence((extrude(Profile(box(0, 0, 2, 1), (circle(1, 0.5, 0.25),))),))
    assert write(sequence, "verbatim").code.splitlines() == [
        "import cadquery as cq",
        "# Generating a workplane for sketch 0",
        "wp_sketch0 = cq.Workplane(cq.Plane("
        "cq.Vector(0, 0, 0), cq.Vector(1, 0, 0), cq.Vector(0, 0, 1)))",
        "loop0=wp_sketch0.moveTo(2, 0).lineTo(2, 1).lineTo(0, 1).lineTo(0, 0).close()",
        "loop1=wp_sketch0.moveTo(1, 0.5).circle(0.25)",
        "solid0=wp_sketch0.add(loop0).add(loop1).extrude(10)",
        "solid=solid0",
    ]


def test_operations_are_named_in_order() -> None:
    plate = extrude(Profile(box(-5, -5, 5, 5), (circle(0, 0, 1),)))
    cut = extrude(Profile(circle(0, 0, 2)), boolean=Boolean.CUT)
    program = write(ConstructionSequence((plate, cut)))
    assert program.operations == ("rect", "circle", "extrude", "hole")


AXES: list[Point3] = [
    (sign * (axis == 0), sign * (axis == 1), sign * (axis == 2))
    for axis in range(3)
    for sign in (1.0, -1.0)
]
FRAMES = [(x, n) for x in AXES for n in AXES if sum(a * b for a, b in zip(x, n, strict=True)) == 0]


def test_all_24_frames_along_the_axes_build_the_same_solid() -> None:
    shape = Profile(polygon((1, 2), (9, 2), (9, 4), (4, 8)), (circle(6, 3.5, 0.75),))
    assert len(FRAMES) == 24
    for x_axis, normal in FRAMES:
        plane = Plane((5.0, -7.0, 11.0), x_axis, normal)
        assert_same(ConstructionSequence((extrude(shape, plane=plane, start=1, end=-4),)))


@pytest.mark.parametrize("style", STYLES[:2])
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


@pytest.mark.parametrize("style", STYLES[:2])
def test_profiles_that_touch_are_built(style: Style) -> None:
    pair = Profile(box(0, 0, 10, 10)), Profile(box(10, 10, 20, 20))
    solid = built(write(ConstructionSequence((extrude(*pair),)), style))
    assert solid.volume == pytest.approx(2000)


def test_real_parts_are_written_short_and_alike(real_data: Path) -> None:
    tokens: dict[Style, int] = dict.fromkeys(STYLES, 0)
    for file in sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[5::66]:
        sequence = read(file.read_text())
        assert_same(sequence)
        for style in STYLES:
            tokens[style] += count_tokens(write(sequence, style).code)
    assert tokens["idiomatic"] < 0.6 * tokens["verbatim"]


def test_nearly_every_real_file_is_written(real_data: Path) -> None:
    files = sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[2::10]
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


def test_gencads_style_builds_the_same_shape_in_its_scale() -> None:
    block = extrude(Profile(box(-30, -20, 60, 20), (slot(30, 8),)), end=40)
    hole = extrude(Profile(circle(40, 0, 6)), plane=raised(40), boolean=Boolean.CUT, end=-25)
    sequence = ConstructionSequence((block, hole))
    exact, scaled = built(write(sequence, "verbatim")), built(write(sequence, "gencad"))
    assert scaled.volume == pytest.approx(exact.volume * (0.75 / 60) ** 3)
    assert scaled.bbox == pytest.approx([value * 0.75 / 60 for value in exact.bbox], abs=1e-6)


def test_a_style_that_a_language_has_not_is_the_callers_mistake() -> None:
    sequence = ConstructionSequence((extrude(Profile(circle(0, 0, 5))),))
    with pytest.raises(InputError, match=r"gencad.*openscad"):
        write(sequence, "gencad", "openscad")


def assert_same(sequence: ConstructionSequence) -> None:
    """Short and long programs build one solid."""
    short, long = (built(write(sequence, style)) for style in STYLES[:2])
    assert same(short, long)
