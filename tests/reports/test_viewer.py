import base64

import numpy as np
import pytest

from cadvlm.reports import viewer
from tests import meshes


def test_a_scene_holds_the_solid_to_a_thousandth():
    edge = np.array([[8.0, -2, -3], [12, -2, -3], [12, 2, -3]])
    solid = meshes.solid(meshes.box(4, 4, 6, at=(10, 0, 0)), [edge, edge[:2]])
    scene = viewer.pack(solid)
    n_vertices, n_triangles, n_points, n_edges = np.frombuffer(scene, "<u4", 4).tolist()
    assert (n_vertices, n_triangles, n_points, n_edges) == (8, 12, 5, 2)
    low, side = np.frombuffer(scene, "<f4", 3, 16), np.frombuffer(scene, "<f4", 1, 28)
    corners = np.frombuffer(scene, "<u2", 24, 32).reshape(8, 3) / 65535 * side + low
    assert corners == pytest.approx(solid.mesh.vertices, abs=1e-3)
    at = 32 + 48
    assert (np.frombuffer(scene, "<u4", 36, at) == solid.mesh.triangles.ravel()).all()
    at += 144 + 32  # fifteen coordinates of two bytes, padded
    assert np.frombuffer(scene, "<u4", 3, at).tolist() == [0, 3, 5]
    assert len(scene) == at + 12


def test_what_is_too_fine_for_a_page_is_left_to_its_picture():
    assert viewer.pack(meshes.solid(meshes.sphere(subdivisions=6))) is None


def test_a_scene_is_given_to_the_page_as_text():
    assert base64.b64decode(viewer.encoded(b"\x00\xff")) == b"\x00\xff"


def test_the_script_needs_nothing_from_elsewhere():
    assert not any(word in viewer.SCRIPT for word in ("http", "import ", "fetch(", "require("))
