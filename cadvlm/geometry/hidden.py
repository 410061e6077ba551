"""Views of a part with its hidden lines told from the visible ones, from its mesh alone.

For parts on which the kernel's own algorithm fails or takes long, and for those that never were
more than a mesh (:mod:`cadvlm.geometry.project` has the exact one). Drawn are

- edges where faces meet at an angle; where there are only triangles, sides between two of them that
  are sharp (:mod:`cadvlm.geometry.sides`);
- edges where faces run into one another, as far as they are seen;
- outlines: sides between a triangle that faces the eye and one that does not.

Each piece is cut where it runs behind a triangle that faces the eye, and so is right for the mesh.
An outline of a round face then zigzags about the true one, by less than the mesh's deflection: on
paper it is nearly edge-on there.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.behind import behind
from cadvlm.geometry.dashes import drawn, spans
from cadvlm.geometry.lines import VIEWS, Curve, Lines, frame, gather
from cadvlm.geometry.overlap import simplified
from cadvlm.geometry.sides import Line, Sides, chains, creases, edges, sides_of
from cadvlm.geometry.solid import Mesh, Solid

# V vertices, T triangles, N pieces of lines

SAME = 1e-5
"""Distance of lines that count as one, in diagonals of the bounding box."""

NEAR = 1e-6
"""What is not farther behind a triangle lies on it; in diagonals."""

ROUND = 2e-4
"""The same for outlines, which triangles of the same face overlap by a mesh's deflection."""

SPECK = 3e-3
"""Outlines shorter than this are left out, in diagonals: what is almost flat has many of them."""


def trace(solid: Solid) -> dict[str, Lines]:
    """Draw all of :data:`cadvlm.geometry.lines.VIEWS`."""
    mesh = solid.mesh
    size = float(np.linalg.norm(np.array(solid.bbox[3:]) - solid.bbox[:3]))
    sides = sides_of(mesh)
    lines = edges(solid, size) if solid.facts else creases(mesh, sides)
    views = {}
    for name, (eye, up) in VIEWS.items():
        placed = mesh.vertices @ frame(eye, up).T
        curves = list(_view(mesh, sides, lines, placed, size))
        views[name] = gather(simplified(curves, SAME * size))
    return views


def _view(
    mesh: Mesh, sides: Sides, lines: list[Line], placed: NDArray[np.float64], size: float
) -> Iterator[Curve]:
    """The lines of one view; ``placed`` (V, 3) are the vertices to the right, up, and nearer."""
    corners = placed[mesh.triangles]
    facing = _facing(corners, (NEAR * size) ** 2)
    outlines = chains(_outlines(sides, facing > 0, lines), placed[:, :2])
    outlines = [it for it in outlines if np.ptp(placed[it, :2], axis=0).max() > SPECK * size]
    shown = lines + [Line(it, False) for it in outlines]
    if not shown:
        return
    starts = np.cumsum([0, *(len(it.vertices) - 1 for it in shown)]).tolist()
    one = np.concatenate([it.vertices[:-1] for it in shown])
    other = np.concatenate([it.vertices[1:] for it in shown])
    own = sides.between(one, other)
    closed: NDArray[np.bool_] = own.min(axis=1) >= 0
    away: NDArray[np.bool_] = closed & (facing[own].max(axis=1) <= 0)
    turns: NDArray[np.bool_] = closed & (facing[own[:, 0]] != facing[own[:, 1]])
    pieces = np.stack([placed[one], placed[other]], axis=1)
    near = np.full(len(pieces), NEAR * size)
    near[starts[len(lines)] :] = ROUND * size
    hidden = _covered(pieces, own, corners, np.flatnonzero(facing > 0), near)
    for line, first, last in zip(shown, starts[:-1], starts[1:], strict=True):
        # Where a face turns away behind a smooth edge, that is the outline.
        smooth = line.smooth and turns[first:last].mean() < 0.5
        found = spans(hidden, away[first:last], first, last)
        yield from drawn(placed[line.vertices], smooth, found, size)


def _facing(corners: NDArray[np.float64], least: float) -> NDArray[np.int8]:
    """(T,) 1 for triangles that face the eye, -1 for those that turn their backs, 0 edge-on."""
    (ax, ay), (bx, by) = ((corners[:, k, :2] - corners[:, 0, :2]).T for k in (1, 2))
    area = ax * by - ay * bx
    facing: NDArray[np.int8] = np.sign(area).astype(np.int8)
    # Half of the noise of a wall that is seen edge-on faces the eye; none of it hides anything.
    facing[np.abs(area) < least] = 0
    return facing


def _outlines(sides: Sides, front: NDArray[np.bool_], lines: list[Line]) -> NDArray[np.int64]:
    """(N, 2) sides of which one triangle faces the eye and the other does not, where no line is."""
    one, other = sides.triangles.T
    turns = (other >= 0) & (front[one] != front[other])
    ends: NDArray[np.int64] = sides.ends[turns]
    if lines and len(ends):
        known = np.concatenate(
            [np.sort(np.stack([it.vertices[:-1], it.vertices[1:]], axis=1)) for it in lines]
        )
        span = int(sides.ends.max()) + 1
        ends = ends[~np.isin(ends @ (span, 1), known @ (span, 1))]
    return ends


def _covered(
    pieces: NDArray[np.float64],
    own: NDArray[np.int64],
    corners: NDArray[np.float64],
    shown: NDArray[np.int64],
    near: NDArray[np.float64],
) -> list[NDArray[np.float64]]:
    """What is behind triangles a little to the left of the pieces, and a little to the right.

    What runs along an outline is so on one side only, and what runs along the border of two
    triangles on both.
    """
    aside = _aside(pieces) * (2 * near[:, None, None])
    triangles = corners[shown]
    return [behind(pieces + by, own, triangles, shown, near) for by in (aside, -aside)]


def _aside(pieces: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 1, 3) unit vectors in the picture, across pieces (N, 2, 3)."""
    way = pieces[:, 1, :2] - pieces[:, 0, :2]
    length = np.maximum(np.hypot(*way.T), np.finfo(float).tiny)
    across = np.stack([-way[:, 1] / length, way[:, 0] / length, np.zeros(len(way))], axis=1)
    return across[:, None, :]
