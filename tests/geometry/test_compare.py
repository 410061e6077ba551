import numpy as np
import pytest

from cadvlm.geometry.compare import iou, overlap, unit_box
from cadvlm.geometry.solid import Mesh
from tests.meshes import (
    box,
    cells,
    flipped,
    joined,
    mirrored,
    moved,
    scaled,
    solid,
    sphere,
)

CHIRAL = cells((0, 0, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1))
"""Four cubes that turn left and then up."""

HOLLOW = joined(box(), flipped(box(0.5, 0.5, 0.5)))


def without(mesh: Mesh, *triangles: int) -> Mesh:
    return Mesh(mesh.vertices, np.delete(mesh.triangles, triangles, axis=0))


@pytest.mark.parametrize(
    "mesh", [box(), box(1, 1, 0.001), sphere(), CHIRAL, HOLLOW], ids=lambda m: str(len(m.triangles))
)
def test_iou_of_a_solid_with_itself_is_exactly_one(mesh):
    assert iou(mesh, mesh) == 1.0


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (box(), box(at=(0.5, 0, 0)), 1 / 3),
        (box(), box(at=(0.5, 0.5, 0.5)), 1 / 15),
        (box(), box(0.5, 0.5, 0.5), 1 / 8),
        (box(2, 1, 0.01), box(2, 1, 0.01, at=(0, 0, 0.005)), 1 / 3),
        (box(), box(at=(2, 0, 0)), 0),
        (sphere(1), sphere(0.5), 1 / 8),
        (sphere(1), sphere(0.9, at=(0, 0.05, 0)), 0.9**3),
        (HOLLOW, box(), 1 - 1 / 8),
        (HOLLOW, box(0.5, 0.5, 0.5), 0),
    ],
)
def test_iou_is_the_analytic_ratio(a, b, expected):
    assert iou(a, b) == pytest.approx(expected, abs=1e-3)
    assert iou(b, a) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("size", [(1, 0.02, 0.03), (1, 0.8, 0.01), (1, 0.05, 0.005)])
def test_rods_and_plates_are_measured_as_well_as_blocks(size):
    turn = np.linalg.qr(np.random.default_rng(5).normal(size=(3, 3)))[0]
    a, b = (
        Mesh(mesh.vertices @ turn, mesh.triangles)
        for mesh in (box(*size), box(*size, at=np.array(size) * 0.1))
    )
    assert iou(a, b) == pytest.approx(0.729 / (2 - 0.729), abs=1e-4)


def test_error_on_random_boxes_is_small_and_shrinks_with_the_grid():
    random = np.random.default_rng(7)
    errors = {64: [], 128: []}
    for size, shift in zip(
        random.uniform(0.05, 1, (30, 3)), random.uniform(-0.9, 0.9, (30, 3)), strict=True
    ):
        shared = np.prod(size * (1 - np.abs(shift)))
        truth = shared / (2 * np.prod(size) - shared)
        for resolution, list_ in errors.items():
            list_.append(abs(iou(box(*size), box(*size, at=size * shift), resolution) - truth))
    assert max(errors[128]) < 1e-4
    assert np.mean(errors[128]) < np.mean(errors[64])


def test_overlap_measures_volumes():
    shared = overlap(box(2, 3, 4), box(2, 3, 4, at=(1, 0, 0)))
    assert shared.intersection == pytest.approx(12, rel=1e-3)
    assert shared.union == pytest.approx(36, rel=1e-3)
    assert shared.leaks == (0, 0)


def test_a_mirror_image_of_a_chiral_part_is_another_part():
    shifted = moved(mirrored(CHIRAL), (1, 0, 0))  # two of its four cubes are back in place
    assert iou(CHIRAL, shifted) == pytest.approx(1 / 3, abs=1e-3)


def test_overlapping_bodies_count_once():
    halves = joined(box(1.5, 1, 1, at=(-0.25, 0, 0)), box(1.5, 1, 1, at=(0.25, 0, 0)))
    assert iou(halves, box(2, 1, 1)) == pytest.approx(1, abs=1e-9)


def test_a_body_inside_a_body_adds_nothing():
    assert iou(joined(box(), box(0.5, 0.5, 0.5)), box()) == pytest.approx(1, abs=1e-9)


def test_duplicate_bodies_count_once():
    assert iou(joined(box(), box(), box()), box()) == pytest.approx(1, abs=1e-9)


def test_orientation_does_not_matter():
    assert iou(flipped(CHIRAL), CHIRAL) == pytest.approx(1, abs=1e-9)
    assert iou(flipped(HOLLOW), HOLLOW) == pytest.approx(1, abs=1e-9)


def test_units_do_not_matter():
    expected = iou(box(), sphere(0.5))
    for scale in (1e-7, 1e7):
        assert iou(scaled(box(), scale), scaled(sphere(0.5), scale)) == pytest.approx(
            expected, abs=1e-4
        )


def test_iou_never_exceeds_one():
    random = np.random.default_rng(3)
    for _ in range(30):
        bodies = [
            box(*random.uniform(0.1, 1, 3), at=random.uniform(-0.5, 0.5, 3)) for _ in range(6)
        ]
        assert 0 <= iou(joined(*bodies[:3]), joined(*bodies[3:])) <= 1


@pytest.mark.parametrize("missing", [(0,), (0, 1), (3, 8), tuple(range(6))])
def test_an_open_shell_is_flagged_and_earns_nothing(missing):
    open_box = without(box(), *missing)
    leaks_open, leaks_whole = overlap(open_box, box()).leaks
    assert leaks_open > 0.01
    assert leaks_whole == 0
    assert iou(open_box, box()) < 0.99
    assert overlap(open_box, box()).union == pytest.approx(1, abs=2e-3)


def test_a_single_triangle_has_no_volume():
    assert iou(without(box(), *range(11)), box()) == 0


def test_an_empty_mesh_shares_nothing():
    nothing = Mesh(np.empty((0, 3)), np.empty((0, 3), np.int32))
    assert iou(nothing, box()) == 0
    assert iou(nothing, nothing) == 0


def test_unit_box_centres_and_scales_the_longest_side_to_one():
    mesh = unit_box(solid(box(2, 8, 4, at=(5, -3, 1))))
    np.testing.assert_allclose(mesh.vertices.min(axis=0), [-1 / 8, -1 / 2, -1 / 4])
    np.testing.assert_allclose(mesh.vertices.max(axis=0), [1 / 8, 1 / 2, 1 / 4])
