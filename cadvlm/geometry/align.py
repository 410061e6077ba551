"""Laying one solid on another so that they share as much as they can, by proper motions alone.

Both are brought to one centre of mass and one radius of gyration. Which turn then fits best is
searched for, since principal axes leave it open where moments coincide:

1. The pool: the 24 turns of a cube in the frames as given; the same 24 between the principal frames
   (all proper signs and orders); where two moments of either solid nearly coincide, the same again
   in steps of 5 degrees around the third axis; where all three do, turns spread over all
   orientations (super-Fibonacci spirals; Alexa, 2022).
2. The screen: how many of a thousand points inside the one lie inside the other.
3. The best few are settled by iterative closest points (point to plane; Chen and Medioni, 1992).
"""

from __future__ import annotations

from itertools import permutations, product
from math import pi, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.compare import unit_pose
from cadvlm.geometry.occupancy import occupancy
from cadvlm.geometry.pose import Pose
from cadvlm.geometry.solid import Mesh, Solid
from cadvlm.geometry.surface import Surface

NEARLY = 0.1
"""Two moments that differ by less, of the larger, are taken for equal: then small differences
between two parts turn their axes by any angle."""

SPINS = 18
"""Steps in a quarter turn; the 24 turns of the cube bring the other quarters."""

SPREAD = 2000
"""Turns over all orientations: none is farther than some 15 degrees from the nearest."""

SCREEN_POINTS = 1000

DIFFERENT = 0.1
"""Radians between two turns that deserve to be tried both."""


PARTNERS = 0.05
"""Sides of the unit box within which a point may always look for its partner."""


class Body(NamedTuple):
    """A solid in a frame of ours, and how its mass lies there."""

    mesh: Mesh
    center: NDArray[np.float64]
    """(3,) centre of mass."""
    radius: float
    """Root of the sum of the principal moments over the volume."""
    moments: NDArray[np.float64]
    """(3,) principal, ascending; in any unit."""
    axes: NDArray[np.float64]
    """(3, 3) principal axes in columns, right-handed."""


def unit_body(solid: Solid) -> Body:
    """The solid in its unit box."""
    pose = unit_pose(solid)
    moments, axes = np.linalg.eigh(solid.inertia)
    axes[:, 0] *= np.sign(np.linalg.det(axes))
    return Body(
        mesh=pose.move(solid.mesh),
        center=pose.apply(solid.center[None])[0],
        radius=pose.scale * sqrt(abs(moments.sum() / solid.volume)),
        moments=moments,
        axes=axes,
    )


def candidates(a: Body, b: Body, keep: int) -> list[Pose]:
    """The poses of ``a`` that fit ``b`` best on the screen, best first, no two nearly the same."""
    turns, scale = _pool(a, b), b.radius / a.radius
    inside = occupancy(a.mesh).interior(SCREEN_POINTS)
    maps = np.ascontiguousarray(scale * turns.transpose(0, 2, 1))
    shifts = b.center - a.center @ maps
    hits = occupancy(b.mesh).hits(inside, maps, shifts)
    kept: list[int] = []
    for index in np.argsort(-hits, kind="stable"):
        # The trace of R S^T is 1 + 2 cos of the angle between R and S.
        closeness = [(turns[index] * turns[other]).sum() for other in kept]
        if all(trace < 1 + 2 * np.cos(DIFFERENT) for trace in closeness):
            kept.append(int(index))
        if len(kept) == keep:
            break
    return [Pose(turns[index], scale, shifts[index]) for index in kept]


def settle(pose: Pose, points: NDArray[np.float64], surface: Surface, rounds: int = 8) -> Pose:
    """Move ``points``, which lie on the candidate, closer to the reference's surface."""
    for _ in range(rounds):
        moved = pose.apply(points)
        nearest = surface.nearest(moved)
        apart = ((moved - nearest.points) * nearest.normals).sum(axis=1)
        # What is far away has no partner: the solids differ there. On a plate most points lie on
        # the other's surface whatever its direction, and only its rim tells.
        near = nearest.distances <= max(3 * np.median(nearest.distances), PARTNERS)
        middle = moved.mean(axis=0)
        lever = np.cross(moved - middle, nearest.normals)
        slopes = np.concatenate([lever, nearest.normals], axis=1)[near]
        # A round part may slide along itself; the least step there is none.
        step = np.linalg.lstsq(slopes, -apart[near], rcond=1e-4)[0]
        turn = rotation(step[:3])
        shift = turn @ (pose.shift - middle) + middle + step[3:]
        pose = Pose(turn @ pose.rotation, pose.scale, shift)
        if np.abs(step).max() < 1e-5:
            break
    return pose


# The pool


def _pool(a: Body, b: Body) -> NDArray[np.float64]:
    """Turns worth a look, (P, 3, 3)."""
    between = b.axes @ CUBE @ a.axes.T
    pools = [CUBE, between]
    alike = [_alike(a.moments, axis) or _alike(b.moments, axis) for axis in range(3)]
    if all(alike):
        pools.append(_spread(SPREAD))
    else:
        for axis in np.flatnonzero(alike):
            for spin in range(1, SPINS):
                turn = rotation(b.axes[:, axis] * spin * pi / 2 / SPINS)
                pools.append(turn @ between)
    return np.concatenate(pools)


def _alike(moments: NDArray[np.float64], axis: int) -> bool:
    """Whether the two moments across an axis nearly coincide."""
    one, other = np.delete(moments, axis)
    return bool(abs(other - one) <= NEARLY * max(abs(one), abs(other)))


def _cube() -> NDArray[np.float64]:
    turns = [
        np.eye(3)[list(order)] * signs
        for order in permutations(range(3))
        for signs in product((1, -1), repeat=3)
    ]
    return np.stack([turn for turn in turns if np.linalg.det(turn) > 0])


CUBE = _cube()
"""(24, 3, 3) the turns that bring a cube onto itself."""


def _spread(count: int) -> NDArray[np.float64]:
    """Turns spread evenly over all orientations, (count, 3, 3)."""
    s = np.arange(count) + 0.5
    near, far = np.sqrt(s / count), np.sqrt(1 - s / count)
    alpha, beta = 2 * pi * s / sqrt(2), 2 * pi * s / 1.533751168755204288118041
    x, y, z, w = near * np.sin(alpha), near * np.cos(alpha), far * np.sin(beta), far * np.cos(beta)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return np.array(rows).transpose(2, 0, 1)


def rotation(vector: NDArray[np.float64]) -> NDArray[np.float64]:
    """Around a vector, by its length in radians (Rodrigues)."""
    angle = float(np.linalg.norm(vector))
    if angle == 0:
        return np.eye(3)
    x, y, z = vector / angle
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    turn: NDArray[np.float64] = (
        np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * (cross @ cross)
    )
    return turn
