"""Numbers by which equal shapes are known, wherever they lie and however large they are.

A shape key is six measures, each the same for a solid and for a copy of it that was moved, turned
or scaled:

========  ======================================================================================
moments   three: logarithms of the principal moments of inertia over volume^(5/3)
skin      logarithm of area^3 / volume^2
skew      length of the third moment, the integral of ``|x|^2 x`` about the centre of mass, over
          (trace of the inertia)^(3/2) / volume^(1/2): 0 for what is symmetric about a point
hand      volume of the box with edges along ``s``, ``J s`` and ``J^2 s``, where ``s`` is the third
          moment and ``J`` the inertia without its trace; edges have length 1, and less where
          they are so short that only noise gives them a direction. A mirror image has the
          opposite sign, which tells a left-hand bracket from a right-hand one; it is 0 where the
          two are the same shape
========  ======================================================================================

The first four come from the exact boundary. The last two come from triangles, no finer than a
picture needs them: they only have to part shapes that agree in the others. What they cannot part:
chiral shapes with an axis of symmetry have hand 0 and count as equal to their mirror images.

The key is text, so that a dataset can be searched for shapes by whoever opens it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Mesh, Solid

MEASURES = 6
EXACT = 4
"""Of the measures, those that come from the exact boundary."""

_FAINT = np.array([2e-2, 2e-4, 2e-6])
"""Lengths of the edges of ``hand`` at which half of it is left."""


def shape_key(solid: Solid) -> str:
    """The measures of a solid, to six digits: ``-0.512345,0.104567,...``."""
    return ",".join(f"{measure:.6f}" for measure in measures(solid) + 0.0)


def parse(keys: list[str | None]) -> NDArray[np.float32]:
    """(N, MEASURES) of N keys; not a number where there is no key."""
    missing = ",".join(["nan"] * MEASURES)
    numbers = ",".join(key or missing for key in keys)
    return np.array(numbers.split(",") if keys else [], np.float32).reshape(-1, MEASURES)


def measures(solid: Solid) -> NDArray[np.float64]:
    """(MEASURES,) in the order above."""
    moments = np.linalg.eigvalsh(solid.inertia) / solid.volume ** (5 / 3)
    exact = np.append(moments, solid.area**3 / solid.volume**2)
    return np.append(np.log(np.maximum(exact, 1e-12)), _asymmetry(solid))


def _asymmetry(solid: Solid) -> tuple[float, float]:
    """Skew and hand."""
    weight = np.trace(solid.inertia)
    third = _third_moment(solid.mesh) / (weight**1.5 / solid.volume**0.5)
    stretch = solid.inertia / weight - np.eye(3) / 3
    edges = np.array([third, stretch @ third, stretch @ stretch @ third])
    lengths = np.linalg.norm(edges, axis=1)
    return float(lengths[0]), float(np.linalg.det(edges) / (lengths + _FAINT).prod())


def _third_moment(mesh: Mesh) -> NDArray[np.float64]:
    """(3,) integral of ``|x|^2 x`` over the inside, about the centre of mass of the mesh itself."""
    corners = mesh.vertices[mesh.triangles]
    parts, total = _tetrahedra(corners)
    corners = corners - parts @ total / 4 / parts.sum()
    parts, total = _tetrahedra(corners)
    # Over a tetrahedron with one corner at the origin a product of three coordinates integrates to
    # volume / 120 times p1^3 + 3 p1 p2 + 2 p3, made of the sums of powers of the other three.
    squares = np.einsum("tci,tci->tc", corners, corners)
    moment = (
        np.einsum("ti,ti->t", total, total)[:, None] * total
        + squares.sum(axis=1)[:, None] * total
        + 2 * np.einsum("tci,tcj,tj->ti", corners, corners, total)
        + 2 * np.einsum("tc,tci->ti", squares, corners)
    )
    third: NDArray[np.float64] = parts @ moment / 120
    return third


def _tetrahedra(
    corners: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Signed volumes (T,) between triangles and the origin, and sums of their corners (T, 3)."""
    a, b, c = corners.transpose(1, 0, 2)
    return np.einsum("ti,ti->t", a, np.cross(b, c)) / 6, corners.sum(axis=1)
