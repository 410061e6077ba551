import numpy as np
import pytest
import trimesh

from cadvlm.errors import InputError
from cadvlm.geometry import meshfile
from tests import meshes


def exported(mesh, kind):
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    content = body.export(file_type=kind)
    return content if isinstance(content, bytes) else content.encode()


@pytest.mark.parametrize("kind", ["stl", "stl_ascii", "obj"])
def test_a_box_is_measured_exactly(kind):
    box = meshes.box(10, 20, 30, at=(100, 0, 0))
    solid = meshfile.read(exported(box, kind), kind.removesuffix("_ascii"))
    assert (solid.volume, solid.area) == pytest.approx((6000, 2200))
    assert solid.bbox == pytest.approx((95, -10, -15, 105, 10, 15))
    assert solid.center == pytest.approx([100, 0, 0])
    assert solid.inertia == pytest.approx(np.diag([650000, 500000, 250000]))
    assert (len(solid.mesh.vertices), len(solid.mesh.triangles), solid.n_solids) == (8, 12, 1)
    assert (solid.n_faces, solid.facts, len(solid.edge_starts)) == (0, None, 13)


def test_a_mesh_inside_out_is_turned():
    solid = meshfile.read(exported(meshes.flipped(meshes.box()), "stl"), "stl")
    assert solid.volume == pytest.approx(1)


@pytest.mark.parametrize("size", [1e-4, 1e5])
def test_small_and_large_meshes_are_welded_alike(size):
    sphere = meshes.sphere(size, subdivisions=3)
    solid = meshfile.read(exported(sphere, "stl"), "stl")
    assert len(solid.mesh.vertices) == len(sphere.vertices)


def test_bodies_that_touch_in_an_edge_are_closed():
    both = meshes.joined(meshes.box(), meshes.box(at=(1, 1, 0)))
    assert meshfile.read(exported(both, "stl"), "stl").volume == pytest.approx(2)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (b"", "stl", "not STL"),
        (b"nonsense", "stl", "not STL"),
        (b"nonsense", "obj", "not OBJ"),
        (b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n", "obj", "not closed: 3 sides"),
    ],
)
def test_what_has_no_volume_is_refused(content, kind, message):
    with pytest.raises(InputError, match=message):
        meshfile.read(content, kind)


def test_a_mesh_with_a_hole_is_refused():
    box = meshes.box()
    torn = meshes.Mesh(box.vertices, box.triangles[1:])
    with pytest.raises(InputError, match="not closed: 3 sides"):
        meshfile.read(exported(torn, "stl"), "stl")
