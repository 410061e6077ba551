"""3D views for pages: what a solid looks like, small enough to be written into one.

A *scene* is a mesh and the edges of a solid, with coordinates of 16 bits in the cube around it, in
the layout that ``templates/viewer.js`` reads (little-endian, each array padded to 4 bytes)::

    uint32   vertices V, triangles T, edge points P, edges E
    float32  lowest corner (3,), side of the cube
    uint16   vertices (V, 3)
    uint32   triangles (T, 3)
    uint16   edge points (P, 3)
    uint32   edge starts (E + 1,)
"""

from __future__ import annotations

import base64
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Solid

MOST_TRIANGLES = 40_000
"""Half a megabyte. What is finer is not turned in a page but shown as a picture."""

SCRIPT = files("cadvlm.reports").joinpath("templates/viewer.js").read_text(encoding="utf-8")
"""The viewer: WebGL and nothing else, no network."""


def pack(solid: Solid) -> bytes | None:
    """A solid as a scene; None when it is too fine for a page."""
    mesh = solid.mesh
    if len(mesh.triangles) > MOST_TRIANGLES:
        return None
    low = mesh.vertices.min(axis=0)
    side = float((mesh.vertices.max(axis=0) - low).max())
    counts = [len(mesh.vertices), len(mesh.triangles), len(solid.edge_points)]

    def short(points: NDArray[np.float64]) -> bytes:
        inside = np.clip((points - low) / side, 0, 1)
        return _padded(np.round(65535 * inside).astype("<u2").tobytes())

    return b"".join(
        [
            np.array([*counts, max(0, len(solid.edge_starts) - 1)], "<u4").tobytes(),
            np.array([*low, side], "<f4").tobytes(),
            short(mesh.vertices),
            np.asarray(mesh.triangles, "<u4").tobytes(),
            short(solid.edge_points),
            np.asarray(solid.edge_starts, "<u4").tobytes(),
        ]
    )


def encoded(scene: bytes) -> str:
    """A scene as the viewer takes it."""
    return base64.b64encode(scene).decode()


def _padded(content: bytes) -> bytes:
    return content + bytes(-len(content) % 4)
