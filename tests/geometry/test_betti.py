import numpy as np
import pytest

from cadvlm.geometry.betti import Betti, betti
from cadvlm.geometry.solid import Mesh
from tests.meshes import box, cells, flipped, joined, moved, solid, sphere

RING = cells((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0), (2, 1, 0), (0, 2, 0), (1, 2, 0), (2, 2, 0))
"""Eight touching cubes around a hole: only their union is a ring."""

HOLLOW = joined(box(), flipped(box(0.5, 0.5, 0.5)))


def torus(holes: int = 1) -> Mesh:
    """A closed surface of that genus: blocks of a grid with holes, welded."""
    filled = np.ones((3, 2 * holes + 1), bool)
    filled[1, 1::2] = False
    corners: dict[tuple[int, int, int], int] = {}
    triangles = []
    padded = np.pad(filled, 1)
    for row, column in np.argwhere(filled):
        for axis, side in ((0, 0), (0, 1), (1, 0), (1, 1), (2, 0), (2, 1)):
            step = [0, 0]
            if axis < 2:
                step[axis] = 2 * side - 1
                if padded[row + 1 + step[0], column + 1 + step[1]]:
                    continue
            b, c = (axis + 1) % 3, (axis + 2) % 3
            square = []
            for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)):
                place = [int(row), int(column), 0]
                place[axis] += side
                place[b] += i
                place[c] += j
                square.append(corners.setdefault((place[0], place[1], place[2]), len(corners)))
            if not side:
                square.reverse()
            triangles += [[square[0], square[1], square[2]], [square[0], square[2], square[3]]]
    return Mesh(np.array(list(corners), float), np.array(triangles, np.int32))


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        (box(), Betti(1, 0, 0)),
        (sphere(), Betti(1, 0, 0)),
        (torus(1), Betti(1, 1, 0)),
        (torus(4), Betti(1, 4, 0)),
        (HOLLOW, Betti(1, 0, 1)),
        (joined(HOLLOW, moved(HOLLOW, (5, 0, 0))), Betti(2, 0, 2)),
        (joined(torus(2), moved(torus(3), (9, 0, 0))), Betti(2, 5, 0)),
    ],
    ids=["box", "sphere", "ring", "four holes", "hollow", "two hollow", "two with holes"],
)
def test_bodies_that_are_apart_are_counted_exactly(mesh: Mesh, expected: Betti):
    assert betti(solid(mesh)) == expected


@pytest.mark.parametrize(
    ("mesh", "expected"),
    [
        (joined(box(), box()), Betti(1, 0, 0)),
        (joined(box(2, 1, 1), box(2, 1, 1, at=(1, 0.5, 0))), Betti(1, 0, 0)),
        (joined(box(), box(at=(1, 0, 0))), Betti(1, 0, 0)),
        (joined(box(), box(at=(0, 0, 1))), Betti(1, 0, 0)),
        (joined(box(), box(at=(1, 1, 1))), Betti(1, 0, 0)),
        (joined(box(), sphere(0.2)), Betti(1, 0, 0)),
        (RING, Betti(1, 1, 0)),
        (joined(HOLLOW, box(0.2, 0.2, 0.2)), Betti(2, 0, 1)),
        (joined(HOLLOW, box(0.6, 0.6, 0.6)), Betti(1, 0, 0)),
        (joined(torus(1), box(0.5, 0.5, 9, at=(1.5, 1.5, 0))), Betti(2, 1, 0)),
    ],
    ids=[
        "twice the same", "overlapping", "side by side", "on top", "corner to corner", "one inside",
        "ring of cubes", "loose in a hollow", "hollow filled", "bar through a ring",
    ],
)  # fmt: skip
def test_bodies_that_meet_are_counted_as_their_union(mesh: Mesh, expected: Betti):
    assert betti(solid(mesh)) == expected


def test_a_slit_that_narrows_between_two_bodies_is_no_void():
    low, corner = box(2, 2, 1, at=(1, 0, -0.5)), box(2, 2, 1, at=(1, 0, 0.5))
    slope = corner.vertices[:, [0]] * [0, 0, 0.02] * (corner.vertices[:, [2]] < 0.5)
    bodies = joined(low, Mesh(corner.vertices + slope, corner.triangles))
    for angle in (0.4, 0.5, 0.6, 0.7):
        turn = [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
        turned = Mesh(bodies.vertices @ np.array(turn), bodies.triangles)
        assert betti(solid(turned)) == Betti(1, 0, 0)


def test_a_surface_that_touches_itself_along_an_edge_is_one_piece():
    two = joined(box(), box(at=(1, 1, 0)))
    places, index = np.unique(two.vertices, axis=0, return_inverse=True)
    assert betti(solid(Mesh(places, index[two.triangles].astype(np.int32)))) == Betti(1, 0, 0)
