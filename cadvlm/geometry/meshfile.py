"""Triangle meshes as people keep them, STL and OBJ, read without the kernel.

STL repeats a corner in every triangle that has it, and OBJ often does: equal corners are welded.
A mesh must be closed, each side of a triangle met by one other triangle's, for a volume to be
measured; one that is inside out is turned. Nothing else is repaired: a reference that was repaired
is another part.
"""

from __future__ import annotations

import io
from typing import Any

import numpy as np

from cadvlm.errors import InputError
from cadvlm.geometry.solid import Mesh, Solid

WELDED_BELOW = 1e-6
"""Corners nearer than this are one, as a share of the longest side: files round to 7 digits."""

SHARP_RAD = 0.5
"""Facets that meet at more than this meet in an edge."""


def read(content: bytes, kind: str) -> Solid:
    """Read a file's mesh and measure it.

    Args:
        content: The file.
        kind: ``stl``, binary or text, or ``obj``.

    Returns:
        A solid without faces or facts, in the file's own unit; its edges are the sharp ones.

    Raises:
        InputError: it is no such file, or its mesh is not closed; says what is wrong with it.
    """
    mesh = _welded(_load(content, kind))
    open_sides = _open_sides(np.asarray(mesh.faces))
    if open_sides:
        raise InputError(f"the mesh is not closed: {open_sides} sides of triangles meet nothing")
    if mesh.volume < 0:
        mesh.invert()
    if not mesh.volume > 0:
        raise InputError("the mesh has no volume")
    sharp = mesh.face_adjacency_edges[mesh.face_adjacency_angles > SHARP_RAD]
    low, high = mesh.bounds.tolist()
    return Solid(
        volume=float(mesh.volume),
        area=float(mesh.area),
        bbox=(*low, *high),
        center=np.asarray(mesh.center_mass, np.float64),
        inertia=np.asarray(mesh.moment_inertia, np.float64),
        n_solids=int(mesh.body_count),
        n_faces=0,
        n_edges=0,
        mesh=Mesh(np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int32)),
        edge_points=np.asarray(mesh.vertices, np.float64)[sharp].reshape(-1, 3),
        edge_starts=np.arange(0, 2 * len(sharp) + 1, 2, dtype=np.int32),
    )


def _load(content: bytes, kind: str) -> Any:
    import trimesh

    try:
        mesh = trimesh.load_mesh(io.BytesIO(content), file_type=kind, process=False)
    except Exception as error:  # its readers raise whatever their parsing stumbles over
        raise InputError(f"not {kind.upper()}: {type(error).__name__}: {error}") from None
    if not isinstance(mesh, trimesh.Trimesh) or not len(mesh.faces):
        raise InputError(f"not {kind.upper()}: there are no triangles in it")
    if not np.isfinite(mesh.vertices).all():
        raise InputError("a coordinate is not finite")
    return mesh


def _welded(mesh: Any) -> Any:
    step = WELDED_BELOW * float(np.ptp(mesh.vertices, axis=0).max()) or 1.0
    places = np.round(mesh.vertices / step).astype(np.int64)
    _, first, merged = np.unique(places, axis=0, return_index=True, return_inverse=True)
    faces = merged.reshape(-1)[mesh.faces]
    a, b, c = faces.T
    whole = faces[(a != b) & (b != c) & (c != a)]
    return type(mesh)(np.asarray(mesh.vertices)[first], whole, process=False)


def _open_sides(faces: np.ndarray[Any, Any]) -> int:
    """How many sides are not met by exactly as many in the other direction."""
    sides = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    codes = sides[:, 0] * (faces.max() + 1) + sides[:, 1]
    reverse = sides[:, 1] * (faces.max() + 1) + sides[:, 0]
    there, counts = np.unique(codes, return_counts=True)
    back, counts_back = np.unique(reverse, return_counts=True)
    met = np.intersect1d(there, back)
    agree = counts[np.searchsorted(there, met)] == counts_back[np.searchsorted(back, met)]
    return int(len(there) - agree.sum())
