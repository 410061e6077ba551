"""Meshes and solids with known answers, made without the kernel."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import ArrayLike, NDArray

from cadvlm.geometry.solid import Mesh, Solid


def box(x: float = 1, y: float = 1, z: float = 1, at: ArrayLike = (0, 0, 0)) -> Mesh:
    """A box centred at ``at``."""
    return moved(_mesh(trimesh.creation.box((x, y, z))), at)


def sphere(radius: float = 1, at: ArrayLike = (0, 0, 0), subdivisions: int = 4) -> Mesh:
    """A regular sphere; all radii and places share one shape of facets."""
    return moved(_mesh(trimesh.creation.icosphere(subdivisions, radius)), at)


def cells(*places: tuple[int, int, int]) -> Mesh:
    """Unit cubes side by side."""
    return joined(*(box(at=place) for place in places))


def moved(mesh: Mesh, by: ArrayLike) -> Mesh:
    return Mesh(mesh.vertices + np.asarray(by, dtype=float), mesh.triangles)


def scaled(mesh: Mesh, by: float) -> Mesh:
    return Mesh(mesh.vertices * by, mesh.triangles)


def turned(mesh: Mesh, axis: ArrayLike, degrees: float) -> Mesh:
    """Turned around an axis through the origin, counterclockwise."""
    towards = np.asarray(axis, dtype=float) / np.linalg.norm(axis)
    turn = trimesh.transformations.rotation_matrix(np.radians(degrees), towards)[:3, :3]
    return Mesh(mesh.vertices @ turn.T, mesh.triangles)


def flipped(mesh: Mesh) -> Mesh:
    """Inside out."""
    return Mesh(mesh.vertices, mesh.triangles[:, ::-1].copy())


def mirrored(mesh: Mesh) -> Mesh:
    """The mirror image in x, outward oriented again."""
    return flipped(Mesh(mesh.vertices * [-1, 1, 1], mesh.triangles))


def joined(*meshes: Mesh) -> Mesh:
    """Several bodies as one mesh."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    triangles = [mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate(triangles).astype(np.int32),
    )


def solid(mesh: Mesh, edges: list[NDArray[np.float64]] | None = None) -> Solid:
    """A solid as far as pictures and scores are concerned, with the given polylines for edges."""
    body = trimesh.Trimesh(mesh.vertices, mesh.triangles, process=False)
    lines = edges or []
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    return Solid(
        volume=body.volume,
        area=body.area,
        bbox=(*low.tolist(), *high.tolist()),
        center=body.center_mass,
        inertia=body.moment_inertia,
        n_solids=1,
        n_faces=len(mesh.triangles),
        n_edges=len(lines),
        mesh=mesh,
        edge_points=np.concatenate([np.empty((0, 3)), *lines]),
        edge_starts=np.cumsum([0, *(len(line) for line in lines)]).astype(np.int32),
    )


def solid_box(x: float = 1, y: float = 1, z: float = 1, at: ArrayLike = (0, 0, 0)) -> Solid:
    """A box with its twelve edges."""
    corners = np.array([(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]) / 2
    places = corners * (x, y, z) + np.asarray(at)
    edges = [
        places[[i, j]]
        for i in range(8)
        for j in range(i)
        if np.count_nonzero(corners[i] != corners[j]) == 1
    ]
    return solid(box(x, y, z, at), edges)


def _mesh(body: trimesh.Trimesh) -> Mesh:
    return Mesh(np.array(body.vertices, dtype=float), np.array(body.faces, dtype=np.int32))
