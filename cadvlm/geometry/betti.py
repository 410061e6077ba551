"""How a solid hangs together: its pieces, the holes through it and the voids in it (Betti numbers).

Where shells are apart this is counted from the mesh. By Euler, a closed surface has
``chi = V - E + F``, and that of the solid inside is half of it (Hatcher, Algebraic Topology, 2002):
``pieces - holes + voids = chi / 2``. A shell turned outward bounds a piece, one turned inward a
void.

That says nothing where bodies overlap or touch, or where a solid touches itself along an edge. Such
solids are counted on a grid of 128 cells along each side of the bounding box: what touches is one
piece, and what is thinner than three cells, wall or gap, may be missed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

from cadvlm.geometry import columns
from cadvlm.geometry.solid import Mesh, Solid

CELLS = 128
"""Along each side of the box. A cell is a hundredth of the part: less is detail, not topology."""

TOUCHING = 1e-6
"""Distance in sizes below which two boxes touch."""


class Betti(NamedTuple):
    """The Betti numbers b0, b1 and b2 of a solid."""

    pieces: int
    """Connected parts; bodies that touch are one."""
    holes: int
    """Independent ways through: 1 for a ring, 4 for a plate with four holes."""
    voids: int
    """Hollows without a way out."""


def betti(solid: Solid) -> Betti:
    """Count the pieces, through-holes and voids of a solid."""
    mesh = solid.mesh
    shells = _shells(mesh)
    volumes = _volumes(mesh, shells)
    if not _is_manifold(mesh) or _may_touch(mesh, shells, volumes):
        return _on_grid(mesh)
    pieces, voids = int((volumes > 0).sum()), int((volumes <= 0).sum())
    chi = len(mesh.vertices) - len(_sides(mesh)) // 2 + len(mesh.triangles)
    return Betti(pieces, pieces + voids - chi // 2, voids)


# From the mesh


def _shells(mesh: Mesh) -> NDArray[np.int32]:
    """Which connected surface each vertex is on, (V,)."""
    a, b, c = mesh.triangles.T
    ends = np.concatenate([a, b]), np.concatenate([b, c])
    links = sparse.coo_array((np.ones(len(ends[0]), bool), ends), (len(mesh.vertices),) * 2)
    labels: NDArray[np.int32] = sparse.csgraph.connected_components(links, directed=False)[1]
    return labels


def _volumes(mesh: Mesh, shells: NDArray[np.int32]) -> NDArray[np.float64]:
    """What each shell encloses; negative when it is turned inward."""
    corners = (mesh.vertices - mesh.vertices.mean(axis=0))[mesh.triangles]
    volumes: NDArray[np.float64] = np.linalg.det(corners) / 6
    return np.bincount(shells[mesh.triangles[:, 0]], weights=volumes).astype(np.float64)


def _sides(mesh: Mesh) -> NDArray[np.int64]:
    """One number for each side of each triangle, the same for both ways along an edge, sorted."""
    ends = np.sort(mesh.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64), axis=1)
    return np.sort(ends[:, 0] * len(mesh.vertices) + ends[:, 1])


def _is_manifold(mesh: Mesh) -> bool:
    """Every edge has two triangles."""
    counts = np.unique(_sides(mesh), return_counts=True)[1]
    return bool((counts == 2).all())


def _may_touch(mesh: Mesh, shells: NDArray[np.int32], volumes: NDArray[np.float64]) -> bool:
    """Whether the boxes of two outward shells meet. The shells of one body never do."""
    outward = np.flatnonzero(volumes > 0)
    lows = np.stack([ndimage.minimum(x, shells, outward) for x in mesh.vertices.T], axis=1)
    highs = np.stack([ndimage.maximum(x, shells, outward) for x in mesh.vertices.T], axis=1)
    gap = TOUCHING * np.ptp(mesh.vertices, axis=0).max()
    order = np.argsort(lows[:, 0])
    lows, highs = lows[order], highs[order]
    for i in range(len(order) - 1):
        end = np.searchsorted(lows[:, 0], highs[i, 0] + gap, side="right")
        near = slice(i + 1, end)
        if ((lows[near] <= highs[i] + gap) & (highs[near] >= lows[i] - gap)).all(axis=1).any():
            return True
    return False


# On a grid


def _on_grid(mesh: Mesh) -> Betti:
    # Bodies that nearly meet at a small angle leave a slit with a cell here and there, each a void.
    filled = ndimage.binary_closing(np.pad(_cells(mesh), 2), np.ones((3, 3, 3)))
    touching, facing = np.ones((3, 3, 3)), ndimage.generate_binary_structure(3, 1)
    pieces = ndimage.label(filled, touching)[1]
    voids = ndimage.label(~filled, facing)[1] - 1
    return Betti(pieces, pieces + voids - _chi(filled), voids)


def _cells(mesh: Mesh) -> NDArray[np.bool_]:
    """Which cells of the box have their centre inside, (CELLS, CELLS, CELLS) by y, x and z."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    pitch = np.maximum(high - low, np.finfo(float).tiny) / CELLS
    corners = ((mesh.vertices - low) / pitch - 0.5)[mesh.triangles]
    starts, heights, turns = columns.crossings(corners, CELLS)
    column = np.repeat(np.arange(CELLS**2), np.diff(starts))
    # What begins at a height is inside from the first centre above it.
    above = np.clip(np.ceil(heights), 0, CELLS).astype(np.int64)
    entered = np.zeros((CELLS**2, CELLS + 1), np.int32)
    np.add.at(entered, (column, above), turns)
    depth = np.cumsum(entered, axis=1)
    depth[depth[:, -1] != 0] = 0  # the column runs through a hole in the boundary
    inside: NDArray[np.bool_] = (depth[:, :-1] != 0).reshape(CELLS, CELLS, CELLS)
    return inside


def _chi(filled: NDArray[np.bool_]) -> int:
    """Euler's number of a set of closed cells: its corners less sides, plus faces, less cells."""
    total = 0
    for axes in range(8):
        # Along each axis in the set the open interval of a cell, along the others its two ends.
        part = filled
        for axis in range(3):
            if not axes >> axis & 1:
                before, after = np.delete(part, -1, axis), np.delete(part, 0, axis)
                part = before | after
        total += (-1) ** axes.bit_count() * int(part.sum())
    return total
