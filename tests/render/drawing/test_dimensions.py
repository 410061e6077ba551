from collections import Counter

import pytest

from cadvlm.geometry.lines import unpack
from cadvlm.geometry.solid import Solid
from cadvlm.render.drawing.dimensions import Plan, plan
from cadvlm.render.drawing.features import find


def planned(solid: Solid) -> dict[str, Plan]:
    assert solid.facts is not None
    views = unpack(solid.files["drawing"])
    features = find(solid.facts, solid.bbox)
    return plan(features, solid.bbox, views, dimensions=True, most=20)


def told(solid: Solid) -> Counter[str]:
    """Everything that is said, as often as it is."""
    plans = planned(solid).values()
    texts = [it.text for view in plans for it in view.linear]
    return Counter(texts + [it.text for view in plans for it in view.leaders])


PLATE = (
    "result = cq.Workplane().box(40, 30, 8, centered=False).faces('>Z').workplane(origin=(0, 0, 8))"
)
HOLES = f"{PLATE}.pushPoints([(5, 6), (35, 6), (5, 24), (35, 24)]).hole(3)"
WEDGE = (
    "result = cq.Workplane('XZ').polyline([(0, 0), (30, 0), (30, 4), (10, 20), (0, 20)]).close()"
    ".extrude(7)"
)
STEPPED = "result = cq.Workplane().circle(9).extrude(6).faces('>Z').circle(4).extrude(5)"
FLANGE = (
    "result = cq.Workplane().circle(20).circle(5).extrude(4)"
    ".faces('>Z').workplane().polarArray(14, 0, 360, 6).hole(3)"
)


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("result = cq.Workplane().box(10, 20.5, 30)", "10|20.5|30"),
        (HOLES, "40|30|8|5|35|6|24|4× ⌀3"),
        (f"{PLATE}.center(12, 10).hole(6, 5)", "40|30|8|12|10|⌀6 ↧5"),
        (f"{PLATE}.center(12, 10).circle(4).extrude(3)", "40|30|11|8|12|10|⌀8"),
        (f"{PLATE}.center(12, 10).cboreHole(4, 8, 3)", "40|30|8|12|10|⌀8 ↧3|⌀4"),
        (f"{PLATE}.center(9, 9).rect(6, 8).cutBlind(-2)", "40|30|8|6|12|5|13|6"),
        (f"{PLATE}.center(20, 15).slot2D(16, 6).cutThruAll()", "40|30|8|15|25|15|2× R3"),
        ("result = cq.Workplane().box(9, 8, 7).edges('|Z').fillet(2)", "9|8|7|4× R2"),
        ("result = cq.Workplane().circle(5).extrude(12)", "⌀10|12"),
        ("result = cq.Workplane().circle(9).circle(4).extrude(6)", "⌀18|⌀8|6"),
        (STEPPED, "⌀18|⌀8|6|11"),
        (FLANGE, "⌀40|⌀10|4|6× ⌀3|⌀28"),
        ("result = cq.Workplane(cq.Solid.makeCone(5, 2, 12))", "⌀10|⌀4|12"),
        ("result = cq.Workplane().sphere(5)", "S⌀10"),
        (WEDGE, "30|20|7|4|10"),
    ],
)
def test_every_size_is_told_once_and_true(build, code, expected):
    assert told(build(code)) == Counter(expected.split("|"))


def test_small_units_keep_their_digits(build):
    assert told(build("result = cq.Workplane().box(0.75, 0.3125, 0.1)\n")).keys() == {
        "0.75", "0.3125", "0.1",
    }  # fmt: skip


def test_a_hole_is_told_where_it_is_round(build):
    plans = planned(build(f"{PLATE}.center(12, 10).hole(6, 5)\n"))
    assert [it.text for it in plans["top"].leaders] == ["⌀6 ↧5"]
    assert not plans["front"].leaders
    assert not plans["right"].leaders
    assert {it.text for it in plans["top"].linear if it.feature} == {"12", "10"}


def test_a_step_is_told_where_it_is_seen(build):
    code = "result = cq.Workplane('XZ').polyline([(0,0),(9,0),(9,2),(4,2),(4,7),(0,7)]).close()"
    plans = planned(build(f"{code}.extrude(30)\n"))
    steps = [it.text for it in plans["front"].linear if not it.overall]
    # Both are seen as long edges from the top and the right, where the part is 30 deep.
    assert not steps
    assert [it.text for it in plans["top"].linear if not it.overall] == ["4"]
    assert [it.text for it in plans["right"].linear if not it.overall] == ["2"]


def test_round_faces_have_centre_lines_in_every_view(build):
    plans = planned(build(f"{PLATE}.center(12, 10).hole(6)\n"))
    assert plans["top"].marks == [((pytest.approx(12), pytest.approx(10)), pytest.approx(3))]
    assert len(plans["front"].axes) == len(plans["right"].axes) == 1
    (across, low), (_, high) = plans["front"].axes[0]
    assert (across, low, high) == (pytest.approx(12), pytest.approx(0), pytest.approx(8))


def test_without_dimensions_there_are_centre_lines_only(build):
    solid = build(f"{PLATE}.center(12, 10).hole(6)\n")
    assert solid.facts is not None
    views, features = unpack(solid.files["drawing"]), find(solid.facts, solid.bbox)
    plans = plan(features, solid.bbox, views, dimensions=False, most=20)
    assert not any(view.linear or view.leaders for view in plans.values())
    assert plans["top"].marks
