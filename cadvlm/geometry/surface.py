"""The surface of a mesh: points drawn from it, and the way to it from any point."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Mesh


class SurfacePoints(NamedTuple):
    """A sample of a surface."""

    points: NDArray[np.float64]
    """(N, 3)."""
    normals: NDArray[np.float64]
    """(N, 3) outward, unit length."""


class Nearest(NamedTuple):
    """What of a surface lies nearest to each of N points."""

    points: NDArray[np.float64]
    """(N, 3) on the surface."""
    normals: NDArray[np.float64]
    """(N, 3) of the triangles there, unit length."""
    distances: NDArray[np.float64]
    """(N,)."""


class Surface:
    """A mesh that is asked for its nearest points many times; the search tree is built once.

    Exact for the triangles, but in single precision: within 2e-5 in the unit box.
    """

    def __init__(self, mesh: Mesh) -> None:
        import open3d.core as o3c  # A second and half a gigabyte: only who measures distances pays.
        from open3d.t.geometry import RaycastingScene

        self._tensor = o3c.Tensor
        self._scene = RaycastingScene(nthreads=1)
        self._scene.add_triangles(
            o3c.Tensor(mesh.vertices.astype(np.float32)),
            o3c.Tensor(mesh.triangles.astype(np.uint32)),
        )

    def nearest(self, points: NDArray[np.float64]) -> Nearest:
        """The nearest point of the surface to each of (N, 3) points."""
        query = self._tensor(points.astype(np.float32))
        found = self._scene.compute_closest_points(query, nthreads=1)
        closest = found["points"].numpy().astype(np.float64)
        return Nearest(
            points=closest,
            normals=found["primitive_normals"].numpy().astype(np.float64),
            distances=np.linalg.norm(points - closest, axis=1),
        )


def surface_points(mesh: Mesh, count: int, seed: int | Sequence[int]) -> SurfacePoints:
    """Sample a surface, every part of its area with the same probability."""
    random = np.random.default_rng(seed)
    corners = mesh.vertices[mesh.triangles]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area = np.linalg.norm(across, axis=1)
    chosen = random.choice(len(area), size=count, p=area / area.sum())
    # The root makes the points even over the triangle (Osada et al., 2002).
    root, other = np.sqrt(random.random((count, 1))), random.random((count, 1))
    weights = np.concatenate([1 - root, root * (1 - other), root * other], axis=1)
    points = np.einsum("nk,nkd->nd", weights, corners[chosen])
    return SurfacePoints(points, across[chosen] / area[chosen, None])
