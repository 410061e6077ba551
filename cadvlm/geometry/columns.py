"""Solids as intervals on a grid of columns, compiled by numba.

A column is a line parallel to z. Where it crosses a closed boundary it enters or leaves the solid,
so the boundary becomes a short list of heights for each column, and volumes become sums of lengths:
exact along z, sampled across.

Positions are in columns: column ``(row, column)`` stands at ``x = column``, ``y = row``.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.kernels import compiled


@compiled
def crossings(
    corners: NDArray[np.float64], size: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int8]]:
    """Find where the columns of a grid cross triangles.

    Every edge is computed from the same end in both of its triangles and spans are half-open, so
    the turns along each column of a closed mesh add up to zero exactly, whatever the rounding.

    Args:
        corners: (T, 3, 3) the triangles' corners, with x and y inside ``[-0.5, size - 0.5]``.
        size: Rows, and columns in a row.

    Returns:
        Starts (size * size + 1,), heights (K,) and turns (K,): column ``c`` crosses at
        ``heights[starts[c]:starts[c + 1]]``, ascending. A turn is +1 where a column that rises
        enters an outward oriented solid, and -1 where it leaves it.
    """
    starts = np.zeros(size * size + 1, np.int64)
    _walk(corners, size, starts, np.empty(0), np.empty(0, np.int8))
    starts = np.cumsum(starts)
    heights = np.empty(starts[-1])
    turns = np.empty(starts[-1], np.int8)
    _walk(corners, size, starts[:-1].copy(), heights, turns)
    _sort(starts, heights, turns)
    return starts, heights, turns


@compiled
def overlap(
    starts_a: NDArray[np.int64],
    heights_a: NDArray[np.float64],
    turns_a: NDArray[np.int8],
    starts_b: NDArray[np.int64],
    heights_b: NDArray[np.float64],
    turns_b: NDArray[np.int8],
) -> tuple[float, float, int, int]:
    """Measure two solids on one grid.

    A point is inside where the turns below it do not cancel: bodies may overlap, coincide or be
    turned inside out as a whole. A column whose turns do not cancel over its whole length runs
    through a hole in the boundary; it counts as empty: a leak can cost volume but never make any.

    Returns:
        Lengths of the intersection and the union, summed over the columns, and how many columns
        leak in ``a`` and in ``b``.
    """
    both = either = 0.0
    leaks_a = leaks_b = 0
    for column in range(len(starts_a) - 1):
        i, end_a = starts_a[column], starts_a[column + 1]
        j, end_b = starts_b[column], starts_b[column + 1]
        if _leaks(turns_a, i, end_a):
            leaks_a += 1
            i = end_a
        if _leaks(turns_b, j, end_b):
            leaks_b += 1
            j = end_b
        inside_a = inside_b = 0
        below = 0.0
        while i < end_a or j < end_b:
            from_a = j == end_b or (i < end_a and heights_a[i] <= heights_b[j])
            height = heights_a[i] if from_a else heights_b[j]
            if inside_a != 0 or inside_b != 0:
                either += height - below
                if inside_a != 0 and inside_b != 0:
                    both += height - below
            if from_a:
                inside_a += turns_a[i]
                i += 1
            else:
                inside_b += turns_b[j]
                j += 1
            below = height
    return both, either, leaks_a, leaks_b


@compiled
def _leaks(turns: NDArray[np.int8], start: int, end: int) -> bool:
    total = 0
    for i in range(start, end):
        total += turns[i]
    return total != 0


@compiled
def _walk(
    corners: NDArray[np.float64],
    size: int,
    free: NDArray[np.int64],
    heights: NDArray[np.float64],
    turns: NDArray[np.int8],
) -> None:
    """Visit every crossing: count those of column ``c`` in ``free[c + 1]`` as long as there is no
    room in ``heights``, else write each to ``free[c]`` and move that on."""
    counting = len(heights) == 0
    for t in range(len(corners)):
        order, odd = _by_y(corners[t, 0, 1], corners[t, 1, 1], corners[t, 2, 1])
        xa, ya, za = corners[t, order[0], 0], corners[t, order[0], 1], corners[t, order[0], 2]
        xb, yb, zb = corners[t, order[1], 0], corners[t, order[1], 1], corners[t, order[1], 2]
        xc, yc, zc = corners[t, order[2], 0], corners[t, order[2], 1], corners[t, order[2], 2]
        for row in range(ceil(ya), ceil(yc)):
            f = (row - ya) / (yc - ya)
            x0, z0 = xa + f * (xc - xa), za + f * (zc - za)
            if row < yb:
                f = (row - ya) / (yb - ya)
                x1, z1 = xa + f * (xb - xa), za + f * (zb - za)
            else:
                f = (row - yb) / (yc - yb)
                x1, z1 = xb + f * (xc - xb), zb + f * (zc - zb)
            # a, b, c run counterclockwise seen from above when b lies right of the long edge; then
            # the triangle looks up, and a rising column leaves through it.
            turn = -1 if (x1 > x0) != odd else 1
            first, last = ceil(min(x0, x1)), ceil(max(x0, x1))
            for column in range(first, last):
                c = row * size + column
                if counting:
                    free[c + 1] += 1
                else:
                    heights[free[c]] = z0 + (column - x0) / (x1 - x0) * (z1 - z0)
                    turns[free[c]] = turn
                    free[c] += 1


@compiled
def _by_y(y0: float, y1: float, y2: float) -> tuple[tuple[int, int, int], bool]:
    """The corners 0, 1 and 2 by ascending y, and whether that is an odd permutation."""
    a, b, c = 0, 1, 2
    odd = False
    if y1 < y0:
        a, b, y0, y1, odd = b, a, y1, y0, not odd
    if y2 < y1:
        b, c, y1, odd = c, b, y2, not odd
    if y1 < y0:
        a, b, odd = b, a, not odd
    return (a, b, c), odd


@compiled
def _sort(starts: NDArray[np.int64], heights: NDArray[np.float64], turns: NDArray[np.int8]) -> None:
    """Order the crossings of each column by height, in place. Columns cross a handful of times."""
    for column in range(len(starts) - 1):
        for i in range(starts[column] + 1, starts[column + 1]):
            height, turn = heights[i], turns[i]
            j = i
            while j > starts[column] and heights[j - 1] > height:
                heights[j], turns[j] = heights[j - 1], turns[j - 1]
                j -= 1
            heights[j], turns[j] = height, turn
