"""Solids out of files that hold nothing but triangles: STL and OBJ.

References of many benchmarks come so. There are no faces and edges to speak of, only a boundary:
points at the same place become one, and what they enclose is measured. A boundary that is inside
out as a whole is turned: these files have no kernel behind them, and many writers do not care.
"""

from __future__ import annotations

import io
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.errors import InputError
from cadvlm.geometry.solid import Mesh, Solid

WELD = 1e-6
"""Points closer than this share of the diagonal are one. Single precision, which STL is written in,
keeps 1e-7 of the largest coordinate."""

LARGEST = 1e30
"""Of any coordinate. The fifth power of a size, which moments take, is still a number."""

THINNEST = 1e-12
"""Volume in cubed diagonals below which a mesh counts as flat."""


def read(content: bytes, kind: Literal["stl", "obj"]) -> Solid:
    """Read a mesh and measure what it encloses.

    Raises:
        InputError: not such a file, not closed, or without volume.
    """
    import trimesh

    try:
        loaded = trimesh.load(io.BytesIO(content), file_type=kind, force="mesh", process=False)
        vertices = np.asarray(loaded.vertices, dtype=np.float64)
        triangles = np.asarray(loaded.faces, dtype=np.int32)
    except Exception as error:  # the reader raises whatever the bytes lead it into
        raise InputError(f"not a readable {kind.upper()} file ({error})") from None
    if not len(triangles) or not np.isfinite(vertices).all():
        raise InputError(f"a {kind.upper()} file without triangles")
    if np.abs(vertices).max() > LARGEST:
        raise InputError(f"a {kind.upper()} file with a point beyond {LARGEST:g}")
    if not 0 <= triangles.min() <= triangles.max() < len(vertices):
        raise InputError(f"a {kind.upper()} file with a triangle of points that are not there")
    return enclosed(weld(Mesh(vertices, triangles)))


def weld(mesh: Mesh) -> Mesh:
    """Make points at the same place one, and drop triangles that shrink to a line by that."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    cell = max(float(np.linalg.norm(high - low)) * WELD, np.finfo(float).tiny)
    _, kept, places = np.unique(
        np.round((mesh.vertices - low) / cell), axis=0, return_index=True, return_inverse=True
    )
    triangles = places.reshape(-1)[mesh.triangles]
    a, b, c = triangles.T
    whole = triangles[(a != b) & (b != c) & (c != a)]
    return Mesh(mesh.vertices[kept], whole.astype(np.int32))


def enclosed(mesh: Mesh) -> Solid:
    """Measure what a welded mesh encloses.

    Raises:
        InputError: it has a hole, or encloses nothing.
    """
    holes = open_sides(mesh)
    if holes or not len(mesh.triangles):
        raise InputError(f"a mesh that is not closed ({holes} sides have no partner)")
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    size = float(np.linalg.norm(high - low))
    if size < 1 / LARGEST:
        raise InputError("a mesh that encloses no volume")
    moments = _moments(((mesh.vertices - low) / size)[mesh.triangles])
    if abs(moments.volume) <= THINNEST:
        raise InputError("a mesh that encloses no volume")
    triangles = mesh.triangles if moments.volume > 0 else mesh.triangles[:, ::-1].copy()
    sign = np.sign(moments.volume)
    corners = mesh.vertices[triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    return Solid(
        volume=abs(moments.volume) * size**3,
        area=float(np.linalg.norm(across, axis=1).sum()) / 2,
        bbox=(*low.tolist(), *high.tolist()),
        center=moments.center * size + low,
        inertia=sign * moments.inertia * size**5,
        n_solids=1,
        n_faces=0,
        n_edges=0,
        mesh=Mesh(mesh.vertices, triangles),
        edge_points=np.empty((0, 3)),
        edge_starts=np.zeros(1, np.int32),
    )


def open_sides(mesh: Mesh) -> int:
    """How many sides of triangles are not walked as often one way as the other."""
    a, b, c = mesh.triangles.T.astype(np.int64)
    size = len(mesh.vertices)
    there = np.concatenate([a * size + b, b * size + c, c * size + a])
    back = np.concatenate([b * size + a, c * size + b, a * size + c])
    sides, index = np.unique(np.concatenate([there, back]), return_inverse=True)
    weights = np.repeat([1, -1], len(there))
    balance = np.bincount(index.reshape(-1), weights, minlength=len(sides))
    return int(np.abs(balance).sum()) // 2


class _Moments(NamedTuple):
    volume: float
    center: NDArray[np.float64]
    inertia: NDArray[np.float64]
    """About the centre."""


def _moments(corners: NDArray[np.float64]) -> _Moments:
    """Of (T, 3, 3) corners, by signed tetrahedra to the origin."""
    a, b, c = corners.transpose(1, 0, 2)
    parts = (a * np.cross(b, c)).sum(axis=1) / 6
    volume, total = float(parts.sum()), a + b + c
    center = (parts[:, None] * total).sum(axis=0) / 4 / (volume or 1.0)
    # The second moment of a tetrahedron with one corner at the origin (Tonon, 2004).
    outer = sum(np.einsum("n,ni,nj->ij", parts, p, p) for p in (a, b, c, total)) / 20
    second = outer - volume * np.outer(center, center)
    return _Moments(volume, center, np.trace(second) * np.eye(3) - second)
