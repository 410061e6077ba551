"""Shaded pictures with edges, in the look of GenCAD's: no GPU, no display, no OpenGL.

White ground, grey faces that darken as they turn away from the eye, and the boundary's edges (seams
of round faces too) as black lines one pixel wide where nothing hides them. No shadows and no
anti-aliasing.

At 448 pixels 99.9 % of the pixels are those of the pictures published with GenCAD-Code's test set,
within four grey levels; ``tests/render`` holds them to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, radians

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Solid
from cadvlm.records import Rendering
from cadvlm.render import png, raster
from cadvlm.render.camera import CAMERAS

GROUND = 255

SMOOTH = cos(radians(30))
"""Facets that meet at less are drawn as one round surface. A mesh turns 17 degrees at most."""

EDGE_TOLERANCE_PX = 1.0
"""An edge lies in its faces, and must show although rounding to pixels puts it behind one of them:
a face of a box in the iso view recedes 0.7 pixels over half a pixel. More would show the hidden
edges of thin plates."""


def draw(solid: Solid, view: str = "iso", size: int = 448) -> NDArray[np.uint8]:
    """Draw a solid.

    Args:
        solid: What to draw.
        view: A name in :data:`cadvlm.render.camera.CAMERAS`.
        size: Width and height in pixels.

    Returns:
        (size, size) grey values, the first row on top.
    """
    camera, vertices = CAMERAS[view], solid.mesh.vertices
    # Copies, because kernels want arrays that were made on the spot.
    triangles, edge_starts = solid.mesh.triangles.copy(), solid.edge_starts.copy()
    image = np.full((size, size), GROUND, np.uint8)
    depth = np.full((size, size), np.inf, np.float32)
    corners = camera.project(vertices, solid.bbox, size)[triangles]
    facing = raster.facing(corners, triangles, len(vertices), SMOOTH)
    raster.fill(corners, _grey(facing), image, depth)
    edges = camera.project(solid.edge_points, solid.bbox, size)
    raster.lines(edges, edge_starts, EDGE_TOLERANCE_PX, image, depth)
    return image


def render(solid: Solid, views: Sequence[str], size: int) -> tuple[Rendering, ...]:
    """Draw a solid from several views, as PNG files."""
    return tuple(
        Rendering(view, "shaded", size, size, png.encode(draw(solid, view, size))) for view in views
    )


def _grey(facing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Grey by ``|normal . view|``: a lamp at the eye and a little light from everywhere, with the
    usual gamma. Fitted to GenCAD's pictures, within a grey level on average: 69 edge-on, 141 on the
    faces of a box in the iso view, 173 face-on."""
    light: NDArray[np.float64] = 255 * (0.0565 + 0.3715 * facing) ** (1 / 2.2)
    return light
