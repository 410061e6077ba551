"""A solid as files that people open: STL, GLB and a 3D view that needs nothing but a browser.

STL keeps the program's own frame and unit. GLB, and the view, are turned from Z up to Y up, as the
glTF 2.0 specification (3.4) asks, so that a part stands upright wherever it is opened.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from trimesh.path.exchange.misc import lines_to_path
from trimesh.viewer.notebook import scene_to_html
from trimesh.visual import TextureVisuals
from trimesh.visual.material import PBRMaterial

from cadvlm.geometry.solid import Solid

Z_UP_TO_Y_UP = np.array([[1, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 0], [0, 0, 0, 1.0]])
STEEL = PBRMaterial(baseColorFactor=[150, 175, 205, 255], metallicFactor=0.1, roughnessFactor=0.6)
INK = np.array([25, 30, 40, 255], np.uint8)
# Facets that meet at less than this are one smooth surface to the eye; in radians.
SMOOTH_BELOW = 0.5
# Faces are drawn this much below the edges, as a share of the diagonal: at one depth they would
# hide pieces of each other.
EDGE_LIFT = 0.001
EYE = np.array([1, 1, 1]) / np.sqrt(3)  # Y up: the rendering's iso view
FIELD_OF_VIEW_DEG = 30.0
MARGIN = 1.2  # the angle is the vertical one, and windows can be narrower than high


def stl(solid: Solid) -> bytes:
    """Binary STL."""
    data: bytes = _mesh(solid).export(file_type="stl")
    return data


def glb(solid: Solid) -> bytes:
    """Binary glTF of the closed mesh, Y up."""
    mesh = _mesh(solid)
    mesh.visual = TextureVisuals(material=STEEL)
    data: bytes = _upright(mesh).export(file_type="glb")
    return data


def view(solid: Solid) -> bytes:
    """A self-contained HTML page: the solid and its edges, to be turned by mouse or finger."""
    mesh = trimesh.graph.smooth_shade(_mesh(solid), angle=SMOOTH_BELOW)
    mesh.vertices -= mesh.vertex_normals * (EDGE_LIFT * mesh.scale)
    mesh.visual = TextureVisuals(material=STEEL)
    edges = trimesh.path.Path3D(**lines_to_path(_segments(solid)))
    edges.colors = np.tile(INK, (len(edges.entities), 1))
    scene = _upright(mesh, edges)
    _place_camera(scene)
    html: str = scene_to_html(scene)
    return html.encode()


def _mesh(solid: Solid) -> Any:
    return trimesh.Trimesh(solid.mesh.vertices, solid.mesh.triangles, process=False)


def _upright(*geometries: Any) -> Any:
    scene = trimesh.Scene()
    for geometry in geometries:
        scene.add_geometry(geometry, transform=Z_UP_TO_Y_UP)
    return scene


def _segments(solid: Solid) -> NDArray[np.float64]:
    """(S, 2, 3) the pieces of all edges."""
    pairs = np.stack([solid.edge_points[:-1], solid.edge_points[1:]], axis=1)
    crosses_edges = np.isin(np.arange(1, len(solid.edge_points)), solid.edge_starts)
    segments: NDArray[np.float64] = pairs[~crosses_edges]
    return segments


def _place_camera(scene: Any) -> None:
    """Look along the iso view from where the whole bounding sphere is in sight."""
    low, high = scene.bounds
    radius = float(np.linalg.norm(high - low)) / 2
    distance = MARGIN * radius / np.sin(np.radians(FIELD_OF_VIEW_DEG) / 2)
    right = np.cross([0, 1, 0], EYE) / np.linalg.norm(np.cross([0, 1, 0], EYE))
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(EYE, right), EYE], axis=1)
    pose[:3, 3] = (low + high) / 2 + EYE * distance
    scene.camera.fov = (FIELD_OF_VIEW_DEG, FIELD_OF_VIEW_DEG)
    scene.camera.z_near, scene.camera.z_far = distance / 100, distance * 100
    scene.camera_transform = pose
