"""Shaded pictures with edges: no GPU, no display, no OpenGL.

A picture is first painted with one value a pixel: 0 for edges, 255 where nothing is, and shades
between. In GenCAD's look these are its greys: white ground, grey faces that darken as they turn
away from the eye, and the boundary's edges (seams of round faces too) as black lines one pixel wide
where nothing hides them; no shadows, no anti-aliasing. Other looks (:mod:`cadvlm.render.look`) have
a colour for each value, and are painted twice as large and halved.

At 448 pixels 99.9 % of the pixels are those of the pictures published with GenCAD-Code's test set,
within four grey levels; ``tests/render`` holds them to it.
"""

from __future__ import annotations

from math import cos, inf, radians

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Solid
from cadvlm.render import raster
from cadvlm.render.camera import Camera, camera
from cadvlm.render.look import GROUND, LOOKS, Look

SMOOTH = cos(radians(30))
"""Facets that meet at less are drawn as one round surface. A mesh turns 17 degrees at most."""

FLAT = 2.0
"""No cosine is as large: every facet is drawn flat."""

EDGE_TOLERANCE_PX = 1.0
"""An edge lies in its faces, and must show although rounding to pixels puts it behind one of them:
a face of a box in the iso view recedes 0.7 pixels over half a pixel. More would show the hidden
edges of thin plates."""

MEASURED_AT = 448
"""Height of the pictures that widths of edges are told for."""


def draw(solid: Solid, view: str = "iso", size: int = 448) -> NDArray[np.uint8]:
    """Draw a solid in GenCAD's look.

    Args:
        solid: What to draw.
        view: A word that :func:`cadvlm.render.camera.camera` knows.
        size: Width and height in pixels.

    Returns:
        (size, size) grey values, the first row on top.
    """
    return paint(solid, camera(view), LOOKS["shaded"], size, size)


def paint(solid: Solid, seen: Camera, look: Look, width: int, height: int) -> NDArray[np.uint8]:
    """Draw a solid.

    Returns:
        (height, width) grey values for a look that is :attr:`~cadvlm.render.look.Look.plain`, else
        (height, width, 4): red, green, blue, and how much of each pixel the solid covers.
    """
    fine = 2 if look.soft else 1
    width, height = fine * width, fine * height
    projection = seen.aim(solid.bbox, width, height)
    # Copies, because kernels want arrays that were made on the spot.
    triangles, edge_starts = solid.mesh.triangles.copy(), solid.edge_starts.copy()
    placed = projection.place(solid.mesh.vertices)
    corners = placed[triangles]
    smooth = SMOOTH if look.smooth else FLAT
    normals = raster.normals(corners, triangles, len(placed), smooth, projection.eye)
    shades = look.shades(normals, projection.towards_eye(corners))
    surface = projection.to_pixels(placed)[triangles]
    edges = projection.to_pixels(projection.place(solid.edge_points))
    line = _line_px(look, height)

    image, depth = _empty(width, height)
    raster.fill(surface, shades, image, depth)
    if line:
        raster.lines(edges, edge_starts, line, fine * EDGE_TOLERANCE_PX, image, depth)
    if look.plain:
        return image
    behind = image
    if look.opacity < 1:
        behind, depth = _empty(width, height)
        raster.fill(surface * np.array([1.0, 1.0, -1.0]), shades, behind, depth)
        if line:
            raster.lines(edges, edge_starts, line, inf, behind, depth)
    if look.soft:
        return raster.halved(image, behind, look.opacity, look.palette)
    cover = np.where(image == GROUND, np.uint8(0), np.uint8(255))
    return np.concatenate([look.palette[image], cover[:, :, None]], axis=2)


def _line_px(look: Look, height: int) -> int:
    """Width of the edges, in pixels of a picture as it is painted."""
    if not look.soft:
        return round(look.edge_px)
    return max(2, round(look.edge_px * height / MEASURED_AT)) if look.edge_px else 0


def _empty(width: int, height: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A picture of nothing, and its depth."""
    image = np.full((height, width), GROUND, np.uint8)
    return image, np.full((height, width), np.inf, np.float32)
