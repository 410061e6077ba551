"""One trap of the real files in each test."""

import json
import math
import pickle
from pathlib import Path

import pytest

from cadvlm.sequences.deepcad import read
from cadvlm.sequences.errors import Unreadable
from cadvlm.sequences.loops import area
from cadvlm.sequences.model import Arc, Boolean, Circle, ConstructionSequence, Line
from tests.sequences.onshape import arc, circle, document, extrude, line, prism, sketch, square


def test_metres_become_millimetres_without_binary_noise() -> None:
    (op,) = read(prism([circle(0.0127, 0, 0.0254)], one=0.012700000000000001)).operations
    assert op.profiles[0].outer.curves == (Circle((12.7, 0.0), 25.4),)
    assert (op.start, op.end) == (0.0, 12.7)


def test_the_largest_loop_is_the_outer_one_whatever_the_flags_say() -> None:
    (op,) = read(prism([circle(0.005, 0.005, 0.001)], square(0.01))).operations
    assert area(op.profiles[0].outer) == pytest.approx(100)
    assert op.profiles[0].inner[0].curves == (Circle((5.0, 5.0), 1.0),)


def test_scattered_and_reversed_curves_are_chained() -> None:
    a, _, c, d = square(0.01)
    turned = line((0.01, 0.01), (0.01, 0))  # the second, the other way round
    (op,) = read(prism([a, c, d, turned])).operations
    curves = op.profiles[0].outer.curves
    assert all(isinstance(curve, Line) for curve in curves)
    ends = [(curve.start, curve.end) for curve in curves if isinstance(curve, Line)]
    assert all(one[1] == other[0] for one, other in zip(ends, ends[1:] + ends[:1], strict=True))
    assert abs(area(op.profiles[0].outer)) == pytest.approx(100)


def test_rounded_joints_are_closed_exactly() -> None:
    loop = square(0.01)
    loop[1]["start_point"]["x"] += 1e-8
    (op,) = read(prism(loop)).operations
    first, second, *_ = op.profiles[0].outer.curves
    assert isinstance(first, Line)
    assert isinstance(second, Line)
    assert first.end == second.start


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("last", [90, 180, 270])
def test_an_arc_runs_counter_clockwise_from_its_reference(last: float, swapped: bool) -> None:
    end = (0.01 * math.cos(math.radians(last)), 0.01 * math.sin(math.radians(last)))
    loop = [arc((0, 0), 0.01, 0, last, swapped), line(end, (0, 0)), line((0, 0), (0.01, 0))]
    (op,) = read(prism(loop)).operations
    outer = op.profiles[0].outer
    assert abs(area(outer)) == pytest.approx(math.pi * 100 * last / 360, rel=1e-6)
    (curve,) = (curve for curve in outer.curves if isinstance(curve, Arc))
    half = math.radians(last / 2)
    assert curve.mid == pytest.approx((10 * math.cos(half), 10 * math.sin(half)))


def test_an_arc_of_a_whole_turn_is_a_circle() -> None:
    (op,) = read(prism([arc((0, 0), 0.01, 0, 360)])).operations
    assert op.profiles[0].outer.curves == (Circle((0.0, 0.0), 10.0),)


@pytest.mark.parametrize(
    ("extent", "one", "two", "expected"),
    [
        ("OneSide", 0.01, 0.0, (0, 10)),
        ("OneSide", -0.01, 0.0, (0, -10)),
        ("Symmetric", 0.01, 0.0, (-10, 10)),  # the distance is that of each side
        ("Symmetric", -0.01, 0.0, (-10, 10)),
        ("TwoSides", 0.01, 0.005, (-5, 10)),
        ("TwoSides", -0.01, 0.01, (10, -10)),  # the second side is the other one
    ],
)
def test_extents(extent: str, one: float, two: float, expected: tuple[float, float]) -> None:
    (op,) = read(prism(square(0.01), one=one, two=two, extent=extent)).operations
    assert (op.start, op.end) == expected


def test_every_picked_profile_is_kept_and_no_other() -> None:
    regions = sketch([square(0.01)], [square(0.01, 0.02)], [square(0.01, 0.04)])
    (op,) = read(document(s=regions, e=extrude({"s": ["P2", "P0"]}, 0.01))).operations
    assert [profile.outer.curves[0].start[0] for profile in op.profiles] == [40.0, 0.0]


def test_profiles_of_two_sketches_are_two_operations() -> None:
    raised = ((0, 0, 0.05), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    text = document(
        a=sketch([square(0.01)]),
        b=sketch([square(0.01)], axes=raised),
        e=extrude({"a": ["P0"], "b": ["P0"]}, 0.01),
    )
    assert [op.plane.origin[2] for op in read(text).operations] == [0.0, 50.0]


def test_an_extrude_without_profiles_is_passed_over() -> None:
    text = document(
        s=sketch([square(0.01)]),
        lost=extrude({}, 0.02),
        kept=extrude({"s": ["P0"]}, 0.01, operation="Join"),
    )
    (op,) = read(text).operations
    assert op.end == 10
    assert op.boolean is Boolean.NEW  # there is nothing yet to join


SLOT = (
    line((0, 0), (0.03, 0)),
    arc((0.03, 0.005), 0.005, -90, 90),
    line((0.03, 0.01), (0, 0.01)),
    arc((0, 0.005), 0.005, -90, 90),  # the left end, and it bulges to the right
)


def test_a_semicircle_that_turns_a_slot_inwards_is_turned_over() -> None:
    box = ((-0.005, 0, 0), (0.035, 0.01, 0.01))
    (op,) = read(document(box, s=sketch([SLOT]), e=extrude({"s": ["P0"]}, 0.01))).operations
    assert abs(area(op.profiles[0].outer)) == pytest.approx(300 + math.pi * 25)


def test_a_semicircle_stays_that_would_leave_the_part() -> None:
    box = ((0, 0, 0), (0.035, 0.01, 0.01))
    (op,) = read(document(box, s=sketch([SLOT]), e=extrude({"s": ["P0"]}, 0.01))).operations
    assert abs(area(op.profiles[0].outer)) == pytest.approx(300)


SPLINE = {"type": "NurbsCurve3D"}


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("corrupt_json", prism(square(0.01))[:-20]),
        ("not_deepcad", "[1, 2]"),
        ("not_deepcad", '{"prompts": {}}'),
        ("malformed", '{"entities": {}, "sequence": [{"entity": "gone"}]}'),
        ("no_extrude", document(s=sketch([square(0.01)]))),
        ("empty_profile", document(s=sketch(), e=extrude({}, 0.01))),
        ("empty_profile", document(s=sketch([]), e=extrude({"s": ["P0"]}, 0.01))),
        ("zero_length", prism(square(0.01), one=0.0)),
        ("open_loop", prism(square(0.01)[:3])),
        ("open_loop", prism([*square(0.01)[:3], circle(0, 0, 1)])),
        ("empty_loop", prism([line((0, 0), (0, 0))])),
        ("degenerate_circle", prism([circle(0, 0, 0.0)])),
        ("unsupported_curve", prism([SPLINE])),
        ("unsupported_extent", prism(square(0.01), extent="ThroughAll")),
        ("unsupported_operation", prism(square(0.01), operation="Loft")),
        ("taper", prism(square(0.01), taper=0.1)),
        ("no_body", prism(square(0.01), operation="Cut")),
        ("not_finite", prism([circle(0, 0, math.inf)])),
    ],
)
def test_what_cannot_be_read_says_why(reason: str, text: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(text)
    assert refused.value.reason == reason


def test_a_refusal_keeps_its_reason_between_processes() -> None:
    error = pickle.loads(pickle.dumps(Unreadable("open_loop", "at (0, 0)")))
    assert (error.reason, error.detail) == ("open_loop", "at (0, 0)")


def test_real_files_are_read_or_refused_with_a_reason(real_data: Path) -> None:
    files = sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[::5]
    reasons = []
    for file in files:
        try:
            sequence = read(file.read_text())
        except Unreadable as refused:
            reasons.append(refused.reason)
        else:
            assert ConstructionSequence.from_json(sequence.to_json()) == sequence
    assert len(reasons) <= 0.01 * len(files)
    assert set(reasons) <= {"no_extrude", "empty_profile"}


def test_a_stated_box_is_what_the_profiles_span(real_data: Path) -> None:
    """Units, planes and extents at once: most real parts of one extrude fill their stated box."""
    agree = total = 0
    for file in sorted((real_data / "deepcad" / "cad_json").rglob("*.json"))[:200]:
        text = file.read_text()
        try:
            operations = read(text).operations
        except Unreadable:
            continue
        if len(operations) == 1 and operations[0].plane.normal == (0, 0, 1):
            box = json.loads(text)["properties"]["bounding_box"]
            height = 1000 * (box["max_point"]["z"] - box["min_point"]["z"])
            total += 1
            agree += math.isclose(
                height, abs(operations[0].end - operations[0].start), rel_tol=1e-3
            )
    assert total > 20
    assert agree >= 0.85 * total
