import numpy as np
import pytest

from cadvlm.geometry.align import unit_body
from cadvlm.geometry.compare import iou
from cadvlm.scoring.distance import Pair
from cadvlm.scoring.iou_aligned import Aligned, align
from tests.meshes import box, cells, flipped, joined, mirrored, moved, scaled, solid, turned

CHIRAL = cells((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1))

PARTS = {
    "chiral": CHIRAL,
    "square plate": box(4, 4, 1),
    "thin plate": box(1, 1, 0.01),
    "rod": box(1, 0.04, 0.04),
    "cube with a hidden slot": joined(box(), flipped(box(0.3, 0.1, 0.2, at=(0.3, 0.3, 0.3)))),
    "three-dimensional cross": cells(
        (0, 0, 0), (1, 0, 0), (-1, 0, 0), (0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)
    ),
}


def aligned(mesh, reference) -> Aligned:
    a, b = unit_body(solid(mesh)), unit_body(solid(reference))
    return align(a, b, Pair(a.mesh, b.mesh), iou(a.mesh, b.mesh))


@pytest.mark.parametrize("name", PARTS)
def test_a_perfect_part_scores_one_in_any_pose(name):
    part = PARTS[name]
    for axis, degrees in (((1, 2, -3), 33), ((0, 0, 1), 45), ((3, -1, 1), 170)):
        other = scaled(moved(turned(part, axis, degrees), (7, -8, 9)), 25)
        assert aligned(other, part).iou > 0.995, (axis, degrees)


def test_a_mirror_image_is_another_part():
    # Three of its four cubes can be laid on the other's: 3/5 at the best.
    assert 0.55 < aligned(mirrored(CHIRAL), CHIRAL).iou < 0.62


def test_it_never_falls_below_the_iou_of_the_unit_boxes():
    random = np.random.default_rng(4)
    for _ in range(5):
        a, b = (
            solid(joined(*(box(*random.uniform(0.1, 1, 3), at=random.random(3)) for _ in range(3))))
            for _ in range(2)
        )
        unmoved = iou(unit_body(a).mesh, unit_body(b).mesh)
        assert aligned(a.mesh, b.mesh).iou >= unmoved


def test_the_pose_lays_the_candidate_on_the_reference():
    other = turned(CHIRAL, (1, 1, 0), 77)
    found = aligned(other, CHIRAL)
    a, b = unit_body(solid(other)), unit_body(solid(CHIRAL))
    assert iou(found.pose.move(a.mesh), b.mesh) == pytest.approx(found.iou)
    assert np.linalg.det(found.pose.rotation) == pytest.approx(1)
    back = found.pose.undo(found.pose.apply(a.mesh.vertices))
    np.testing.assert_allclose(back, a.mesh.vertices, atol=1e-12)
