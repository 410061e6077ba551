"""Points inside a solid, and how many of them another solid holds in each of many positions.

A thousand points tell in some ten microseconds how well a position fits: good enough to rank
thousands of them before the best are measured. Compiled by numba; see
:mod:`cadvlm.geometry.columns` for how a solid is kept.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry import columns
from cadvlm.geometry.compare import sampling_frame
from cadvlm.geometry.kernels import compiled
from cadvlm.geometry.solid import Mesh


class Occupancy(NamedTuple):
    """A solid on a grid of columns; ``points @ frame + shift`` are positions in columns."""

    frame: NDArray[np.float64]
    shift: NDArray[np.float64]
    starts: NDArray[np.int64]
    heights: NDArray[np.float64]
    turns: NDArray[np.int8]
    size: int

    def interior(self, count: int) -> NDArray[np.float64]:
        """About ``count`` points, spread evenly over the volume, (N, 3)."""
        placed = _interior(self.starts, self.heights, self.turns, self.size, count)
        return (placed - self.shift) @ np.linalg.inv(self.frame)

    def hits(
        self, points: NDArray[np.float64], maps: NDArray[np.float64], shifts: NDArray[np.float64]
    ) -> NDArray[np.int64]:
        """How many of (N, 3) points lie inside after each of P moves, (P,).

        A move takes ``point`` to ``points @ maps[p] + shifts[p]``.
        """
        return np.asarray(
            _hits(
                points,
                np.ascontiguousarray(maps @ self.frame),
                shifts @ self.frame + self.shift,
                self.starts,
                self.heights,
                self.turns,
                self.size,
            )
        )


def occupancy(mesh: Mesh, resolution: int = 128) -> Occupancy:
    """Lay a closed mesh on a grid."""
    frame = sampling_frame(mesh.vertices)
    seen = mesh.vertices @ frame
    low, high = seen.min(axis=0), seen.max(axis=0)
    pitch = np.maximum(high - low, np.finfo(float).tiny) / resolution
    frame, shift = frame / pitch, -low / pitch - 0.5
    crossed = columns.crossings((mesh.vertices @ frame + shift)[mesh.triangles], resolution)
    return Occupancy(frame, shift, *crossed, resolution)


@compiled
def _interior(
    starts: NDArray[np.int64],
    heights: NDArray[np.float64],
    turns: NDArray[np.int8],
    size: int,
    count: int,
) -> NDArray[np.float64]:
    total = 0.0
    for column in range(size * size):
        inside = 0
        for i in range(starts[column], starts[column + 1] - 1):
            inside += turns[i]
            if inside != 0:
                total += heights[i + 1] - heights[i]
    points = np.empty((count, 3))
    found, step = 0, total / count
    ahead = step / 2  # of the way, along all intervals laid end to end, to the next point
    for column in range(size * size):
        inside = 0
        for i in range(starts[column], starts[column + 1] - 1):
            inside += turns[i]
            if inside == 0:
                continue
            at, end = heights[i], heights[i + 1]
            while at + ahead < end and found < count:
                at += ahead
                points[found, 0], points[found, 1] = column % size, column // size
                points[found, 2] = at
                found += 1
                ahead = step
            ahead -= end - at
    return points[:found]


@compiled
def _hits(
    points: NDArray[np.float64],
    maps: NDArray[np.float64],
    shifts: NDArray[np.float64],
    starts: NDArray[np.int64],
    heights: NDArray[np.float64],
    turns: NDArray[np.int8],
    size: int,
) -> NDArray[np.int64]:
    counts = np.zeros(len(maps), np.int64)
    for p in range(len(maps)):
        m, s = maps[p], shifts[p]
        for n in range(len(points)):
            x, y, z = points[n, 0], points[n, 1], points[n, 2]
            column = round(x * m[0, 0] + y * m[1, 0] + z * m[2, 0] + s[0])
            row = round(x * m[0, 1] + y * m[1, 1] + z * m[2, 1] + s[1])
            if column < 0 or column >= size or row < 0 or row >= size:
                continue
            height = x * m[0, 2] + y * m[1, 2] + z * m[2, 2] + s[2]
            inside, i = 0, starts[row * size + column]
            while i < starts[row * size + column + 1] and heights[i] <= height:
                inside += turns[i]
                i += 1
            counts[p] += inside != 0
    return counts
