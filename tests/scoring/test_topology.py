import pytest

from cadvlm.geometry.solid import Mesh
from cadvlm.scoring.topology import topology_match
from tests.geometry.test_betti import HOLLOW, torus
from tests.meshes import box, joined, moved, scaled, solid, sphere


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (box(), sphere(), 1),
        (torus(3), scaled(torus(3), 1e-4), 1),
        (torus(5), torus(4), (5 / 6) ** 2),
        (torus(1), box(), 1 / 4),
        (HOLLOW, box(), 1 / 4),
        (joined(box(), moved(box(), (3, 0, 0))), box(), (2 / 3) ** 2),
        (joined(HOLLOW, moved(box(), (3, 0, 0))), torus(1), (2 / 3) ** 2 / 16),
        (joined(box(), box(at=(0.5, 0, 0))), box(), 1),
    ],
)
def test_match_is_the_product_over_the_betti_numbers(a: Mesh, b: Mesh, expected: float):
    assert topology_match(solid(a), solid(b)) == pytest.approx(expected)
    assert topology_match(solid(b), solid(a)) == pytest.approx(expected)
