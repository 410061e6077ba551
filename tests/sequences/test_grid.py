"""DeepCAD's normalisation and its grid of 256 steps."""

import math
from pathlib import Path

import pytest

from cadvlm.sequences import deepcad
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.grid import REACH, begun, normalised, quantized, single
from cadvlm.sequences.loops import area, circle_of, reverse
from cadvlm.sequences.model import Arc, Boolean, ConstructionSequence, Line, Loop, Plane, Profile
from cadvlm.sequences.vectors import cross, dot
from tests.codegen.sketches import box, circle, extrude, polygon, slot

STEP = 2 / 256


def part(*operations: object) -> ConstructionSequence:
    return ConstructionSequence(operations)  # type: ignore[arg-type]


def test_the_largest_coordinate_of_what_is_added_becomes_the_reach() -> None:
    plate = extrude(Profile(box(-40, -20, 60, 20)), end=5)
    hole = extrude(Profile(circle(0, 0, 300)), boolean=Boolean.CUT)
    first, _ = normalised(part(plate, hole)).operations
    xs = [line.start[0] for line in first.profiles[0].outer.curves if isinstance(line, Line)]
    assert (min(xs), max(xs)) == pytest.approx((-0.5, REACH))
    assert first.end == pytest.approx(0.0625)


def test_what_was_normalised_and_rounded_is_left_alone() -> None:
    rounded = quantized(part(extrude(Profile(box(-40, -17, 61, 20)), end=5)))
    assert normalised(rounded) is rounded


@pytest.mark.parametrize("turn", range(4))
@pytest.mark.parametrize("backwards", [False, True])
def test_outlines_begin_on_the_left_below_and_run_counter_clockwise(
    turn: int, backwards: bool
) -> None:
    curves = box(3, 4, 9, 6).curves
    curves = curves[turn:] + curves[:turn]
    if backwards:
        curves = tuple(reverse(curve) for curve in reversed(curves))
    op = begun(extrude(Profile(Loop(curves))))
    assert op.profiles[0].outer == box(0, 0, 6, 2)
    assert op.plane.origin == (3, 4, 0)


def test_a_circle_begins_on_its_left_and_holes_are_in_their_order() -> None:
    holes = circle(6, 0, 1), circle(-6, 2, 1), circle(-6, -2, 1)
    op = begun(extrude(Profile(circle(0, 0, 10), holes)))
    assert op.plane.origin == (-10, 0, 0)
    assert [hole.curves[0].center for hole in op.profiles[0].inner] == [(4, -2), (4, 2), (16, 0)]  # type: ignore[union-attr]


def test_a_rounded_circle_keeps_its_origin() -> None:
    rounded = quantized(
        part(extrude(Profile(box(-75, -75, 75, 75))), extrude(Profile(circle(9, 7, 3))))
    )
    disc = rounded.operations[1]
    assert begun(disc).plane.origin == disc.plane.origin


def test_every_profile_is_a_sketch_of_its_own() -> None:
    pair = Profile(box(0, 0, 10, 10)), Profile(box(30, 0, 40, 10))
    ops = list(single(part(extrude(*pair), extrude(*pair, boolean=Boolean.CUT))))
    assert [len(op.profiles) for op in ops] == [1, 1, 1, 1]
    assert [op.boolean for op in ops] == [Boolean.NEW, Boolean.JOIN, Boolean.CUT, Boolean.CUT]


def test_numbers_are_on_the_grid() -> None:
    (op,) = quantized(
        part(extrude(Profile(polygon((0, 0), (91, 3), (57, 33))), end=7.7))
    ).operations
    assert all(
        value / STEP == pytest.approx(round(value / STEP)) for value in (op.end, *op.plane.origin)
    )
    size = max(line.end[0] for line in op.profiles[0].outer.curves if isinstance(line, Line))
    pitch = size / 95
    assert size == pytest.approx(96 * STEP)
    for line in op.profiles[0].outer.curves:
        assert isinstance(line, Line)
        for value in line.start:
            assert value / pitch == pytest.approx(round(value / pitch))


def test_on_a_finer_grid_nothing_is_lost() -> None:
    sequence = part(extrude(Profile(slot(93, 31), (circle(3, 1, 7),)), end=13.7))
    (exact,) = (begun(op) for op in normalised(sequence).operations)
    (fine,) = quantized(sequence, 24).operations
    assert fine.end == pytest.approx(exact.end, abs=1e-6)
    for one, other in zip(_loops(fine), _loops(exact), strict=True):
        assert area(one) == pytest.approx(area(other), rel=1e-5)


def _loops(op: object) -> list[Loop]:
    return [loop for p in op.profiles for loop in (p.outer, *p.inner)]  # type: ignore[attr-defined]


@pytest.mark.parametrize("sweep", [0.3, 1.0, math.pi, 5.0, 6.0])
@pytest.mark.parametrize("sign", [1, -1])
def test_arcs_keep_their_side_and_a_rounded_angle(sweep: float, sign: int) -> None:
    ends = (75.0, 0.0), (75 * math.cos(sweep), sign * 75 * math.sin(sweep))
    mid = (75 * math.cos(sweep / 2), sign * 75 * math.sin(sweep / 2))
    bow = Loop(
        (Arc(ends[0], mid, ends[1]), Line(ends[1], (-200.0, 5.0)), Line((-200.0, 5.0), ends[0]))
    )
    (op,) = quantized(part(extrude(Profile(bow)))).operations
    (arc,) = (curve for curve in op.profiles[0].outer.curves if isinstance(curve, Arc))
    turn = abs(circle_of(arc)[2]) / math.tau * 256
    assert turn == pytest.approx(round(turn))
    assert abs(turn - sweep / math.tau * 256) <= 0.5


@pytest.mark.parametrize(
    "normal", [(1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)]
)
def test_straight_planes_stay_straight(normal: tuple[float, float, float]) -> None:
    x_axes = [(1, 0, 0), (0, -1, 0), (0, 0, 1), (-1, 0, 0), (0, 1, 0), (0, 0, -1)]
    for x_axis in (axis for axis in x_axes if dot(axis, normal) == 0):
        plane = Plane((0.0, 0.0, 0.0), x_axis, normal)
        (op,) = quantized(part(extrude(Profile(box(0, 0, 9, 9)), plane=plane))).operations
        assert op.plane.normal == normal
        assert {op.plane.x_axis, cross(op.plane.normal, op.plane.x_axis)} <= {*x_axes}


def test_what_would_vanish_keeps_a_step_and_a_flat_hole_goes() -> None:
    sheet = Profile(box(0, 0, 75, 75), (circle(30, 30, 0.01), box(10, 10, 60, 10.01)))
    (op,) = quantized(part(extrude(sheet, end=0.01))).operations
    assert op.end == STEP
    (hole,) = op.profiles[0].inner
    assert hole.curves[0].radius == pytest.approx(0.75 / 95)  # type: ignore[union-attr]


def test_a_part_of_which_nothing_is_left_is_refused() -> None:
    thread = extrude(Profile(box(0, 0, 75, 0.01)), end=0.5)
    with pytest.raises(Unreadable, match="vanished"):
        quantized(part(thread))


def test_real_parts_survive_as_sequences(real_data: Path) -> None:
    lost = total = 0
    for file in sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[3::40]:
        try:
            sequence = deepcad.read(file.read_text())
        except Unreadable:
            continue
        total += 1
        try:
            again = quantized(sequence)
        except Unreadable:
            lost += 1
            continue
        assert ConstructionSequence.from_json(again.to_json()) == again
    assert total > 25
    assert lost <= 1
