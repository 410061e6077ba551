import numpy as np
import pytest
import trimesh

from cadvlm.errors import InputError
from cadvlm.geometry.compare import iou
from cadvlm.geometry.meshfile import read
from cadvlm.geometry.solid import Mesh
from tests.meshes import box, cells, flipped, joined, moved, scaled, solid

BRACKET = moved(cells((0, 0, 0), (1, 0, 0), (2, 0, 0), (0, 1, 0)), (5, -3, 40))


def written(mesh: Mesh, kind: str) -> bytes:
    data = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False).export(file_type=kind)
    return data.encode() if isinstance(data, str) else data


@pytest.mark.parametrize("kind", ["stl", "obj"])
@pytest.mark.parametrize("turned_out", [True, False], ids=["outward", "inside out"])
def test_a_file_gives_the_solid_it_encloses(kind, turned_out):
    expected = solid(box(2, 3, 4, at=(7, 8, 9)))
    mesh = expected.mesh if turned_out else flipped(expected.mesh)
    found = read(written(mesh, kind), kind)
    assert found.volume == pytest.approx(24)
    assert found.area == pytest.approx(52)
    assert found.bbox == pytest.approx(expected.bbox)
    np.testing.assert_allclose(found.center, (7, 8, 9), rtol=1e-5)
    np.testing.assert_allclose(found.inertia, expected.inertia, atol=1e-3)
    assert iou(found.mesh, expected.mesh) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("scale", [1e-6, 1e6])
def test_units_do_not_matter(scale):
    found = read(written(scaled(BRACKET, scale), "stl"), "stl")
    assert found.volume == pytest.approx(4 * scale**3, rel=1e-3)


def test_a_cavity_is_taken_away():
    found = read(written(joined(box(), flipped(box(0.5, 0.5, 0.5))), "stl"), "stl")
    assert found.volume == pytest.approx(1 - 1 / 8)


def test_only_triangles_are_known():
    found = read(written(BRACKET, "stl"), "stl")
    assert (found.n_faces, found.n_edges, found.facts) == (0, 0, None)


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", "stl", "STL"),
        (b"solid nothing\nendsolid\n", "stl", "STL"),
        (b"hello", "obj", "OBJ"),
        (written(Mesh(box().vertices, box().triangles[2:]), "stl"), "stl", "not closed"),
        (written(joined(box(1, 1, 0)), "stl"), "stl", "mesh"),
    ],
    ids=["empty", "no triangles", "no OBJ", "open", "flat"],
)
def test_what_is_no_solid_is_refused_in_one_line(content, kind, says):
    with pytest.raises(InputError, match=says) as refused:
        read(content, kind)
    assert "\n" not in str(refused.value)
