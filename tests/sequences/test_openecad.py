"""What OpenECAD's words mean, in either dialect."""

import math

import pytest

from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import area
from cadvlm.sequences.model import Arc, Boolean, Circle, Extrude, Line, Plane
from cadvlm.sequences.openecad import read
from cadvlm.sequences.openecad.words import MOST_CURVES

SQUARE = """
SketchPlane0 = add_sketchplane(origin=[1, 2, 3], normal=[0, 0, 1], x_axis=[1, 0, 0])
Loops0 = []
Curves0_0 = []
Line0_0_0 = add_line(start=[0, 0], end=[10, 0])
Line0_0_1 = add_line(start=[10, 0], end=[10, 20])
Line0_0_2 = add_line(start=[10, 20], end=[0, 20])
Line0_0_3 = add_line(start=[0, 20], end=[0, 0])
Loop0_0 = add_loop(Curves0_0)
Profile0 = add_profile(Loops0)
Sketch0 = add_sketch(sketch_plane=SketchPlane0, profile=Profile0)
Extrude0 = add_extrude(sketch=Sketch0, operation=0, type=0, extent_one=5, extent_two=7)
"""
HOLE = """
Loops1 = []
Curves1_0 = []
Circle1_0_0 = add_circle(center=[0, 0], radius=2)
Loop1_0 = add_loop(Curves1_0)
Profile1 = add_profile(Loops1)
Sketch1 = add_sketch(sketch_plane=SketchPlane1, profile=Profile1)
Extrude1 = add_extrude(sketch=Sketch1, operation=2, type=0, extent_one=5, extent_two=0)
"""
GRID = """
SketchPlane0 = add_sketchplane(
origin= [9., 9., 9.], normal= [9., 9., 9.], x_axis= [ 1.,  0., -0.], y_axis= [0., 0., 1.])
Loops0 = []
Curves0_0 = []
Circle0_0_0 = add_circle(center= [175.5, 128. ], radius= 47.5)
Curves0_0.append(Circle0_0_0)
Loop0_0 = add_loop(Curves0_0)
Loops0.append(Loop0_0)
Profile0 = add_profile(Loops0)
Sketch0 = add_sketch(sketch_plane= SketchPlane0, profile= Profile0,
\tsketch_position= [-0.75, 0., 1.], sketch_size= 1.5)
Extrude0 = add_extrude(sketch= Sketch0, operation= 0, type= 0, extent_one= 0.375, extent_two= 0.)
"""


def only(text: str) -> Extrude:
    (operation,) = read(text).operations
    return operation


def referred(arguments: str) -> Plane:
    """The plane of a second sketch that refers to the first extrude."""
    return (
        read(f"{SQUARE}SketchPlane1 = add_sketchplane_ref({arguments})\n{HOLE}").operations[1].plane
    )


def refusal(text: str) -> tuple[str, str]:
    with pytest.raises(Unreadable) as caught:
        read(text)
    return caught.value.reason, caught.value.detail


def test_the_second_dialect_is_in_millimetres_and_fills_lists_by_name() -> None:
    op = only(SQUARE)
    assert op.plane == Plane((1, 2, 3), (1, 0, 0), (0, 0, 1))
    assert (op.boolean, op.start, op.end) == (Boolean.NEW, 0, 5)
    assert area(op.profiles[0].outer) == 200


def test_the_first_dialect_is_on_a_grid_about_its_middle() -> None:
    op = only(GRID)
    assert op.plane == Plane((-0.75, 0, 1), (1, 0, 0), (0, -1, 0))
    assert op.profiles[0].outer.curves == (Circle((0.75, 0.0), 0.75),)
    assert op.end == 0.375


def test_a_grid_without_a_size_has_no_extent() -> None:
    assert refusal(GRID.replace(", sketch_size= 1.5", "")) == (
        "zero_length",
        "line 11: sketch_size is 0",
    )


@pytest.mark.parametrize(
    ("kind", "one", "two", "expected"),
    [
        (0, -5, 7, (0, -5)),
        (1, 5, 7, (-5, 5)),
        (1, -5, 0, (-5, 5)),
        (2, 5, 7, (-7, 5)),
        (2, -5, 7, (-7, 0)),
        (2, -5, -7, (-5, 7)),
    ],
)
def test_extents(kind: int, one: float, two: float, expected: tuple[float, float]) -> None:
    text = SQUARE.replace(
        "type=0, extent_one=5, extent_two=7", f"type={kind}, extent_one={one}, extent_two={two}"
    )
    op = only(text)
    assert (op.start, op.end) == expected


def test_the_first_operation_builds_whatever_it_is_called() -> None:
    assert only(SQUARE.replace("operation=0", "operation=2")).boolean is Boolean.NEW


@pytest.mark.parametrize(
    ("arguments", "origin", "x_axis", "normal"),
    [
        ('Extrude0, [4, 5], "sameplane"', (5, 7, 3), (1, 0, 0), (0, 0, 1)),
        ('Extrude0, [4, 5], "extent_one"', (5, 7, 8), (1, 0, 0), (0, 0, 1)),
        ('Extrude0, [4, 5], "extent_two"', (5, 7, -4), (1, 0, 0), (0, 0, 1)),
        ('Extrude0, [0, 0], "sameplane", angle=np.pi/2', (1, 2, 3), (0, 1, 0), (0, 0, 1)),
        (
            'Extrude0, [0, 0], "sameplane", reverse=True, angle=np.pi/2',
            (1, 2, 3),
            (0, 1, 0),
            (0, 0, -1),
        ),
        # A wall on the right edge: x runs up along the edge, y along the extrude, out is +x.
        ('Extrude0, [4, 5], "line", Line0_0_1', (11, 6, 8), (0, 1, 0), (1, 0, 0)),
        ('Extrude0, [0, 0], "line", Line0_0_1, angle=np.pi/2', (11, 2, 3), (0, 0, 1), (1, 0, 0)),
    ],
)
def test_planes_by_reference(
    arguments: str, origin: tuple[float, ...], x_axis: tuple[float, ...], normal: tuple[float, ...]
) -> None:
    plane = referred(arguments)
    assert plane.origin == pytest.approx(origin)
    assert plane.x_axis == pytest.approx(x_axis, abs=1e-12)
    assert plane.normal == pytest.approx(normal, abs=1e-12)


def test_a_loop_turns_its_lines_counter_clockwise_for_those_that_refer_to_them() -> None:
    clockwise = "\n".join(
        f"Line0_0_{i} = add_line(start={a}, end={b})"
        for i, (a, b) in enumerate(
            [([0, 0], [0, 20]), ([10, 20], [0, 20]), ([10, 20], [10, 0]), ([0, 0], [10, 0])]
        )
    )
    head, tail = SQUARE.split("Line0_0_0")[0], SQUARE[SQUARE.index("Loop0_0") :]
    plane = 'SketchPlane1 = add_sketchplane_ref(Extrude0, [4, 5], "line", Line0_0_2)'
    first, second = read(f"{head}{clockwise}\n{tail}{plane}{HOLE}").operations
    assert area(first.profiles[0].outer) == 200
    assert second.plane.origin == pytest.approx((11, 6, 8))


def test_a_gap_is_closed_by_moving_what_comes_after_it() -> None:
    text = SQUARE.replace("add_line(start=[10, 0]", "add_line(start=[12, 1]")
    second = only(text).profiles[0].outer.curves[1]
    assert second == Line((10, 0), (10, 20))


def test_a_loop_that_does_not_come_back_is_open() -> None:
    reason, detail = refusal(SQUARE.replace("end=[0, 0])", "end=[0, 3])"))
    assert reason == "open_loop"
    assert detail.startswith("line 9: from (0.0, 3.0)")


def test_an_arc_passes_its_middle() -> None:
    text = SQUARE.replace(
        "add_line(start=[10, 0], end=[10, 20])",
        "add_arc(start=[10, 0], end=[10, 20], mid=[20, 10])",
    )
    outer = only(text).profiles[0].outer
    assert any(isinstance(curve, Arc) for curve in outer.curves)
    assert area(outer) == pytest.approx(200 + 50 * math.pi)


def test_a_second_loop_is_a_hole_and_must_lie_inside() -> None:
    def with_hole(y: float) -> str:
        hole = f"Circle0_1_0 = add_circle([5, {y}], 2)\nLoop0_1 = add_loop(Curves0_1)\n"
        return SQUARE.replace("Profile0 = ", f"Curves0_1 = []\n{hole}Profile0 = ")

    assert only(with_hole(9)).profiles[0].inner[0].curves == (Circle((5, 9), 2),)
    assert refusal(with_hole(30))[0] == "not_nested"


@pytest.mark.parametrize(
    ("old", "new", "reason", "detail"),
    [
        ("radius=2", "radius=0", "degenerate_circle", "line 16: a radius of 0"),
        (
            "extent_one=5, extent_two=0",
            "extent_one=0, extent_two=0",
            "zero_length",
            "extruded by 0",
        ),
        ("operation=2", "operation=4", "arguments", "operation is 4, expected 0 to 3"),
        ("center=[0, 0]", "center=[0, 0, 0]", "arguments", "center has 3 numbers, expected 2"),
        ("center=[0, 0]", "center='a'", "arguments", "center is a str, expected a list"),
        ("add_loop(Curves1_0)", "add_loop([])", "empty_loop", "curves is empty"),
        ("sketch=Sketch1", "sketch=Sketch2", "undefined", "line 20: no Sketch2 here"),
        (
            "sketch=Sketch1",
            "sketch=Profile1",
            "arguments",
            "is a profile, expected a sketch",
        ),
        ("operation=2, ", "", "arguments", "missing a required argument: 'operation'"),
        ('"sameplane"', '"wall"', "arguments", "type is 'wall'"),
        ('"sameplane"', '"line"', "arguments", "line is a nonetype"),
        ("add_extrude", "add_revolve", "undefined", "line 12: no add_revolve here"),
    ],
)
def test_faults_are_named_and_placed(old: str, new: str, reason: str, detail: str) -> None:
    text = f'{SQUARE}SketchPlane1 = add_sketchplane_ref(Extrude0, [4, 5], "sameplane"){HOLE}'
    assert old in text
    found = refusal(text.replace(old, new))
    assert found[0] == reason
    assert detail in found[1]


def test_the_dialects_do_not_mix() -> None:
    text = f'{GRID}SketchPlane1 = add_sketchplane_ref(Extrude0, [0, 0], "sameplane")\n'
    assert refusal(text) == ("undefined", "line 14: no add_sketchplane_ref here")


def test_a_program_that_extrudes_nothing() -> None:
    assert refusal(SQUARE[: SQUARE.index("Extrude0")])[0] == "no_extrude"


def test_a_small_program_cannot_make_endless_work() -> None:
    again = "Loop0_1 = add_loop(Curves0_0)\n" * 21
    many = "".join(f"Line0_0_{i} = add_line([0, {i}], [0, {i + 1}])\n" for i in range(1000))
    head = SQUARE[: SQUARE.index("Line0_0_0")]
    closing = "Line = add_line([0, 1000], [1, 0])\nLine_ = add_line([1, 0], [0, 0])\n"
    reason, detail = refusal(head + many + closing + again)
    assert (reason, detail.partition(": ")[2]) == ("too_large", f"more than {MOST_CURVES:,} curves")
