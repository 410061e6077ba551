"""The lines of a part that a view may show, as rows of its mesh's vertices: edges where faces meet.

From the facts of the boundary where there are any; else a side between two triangles is an edge
when they are :data:`SHARP`.
"""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cadvlm.geometry import facts
from cadvlm.geometry.solid import Mesh, Solid

# T triangles, S sides of triangles, N pieces of lines

SMOOTH_ANGLE = 0.01
"""Faces that meet at less, in radians, run into one another; as for the exact algorithm."""

SHARP = np.cos(np.radians(25.0))
"""Cosine of the angle between triangles that meet in an edge, where no facts tell edges."""

ALIKE = 1e-5
"""Share by which radii and directions of one surface may differ."""

STRAIGHT = 1e-6
"""How far a straight edge's points lie off it, in diagonals of the bounding box."""


class Line(NamedTuple):
    """A line of the part that may be seen."""

    vertices: NDArray[np.int64]
    """Along it, in order."""
    smooth: bool


class Sides(NamedTuple):
    """The sides of a mesh's triangles."""

    ends: NDArray[np.int64]
    """(S, 2) vertices, the lower number first."""
    triangles: NDArray[np.int64]
    """(S, 2) on either hand, -1 where there is none."""

    def between(self, one: NDArray[np.int64], other: NDArray[np.int64]) -> NDArray[np.int64]:
        """(N, 2) the triangles along N pieces from vertices to vertices; -1 where they are none."""
        span = int(self.ends.max()) + 1
        keys = self.ends[:, 0] * span + self.ends[:, 1]
        wanted = np.minimum(one, other) * span + np.maximum(one, other)
        at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        return np.where((keys[at] == wanted)[:, None], self.triangles[at], -1)


def sides_of(mesh: Mesh) -> Sides:
    """Find the sides of a mesh's triangles."""
    triangles = mesh.triangles.astype(np.int64)
    pairs = np.sort(triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2), axis=1)
    ends, place = np.unique(pairs, axis=0, return_inverse=True)
    order = np.argsort(place.ravel(), kind="stable")
    counts = np.bincount(place.ravel(), minlength=len(ends))
    starts = np.cumsum(counts) - counts
    around = np.full((len(ends), 2), -1)
    around[:, 0] = order[starts] // 3
    several = counts > 1
    around[several, 1] = order[starts[several] + 1] // 3
    return Sides(ends, around)


def _normals(mesh: Mesh) -> NDArray[np.float64]:
    a, b, c = (mesh.vertices[mesh.triangles[:, k]] for k in range(3))
    across = np.cross(b - a, c - a)
    unit: NDArray[np.float64] = across / np.maximum(
        np.linalg.norm(across, axis=1, keepdims=True), np.finfo(float).tiny
    )
    return unit


def creases(mesh: Mesh, sides: Sides) -> list[Line]:
    """Edges of a mesh without facts."""
    normals, (one, other) = _normals(mesh), sides.triangles.T
    sharp = (other < 0) | ((normals[one] * normals[other]).sum(axis=1) < SHARP)
    return [Line(chain, False) for chain in chains(sides.ends[sharp], mesh.vertices)]


def edges(solid: Solid, size: float) -> list[Line]:
    """The boundary's edges that are drawn: no seams, nor borders between parts of one surface."""
    assert solid.facts is not None
    vertices = cKDTree(solid.mesh.vertices).query(solid.edge_points)[1]
    lines = []
    for start, end, joint in zip(
        solid.edge_starts[:-1], solid.edge_starts[1:], _joints(solid), strict=True
    ):
        if joint < 0 or _is_border(solid.facts, solid.facts.joints[joint]):
            continue
        smooth = abs(float(solid.facts.joints["bend"][joint])) < SMOOTH_ANGLE
        along = vertices[start:end]
        if len(along) > 2 and _is_straight(solid.edge_points[start:end], STRAIGHT * size):
            along = along[[0, -1]]
        lines.append(Line(along, smooth))
    return lines


def _joints(solid: Solid) -> NDArray[np.int64]:
    """Which joint each edge is: the one of its length that lies half way along; -1: none."""
    assert solid.facts is not None
    joints = solid.facts.joints
    edges = list(zip(solid.edge_starts[:-1], solid.edge_starts[1:], strict=True))
    if not len(joints) or not edges:
        return np.full(len(edges), -1)
    middles, lengths = np.empty((len(edges), 3)), np.empty(len(edges))
    for number, (start, end) in enumerate(edges):
        points = solid.edge_points[start:end]
        steps = np.sqrt((np.diff(points, axis=0) ** 2).sum(axis=1))
        along = np.concatenate([[0.0], np.cumsum(steps)])
        lengths[number] = along[-1]
        middles[number] = [np.interp(along[-1] / 2, along, points[:, k]) for k in range(3)]
    candidates = min(8, len(joints))
    away, found = cKDTree(joints["middle"]).query(middles, k=candidates)
    away, found = away.reshape(-1, candidates), found.reshape(-1, candidates)
    missed = away + np.abs(joints["length"][found] - lengths[:, None])
    best, rows = missed.argmin(axis=1), np.arange(len(edges))
    matched: NDArray[np.int64] = np.where(missed[rows, best] < 0.1 * lengths, found[rows, best], -1)
    return matched


def _is_border(known: facts.Facts, joint: np.void) -> bool:
    """Whether both faces lie on one surface."""
    one, other = known.faces[joint["faces"]]
    return bool(
        abs(joint["bend"]) < SMOOTH_ANGLE
        and one["surface"] == other["surface"] != facts.Surface.OTHER
        and abs(one["radius"] - other["radius"]) < ALIKE * max(one["radius"], 1e-300)
        and abs(one["second"] - other["second"]) < SMOOTH_ANGLE * max(one["second"], 1e-300)
        and abs(abs(float(one["axis"] @ other["axis"])) - float(one["axis"].any())) < ALIKE
    )


def _is_straight(points: NDArray[np.float64], tolerance: float) -> bool:
    way = points[-1] - points[0]
    length = float(np.linalg.norm(way))
    if length < tolerance:
        return False
    away = np.cross(points - points[0], way / length)
    return bool(np.linalg.norm(away, axis=1).max() < tolerance)


def chains(ends: NDArray[np.int64], places: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    """Sides that continue one another, as lines of vertices: no farther than where three meet, or
    where a line turns sharply, for dashes should reach a corner."""
    at: dict[int, list[int]] = defaultdict(list)
    for number, pair in enumerate(ends.tolist()):
        for vertex in pair:
            at[vertex].append(number)
    left, chains = set(range(len(ends))), []
    for number, pair in enumerate(ends.tolist()):
        if number not in left:
            continue
        left.remove(number)
        chain = list(pair)
        for _ in range(2):
            while (following := _next(chain, ends, at[chain[-1]], left, places)) is not None:
                chain.append(following)
            chain.reverse()
        chains.append(np.array(chain))
    return chains


def _next(
    chain: list[int],
    ends: NDArray[np.int64],
    meeting: list[int],
    left: set[int],
    places: NDArray[np.float64],
) -> int | None:
    """The vertex that a chain goes on to; takes the side there out of ``left``."""
    open_ = [number for number in meeting if number in left]
    if len(meeting) != 2 or len(open_) != 1:
        return None
    one, other = ends[open_[0]].tolist()
    following = int(other if one == chain[-1] else one)
    before, here, after = places[[chain[-2], chain[-1], following]]
    back, onward = here - before, after - here
    turn = float(back @ onward) / max(float(np.linalg.norm(back) * np.linalg.norm(onward)), 1e-300)
    if turn < 0.8:
        return None
    left.remove(open_[0])
    return following
