import dataclasses
from itertools import combinations

import numpy as np
import pytest

from cadvlm.errors import InputError
from cadvlm.geometry.lines import pack, unpack
from cadvlm.render.drawing.draw import draw
from cadvlm.render.drawing.paper import PAPERS, TITLE
from cadvlm.render.drawing.sheet import Box, Line, Sheet
from cadvlm.sequences import synthetic
from tests.meshes import solid_box

PLATE = (
    "result = cq.Workplane().box(40, 30, 8).faces('>Z').workplane()"
    ".rect(30, 20, forConstruction=True).vertices().hole(4)\n"
)
INTRICATE = """
base = cq.Workplane().box(60, 40, 9).edges('|Z').fillet(4)
base = base.faces('>Z').workplane().rect(48, 28, forConstruction=True).vertices().cboreHole(3, 6, 3)
base = base.faces('>Z').workplane().center(-8, 3).circle(9).extrude(14).faces('>Z').hole(10)
base = base.faces('>X').workplane().pushPoints([(-12, 0), (2, 1), (9, 0)]).hole(2.5, 12)
base = base.faces('<Y').workplane().center(17, 0).slot2D(14, 4).cutBlind(-6)
result = base.faces('<Z').workplane().center(11, -9).rect(13, 7).cutBlind(-4)
"""


def cut(points: np.ndarray, box: Box) -> bool:
    """Whether a polyline enters a box."""
    way = np.diff(points, axis=0)
    low, high = np.array(box).reshape(2, 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.stack([(low - points[:-1]) / way, (high - points[:-1]) / way])
    flat = way == 0
    within = (points[:-1] > low) & (points[:-1] < high)
    enters = np.where(flat, np.where(within, -np.inf, np.inf), at.min(axis=0)).max(axis=1)
    leaves = np.where(flat, np.where(within, np.inf, -np.inf), at.max(axis=0)).min(axis=1)
    return bool((np.maximum(enters, 0) < np.minimum(leaves, 1)).any())


def collisions(sheet: Sheet) -> list[str]:
    """Texts that touch a text, a line or an arrowhead."""
    found, ink = [], sheet.ink
    for one, other in combinations(ink.labels, 2):
        if one.box.overlaps(other.box):
            found.append(f"{one.text} and {other.text}")
    for label in ink.labels:
        found += [
            f"{label.text} and {stroke.line}"
            for stroke in ink.strokes
            if cut(stroke.points, label.box)
        ]
        found += [
            f"{label.text} and an arrow"
            for arrow in ink.arrows
            if cut(arrow.corners()[[0, 1, 2, 0]], label.box)
        ]
    return found


def test_the_finder_of_collisions_finds_them():
    box = Box(0, 0, 4, 2)
    assert cut(np.array([(-1.0, 1.0), (5.0, 1.0)]), box)
    assert cut(np.array([(1.0, 1.0), (2.0, 1.5)]), box)
    assert not cut(np.array([(-1.0, 2.5), (5.0, 2.5)]), box)
    assert not cut(np.array([(3.0, -2.0), (7.0, 2.0)]), box)


@pytest.mark.parametrize("index", range(len(synthetic.FAMILIES)))
def test_nothing_collides_and_all_lies_on_the_sheet(build, index):
    for seed in (0, 1):
        solid = build(synthetic.part(seed, index)[1].code)
        for size, projection in (("A4", "first"), ("square", "third")):
            sheet = draw(solid, title="Part", sheet=size, projection=projection)
            assert collisions(sheet) == []
            assert sheet.ink.box.left >= 0
            assert sheet.ink.box.bottom >= 0
            assert sheet.ink.box.right <= sheet.width
            assert sheet.ink.box.top <= sheet.height


@pytest.mark.parametrize("size", PAPERS)
@pytest.mark.parametrize("projection", ["first", "third"])
def test_nothing_collides_on_an_intricate_part(build, size, projection):
    sheet = draw(build(INTRICATE), title="A part", sheet=size, projection=projection)
    assert len(sheet.ink.labels) > 12
    assert collisions(sheet) == []


def middles(sheet: Sheet) -> dict[str, tuple[float, float]]:
    """Where the views are, by the texts that stand beside them."""
    return {label.text: label.box[:2] for label in sheet.ink.labels}


@pytest.mark.parametrize(("projection", "above"), [("third", True), ("first", False)])
def test_the_view_from_above_is_where_the_projection_says(build, projection, above):
    found = middles(draw(build(PLATE), projection=projection))
    assert (found["4× ⌀4"][1] > found["8"][1]) == above


def test_views_are_in_line(build):
    sheet = draw(build("result = cq.Workplane().box(40, 30, 8)\n"), dimensions=False)
    upright: dict[float, set[float]] = {}
    for stroke in sheet.ink.strokes:
        if stroke.line is Line.VISIBLE and stroke.circle is None and len(stroke.points) == 2:
            (left, bottom), (right, top) = stroke.points.round(6)
            if left == right:
                upright.setdefault(float(abs(top - bottom)), set()).add(float(left))
    length = max(upright)
    # Two of the edges that are 8 high, the front view's, stand under those that are 30 deep.
    assert len(upright[length]) == 2
    assert upright[length] < upright[round(length * 8 / 30, 6)]


def test_the_scale_is_a_standard_one_and_is_true(build):
    sheet = draw(build("result = cq.Workplane().box(40, 30, 8)\n"), title="Plate")
    texts = [label.text for label in sheet.ink.labels]
    factor = {"1:1": 1, "2:1": 2, "5:1": 5}[texts[texts.index("Scale") + 1]]
    widths = {round(float(np.ptp(s.points[:, 0])), 6) for s in sheet.ink.strokes}
    assert 40.0 * factor in widths


def test_the_title_block_says_what_the_sheet_is(build):
    sheet = draw(build(PLATE), title="Flange plate", sheet="A4", unit="in")
    texts = {label.text for label in sheet.ink.labels}
    assert {"Flange plate", "in", "A4", "Scale", "Projection"} <= texts
    assert TITLE.width == PAPERS["A4"].space.width


def test_hidden_lines_and_frames_are_options(build):
    solid = build(PLATE)
    lines = {stroke.line for stroke in draw(solid).ink.strokes}
    assert {Line.HIDDEN, Line.FRAME, Line.CENTRE} <= lines
    bare = draw(solid, hidden=False, title_block=False)
    assert not {Line.HIDDEN, Line.FRAME} & {stroke.line for stroke in bare.ink.strokes}


def test_a_drawing_does_not_depend_on_the_place_of_the_part(build):
    moved = PLATE.replace("cq.Workplane()", "cq.Workplane(origin=(512, -256, 64))")
    here, there = (draw(build(code)) for code in (PLATE, moved))
    assert [a.text for a in here.ink.labels] == [b.text for b in there.ink.labels]
    assert here.ink.box == pytest.approx(there.ink.box, abs=0.02)


def test_crowded_parts_lose_dimensions_and_not_their_views(build):
    towers = "result = cq.Workplane().box(90, 90, 1)\n" + "".join(
        f"result = result.union(cq.Workplane().center({x}, {y}).box({d}, {d}, {3 * i + 5}))\n"
        for i, (x, y, d) in enumerate([(-30, -31, 9), (-11, 7, 10), (9, -23, 11), (33, 29, 12)])
    )
    sheet = draw(build(towers), sheet="square")
    assert collisions(sheet) == []
    assert 0 < len(sheet.ink.labels) < 30


@pytest.mark.parametrize(
    ("factor", "told"), [(1e12, "larger"), (1.2, "larger"), (np.inf, "finite")]
)
def test_lines_of_another_part_are_refused(build, factor, told):
    solid = build(PLATE)
    views = unpack(solid.files["drawing"])
    views["right"] = views["right"]._replace(points=views["right"].points * factor)
    with pytest.raises(InputError, match=told):
        draw(dataclasses.replace(solid, files={"drawing": pack(views)}))


def test_a_part_that_is_only_a_mesh_is_drawn_with_its_sizes():
    sheet = draw(solid_box(30, 20, 10), sheet="square")
    assert {label.text for label in sheet.ink.labels} == {"30", "20", "10"}
    assert collisions(sheet) == []
