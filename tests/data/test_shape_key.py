import numpy as np
import pytest

from cadvlm.data.duplicates import TOLERANCE
from cadvlm.data.shape_key import EXACT, MEASURES, measures, parse, shape_key
from cadvlm.execution import run
from cadvlm.geometry.meshfile import enclosed
from cadvlm.geometry.pose import Pose
from cadvlm.geometry.solid import Mesh, Solid
from cadvlm.records import CadProgram

SIDES = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
TURN = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
BRACKET = """
import cadquery as cq
result = cq.Workplane().box(40, 30, 6)
result = result.faces(">Z").workplane().center(12, 8).circle(4.3).extrude(9)
result = result.faces("<X").workplane().center(5, 0).hole(3)
"""


def tetrahedron(*corners) -> Mesh:
    return Mesh(np.array([(0, 0, 0), *corners], float), SIDES)


def solid_of(code: str) -> Solid:
    solid = run(CadProgram(code)).solid
    assert solid is not None
    return solid


def alike(a: Solid, b: Solid) -> bool:
    return bool((np.abs(measures(a) - measures(b)) <= TOLERANCE).all())


def test_known_measures_of_a_pyramid():
    """Base 2 x 2, height 1: all integrals by hand."""
    base = [(1, 1, 0), (-1, 1, 0), (-1, -1, 0), (1, -1, 0), (0, 0, 1)]
    sides = np.array([[0, 2, 1], [0, 3, 2], [0, 1, 4], [1, 2, 4], [2, 3, 4], [3, 0, 4]], np.int32)
    *_, skin, skew, hand = measures(enclosed(Mesh(np.array(base, float), sides)))
    volume, weight = 4 / 3, 2 * (4 / 15 + 4 / 15 + 1 / 20)
    assert skin == pytest.approx(np.log((4 + 4 * np.sqrt(2)) ** 3 / volume**2))
    assert skew == pytest.approx(13 / 360 / (weight**1.5 / volume**0.5))
    assert hand == pytest.approx(0, abs=1e-5)


def test_measures_stay_when_a_mesh_is_moved_turned_and_scaled():
    mesh = tetrahedron((3, 0, 0), (0, 2, 0), (0, 0, 1))
    moved = Pose(TURN, 37.0, np.array([100.0, -20.0, 5.0])).move(mesh)
    assert measures(enclosed(moved)) == pytest.approx(measures(enclosed(mesh)), abs=1e-6)


def test_a_mirror_image_differs_in_its_hand_alone():
    right = measures(enclosed(tetrahedron((3, 0, 0), (0, 2, 0), (0, 0, 1))))
    left = measures(enclosed(tetrahedron((-3, 0, 0), (0, 2, 0), (0, 0, 1))))
    assert left[:-1] == pytest.approx(right[:-1])
    assert left[-1] == pytest.approx(-right[-1])
    assert abs(left[-1] - right[-1]) > TOLERANCE[-1]


def test_a_mirror_image_that_can_be_turned_onto_the_part_is_equal():
    right = enclosed(tetrahedron((3, 0, 0), (0, 3, 0), (0, 0, 1)))
    left = enclosed(tetrahedron((-3, 0, 0), (0, 3, 0), (0, 0, 1)))
    assert alike(right, left)


@pytest.mark.parametrize(
    "more",
    [
        "result = result.rotate((0, 0, 0), (1, 2, 3), 40)",
        "result = cq.Workplane(result.val().scale(0.04))",
        "result = cq.Workplane(result.val().scale(25.4)).translate((1e3, 0, 7))",
    ],
    ids=["turned", "small", "large and far"],
)
def test_the_kernel_gives_equal_parts_equal_measures(more):
    part = solid_of(BRACKET)
    moved = solid_of(BRACKET + more)
    assert np.abs(measures(part) - measures(moved))[:EXACT].max() < 1e-5
    assert alike(part, moved)


def test_a_small_change_is_another_shape():
    part = solid_of(BRACKET)
    for old, new in [("box(40", "box(40.5"), ("circle(4.3)", "circle(4.4)"), ("12, 8", "12, 8.5")]:
        assert not alike(part, solid_of(BRACKET.replace(old, new)))


def test_a_key_is_text_that_can_be_read_again():
    part = enclosed(tetrahedron((3, 0, 0), (0, 2, 0), (0, 0, 1)))
    [read, none] = parse([shape_key(part), None])
    assert read == pytest.approx(measures(part), abs=1e-6)
    assert np.isnan(none).all()
    assert parse([]).shape == (0, MEASURES)
