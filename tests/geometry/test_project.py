from collections.abc import Iterator

import numpy as np
import pytest
from OCP.BRepPrimAPI import BRepPrimAPI_MakeBox

from cadvlm.execution.sandbox import Sandbox
from cadvlm.geometry.lines import VIEWS, Curve, Kind, Lines, NotADrawing, gather, pack, unpack
from cadvlm.geometry.overlap import arc, simplified
from cadvlm.geometry.project import project
from cadvlm.records import CadProgram
from cadvlm.render.camera import CAMERAS
from tests.parts import PARTS


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as warm:
        yield warm


def views(sandbox: Sandbox, code: str) -> dict[str, Lines]:
    program = CadProgram("import cadquery as cq\n" + code)
    solid = sandbox.run(program, exports=("drawing",)).solid
    assert solid is not None
    return unpack(solid.files["drawing"])


def length(lines: Lines, kind: Kind) -> float:
    return sum(
        float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())
        for found, points, _ in lines.curves()
        if found == kind
    )


def test_the_views_are_the_cameras_of_pictures():
    for name, (eye, up) in VIEWS.items():
        right, above, back = CAMERAS[name].axes
        np.testing.assert_allclose(back, np.array(eye) / np.linalg.norm(eye), atol=1e-12)
        np.testing.assert_allclose(right, np.cross(above, back), atol=1e-12)
        assert np.dot(above, up) > 0


def test_a_box_is_four_lines_in_each_view_and_nine_in_the_isometric_one(sandbox):
    drawn = views(sandbox, "result = cq.Workplane().box(10, 20, 30)\n")
    for name, around in {"front": 80, "top": 60, "right": 100}.items():
        assert len(drawn[name].kinds) == 4
        assert length(drawn[name], Kind.VISIBLE) == pytest.approx(around)
    visible = [kind for kind, *_ in drawn["iso"].curves() if kind == Kind.VISIBLE]
    assert len(visible) == 9
    assert length(drawn["iso"], Kind.HIDDEN) == pytest.approx(60 * np.sqrt(2 / 3))


@pytest.mark.parametrize(("side", "seen"), [(">Z", True), ("<Z", False)])
def test_a_blind_hole_is_dashed_from_the_side_and_round_from_where_it_is_seen(sandbox, side, seen):
    code = "result = cq.Workplane().box(40, 30, 10).faces('{}').workplane().hole(8, 6)\n"
    drawn = views(sandbox, code.format(side))
    for name in ("front", "right"):
        assert length(drawn[name], Kind.HIDDEN) == pytest.approx(6 + 6 + 8)
    kind = Kind.VISIBLE if seen else Kind.HIDDEN
    circles = [(found, *circle) for found, _, circle in drawn["top"].curves() if circle[2] > 0]
    assert circles == [(kind, pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9), 4)]
    assert length(drawn["top"], kind) >= 8 * np.pi * 0.999


def test_seams_are_not_drawn_and_outlines_of_round_faces_are(sandbox):
    drawn = views(sandbox, "result = cq.Workplane().circle(5).extrude(12)\n")
    for name in ("front", "right"):
        assert length(drawn[name], Kind.VISIBLE) == pytest.approx(44)
        assert length(drawn[name], Kind.HIDDEN) == length(drawn[name], Kind.SMOOTH) == 0


def test_borders_of_fillets_are_smooth(sandbox):
    drawn = views(sandbox, "result = cq.Workplane().box(20, 20, 20).edges('|Z').fillet(3)\n")
    assert length(drawn["front"], Kind.SMOOTH) == pytest.approx(40, rel=1e-3)
    assert length(drawn["front"], Kind.VISIBLE) == pytest.approx(80, rel=1e-3)


@pytest.mark.parametrize("name", PARTS)
def test_every_known_part_is_as_large_in_its_views_as_it_is(sandbox, name):
    part = PARTS[name]
    solid = sandbox.run(part.program, exports=("drawing",)).solid
    assert solid is not None
    drawn = unpack(solid.files["drawing"])
    x0, y0, z0, x1, y1, z1 = part.bbox
    for view, box in {"front": (x0, z0, x1, z1), "top": (x0, y0, x1, y1)}.items():
        points = drawn[view].points
        found = [*points.min(axis=0), *points.max(axis=0)]
        np.testing.assert_allclose(found, box, atol=2e-3 * (x1 - x0))


def test_parts_of_many_edges_are_left_to_the_mesh():
    block = BRepPrimAPI_MakeBox(3, 2, 1).Shape()
    assert project(block, most_edges=11) == b""
    assert project(block, most_edges=12) != b""


def test_what_was_written_is_read_again():
    line = Curve(Kind.HIDDEN, np.array([[0.0, 1.0], [2.0, 3.0]]))
    circle = Curve(Kind.VISIBLE, arc((1, 2, 3), 0, 1), (1, 2, 3))
    written = {name: gather([line, circle]) for name in VIEWS}
    read = unpack(pack(written))
    for name in VIEWS:
        for before, after in zip(written[name], read[name], strict=True):
            np.testing.assert_array_equal(before, after)


def forged(**changed: np.ndarray) -> bytes:
    lines = gather([Curve(Kind.VISIBLE, np.array([[0.0, 1.0], [2.0, 3.0]]))])
    return pack({name: lines._replace(**changed) for name in VIEWS})


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "header"),
        (forged()[:-4], "lengths"),
        (forged() + b"more", "lengths"),
        (np.full(8, -1).tobytes(), "counts"),
        (np.full(8, 1 << 60).tobytes(), "counts"),
        (forged(points=np.array([[0.0, np.nan], [2.0, 3.0]])), "finite"),
        (forged(starts=np.array([0, 1], np.int32)), "cover"),
        (forged(kinds=np.array([3], np.int32)), "kind"),
        (forged(kinds=np.array([Kind.HIDDEN], np.int32)), "seen"),
        (forged(circles=np.array([[0.0, 0.0, -1.0]])), "radius"),
    ],
)
def test_forged_drawings_are_refused(data, fault):
    with pytest.raises(NotADrawing, match=fault):
        unpack(data)


def test_visible_lines_cover_hidden_ones_and_join():
    def line(kind: Kind, start: float, end: float) -> Curve:
        return Curve(kind, np.array([[start, 1.0], [end, 1.0]]))

    left = simplified(
        [line(Kind.HIDDEN, 0, 10), line(Kind.VISIBLE, 2, 5), line(Kind.VISIBLE, 7, 5)], 1e-6
    )
    found = sorted((float(it.points[0, 0]), float(it.points[1, 0]), it.kind) for it in left)
    assert found == [(0, 2, Kind.HIDDEN), (2, 7, Kind.VISIBLE), (7, 10, Kind.HIDDEN)]


def test_an_arc_that_is_covered_in_part_keeps_the_rest():
    circle = (1.0, 2.0, 3.0)
    whole = Curve(Kind.HIDDEN, arc(circle, 0, 2 * np.pi), circle)
    quarter = Curve(Kind.VISIBLE, arc(circle, -np.pi / 4, np.pi / 4), circle)
    left = gather(simplified([whole, quarter], 1e-6))
    assert length(left, Kind.VISIBLE) == pytest.approx(3 * np.pi / 2, rel=1e-3)
    assert length(left, Kind.HIDDEN) == pytest.approx(3 * np.pi * 3 / 2, rel=1e-3)
