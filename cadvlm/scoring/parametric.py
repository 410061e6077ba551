"""Whether a solid keeps the order of its reference: what an engineer would have constrained.

``parametric_validity``  the share of the reference's constraints that hold in the candidate, taken
                         within each family and averaged over the families that the reference has,
                         since pairs of faces outnumber all else:

parallel, perpendicular  every pair of flat faces whose normals are parallel, or at a right angle,
                         within half a degree. It holds when both faces have a counterpart and these
                         are related in the same way. Counterparts are found among flat faces that
                         look the same way within 30 degrees and lie within a fifth of the longest
                         side, in the unit box of ``iou``, all together as near as can be.
symmetry                 every plane through the centre of mass, normal to a principal axis of
                         inertia or to one of the 20 largest flat faces, in which each face has a
                         mirror image (centre within half a percent of the diagonal, area within two
                         percent, direction within half a degree). It holds when the candidate is
                         symmetric in the plane of that direction through its own centre.
hole patterns            all round holes of one form, direction and size, where these are 3 or more
                         evenly on a line, 4 or more on a rectangular grid, or 3 or more evenly on a
                         circle. It holds when the candidate has a pattern of that kind, number
                         and direction whose middle lies within 5 % of the longest side.

A reference without constraints says nothing: None, as where only triangles are known.
"""

from __future__ import annotations

from itertools import combinations
from math import cos, dist, pi, radians, sin
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial import cKDTree

from cadvlm.geometry.facts import Facts, Surface
from cadvlm.geometry.features import MOST_FACES, Feature, Kind, recognise
from cadvlm.geometry.patches import Patch, patches
from cadvlm.geometry.solid import Solid
from cadvlm.scoring.features import ALIGNED, WITHIN, frame, is_same

EXACT = radians(0.5)
"""Of a right angle, and of a parallel."""

ALIKE, NEAR = cos(radians(30)), 0.2
"""How a face may be turned and moved against its counterpart."""

MOST_FLATS = 200
"""The largest faces of either solid, which are paired: pairs grow with the square."""

MOST_DIRECTIONS = 20
"""The largest flat faces, in whose directions symmetry is looked for: a gear has hundreds."""

MIRRORED, WEIGHED = 5e-3, 0.02
"""How far from its mirror image a face may lie, in diagonals, and by how much the area may differ.
A sketch on a grid of 256 steps is off by 4e-3."""


class Pattern(NamedTuple):
    """Holes in order."""

    kind: str
    """``line``, ``grid`` or ``circle``."""
    holes: int
    axis: NDArray[np.float64]
    """Of the holes."""
    middle: NDArray[np.float64]


def parametric_validity(candidate: Solid, reference: Solid) -> float | None:
    """Share of the reference's constraints that the candidate keeps, in [0, 1]; None: no say."""
    if not (_is_known(candidate.facts) and _is_known(reference.facts)):
        return None
    ours, theirs = _Boundary(candidate), _Boundary(reference)
    families = [_relations(ours, theirs), _symmetries(ours, theirs), _patterns(ours, theirs)]
    shares = [held.mean() for held in map(np.array, families) if len(held)]
    return float(np.mean(shares)) if shares else None


def _is_known(facts: Facts | None) -> bool:
    return facts is not None and len(facts.faces) <= MOST_FACES


class _Boundary:
    """A solid with its faces put together, and the frame in which it is compared."""

    def __init__(self, solid: Solid) -> None:
        assert solid.facts is not None
        self.solid = solid
        self.size = dist(solid.bbox[:3], solid.bbox[3:])
        self.patches = patches(solid.facts, self.size)
        self.middle, self.scale = frame(solid)

    def flats(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Centres in the unit box and normals, (N, 3) each, of the largest flat faces."""
        flat = [patch for patch in self.patches if patch.surface == Surface.PLANE]
        flat = sorted(flat, key=lambda patch: -patch.area)[:MOST_FLATS]
        centers = np.array([patch.center for patch in flat]).reshape(-1, 3)
        normals = np.array([patch.axis for patch in flat]).reshape(-1, 3)
        return (centers - self.middle) * self.scale, normals


# Faces


def _relations(ours: _Boundary, theirs: _Boundary) -> list[bool]:
    """For each parallel or perpendicular pair of the reference, whether its counterparts are."""
    (centers, normals), (places, wanted) = ours.flats(), theirs.flats()
    counterpart = _counterparts(centers, normals, places, wanted)
    held = []
    for i, j in combinations(range(len(wanted)), 2):
        relation = _relation(wanted[i], wanted[j])
        if relation:
            a, b = counterpart.get(i), counterpart.get(j)
            both = a is not None and b is not None
            held.append(both and _relation(normals[a], normals[b]) == relation)
    return held


def _relation(a: NDArray[np.float64], b: NDArray[np.float64]) -> str | None:
    across = abs(float(a @ b))
    if across > cos(EXACT):
        return "parallel"
    return "perpendicular" if across < sin(EXACT) else None


def _counterparts(
    centers: NDArray[np.float64],
    normals: NDArray[np.float64],
    places: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> dict[int, int]:
    """For faces of the reference, the one of the candidate that stands for it."""
    if not len(centers) or not len(places):
        return {}
    away = np.linalg.norm(places[:, None] - centers[None], axis=2)
    alike = wanted @ normals.T
    possible = (away <= NEAR) & (alike >= ALIKE)
    rows, columns = linear_sum_assignment(np.where(possible, away + 1 - alike, 10.0))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {i: j for i, j in pairs if possible[i, j]}


# Symmetry


def _symmetries(ours: _Boundary, theirs: _Boundary) -> list[bool]:
    """For each symmetry plane of the reference, whether the candidate has it."""
    normals = [normal for normal in _directions(theirs) if _is_symmetric(theirs, normal)]
    return [_is_symmetric(ours, normal) for normal in normals]


def _directions(boundary: _Boundary) -> list[NDArray[np.float64]]:
    """Where a symmetry plane may look: along principal axes and normals, each once."""
    axes = np.linalg.eigh(boundary.solid.inertia)[1].T
    found: list[NDArray[np.float64]] = []
    for direction in [*boundary.flats()[1][:MOST_DIRECTIONS], *axes]:
        if not any(_relation(direction, known) == "parallel" for known in found):
            found.append(direction)
    return found


def _is_symmetric(boundary: _Boundary, normal: NDArray[np.float64]) -> bool:
    faces, size = boundary.patches, boundary.size
    centers = np.array([patch.center for patch in faces]) - boundary.solid.center
    images = centers - 2 * (centers @ normal)[:, None] * normal
    near = cKDTree(centers).query_ball_point(images, MIRRORED * size)
    pairs = zip(faces, near, strict=True)
    return all(any(_is_image(patch, faces[i], normal) for i in others) for patch, others in pairs)


def _is_image(a: Patch, b: Patch, normal: NDArray[np.float64]) -> bool:
    image = a.axis - 2 * (a.axis @ normal) * normal
    return (
        (a.surface, a.sense) == (b.surface, b.sense)
        and abs(a.area - b.area) <= WEIGHED * max(a.area, b.area)
        and (a.surface in _WITHOUT_AXIS or _relation(image, b.axis) == "parallel")
    )


_WITHOUT_AXIS = (Surface.SPHERE, Surface.OTHER)


# Holes


def _patterns(ours: _Boundary, theirs: _Boundary) -> list[bool]:
    """For each hole pattern of the reference, whether the candidate has it."""
    found = [_in_box(pattern, ours) for pattern in hole_patterns(ours.solid)]
    return [
        any(_is_kept(pattern, _in_box(wanted, theirs)) for pattern in found)
        for wanted in hole_patterns(theirs.solid)
    ]


def _in_box(pattern: Pattern, boundary: _Boundary) -> Pattern:
    return pattern._replace(middle=(pattern.middle - boundary.middle) * boundary.scale)


def _is_kept(pattern: Pattern, wanted: Pattern) -> bool:
    return (
        (pattern.kind, pattern.holes) == (wanted.kind, wanted.holes)
        and abs(float(pattern.axis @ wanted.axis)) > ALIGNED
        and float(np.linalg.norm(pattern.middle - wanted.middle)) <= WITHIN
    )


def hole_patterns(solid: Solid) -> list[Pattern]:
    """Find round holes that lie in order; see the module's docstring."""
    size = dist(solid.bbox[:3], solid.bbox[3:])
    groups: list[list[Feature]] = []
    for hole in recognise(solid):
        if hole.kind == Kind.HOLE:
            group = next((group for group in groups if is_same(hole, group[0])), None)
            if group is None:
                groups.append([hole])
            else:
                group.append(hole)
    found = []
    for group in groups:
        axis = group[0].axis
        places = np.array([hole.at for hole in group])
        middle = places.mean(axis=0)
        flat = (places - middle) @ _across(axis).T
        kind = _order(flat, MIRRORED * size)
        if kind:
            found.append(Pattern(kind, len(group), axis, middle))
    return found


def _across(axis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two directions (2, 3) at right angles to an axis."""
    first = np.cross(axis, np.eye(3)[np.abs(axis).argmin()])
    first /= np.linalg.norm(first)
    return np.stack([first, np.cross(axis, first)])


def _order(points: NDArray[np.float64], tolerance: float) -> str | None:
    """What the points (N, 2) about their middle make up."""
    if len(points) < 3:
        return None
    apart = np.linalg.norm(points - points[0], axis=1)
    if np.sort(apart)[1] <= tolerance:  # one above the other
        return None
    nearest = points[np.argsort(apart)[1]] - points[0]
    along = nearest / np.linalg.norm(nearest)
    x, y = points @ along, points @ np.array([-along[1], along[0]])
    columns, rows = _steps(x, tolerance), _steps(y, tolerance)
    if columns and rows and columns * rows == len(points):
        return "line" if min(columns, rows) == 1 else "grid"
    radii = np.linalg.norm(points, axis=1)
    turns = np.sort(np.arctan2(points[:, 1], points[:, 0]))
    gaps = np.diff(np.append(turns, turns[0] + 2 * pi))
    even = np.abs(gaps - 2 * pi / len(points)).max() * radii.max() <= tolerance
    return "circle" if even and np.ptp(radii) <= tolerance else None


def _steps(values: NDArray[np.float64], tolerance: float) -> int | None:
    """How many different values there are, where they are evenly spaced."""
    ordered = np.sort(values)
    groups = np.split(ordered, np.flatnonzero(np.diff(ordered) > tolerance) + 1)
    gaps = np.diff([group.mean() for group in groups])
    return len(groups) if not len(gaps) or np.ptp(gaps) <= tolerance else None
