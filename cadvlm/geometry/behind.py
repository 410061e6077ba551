"""Where lines of a view run behind triangles: compiled, and exact for straight pieces."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.kernels import compiled

# N pieces of lines, F triangles that face the eye


@compiled
def behind(
    pieces: NDArray[np.float64],
    own: NDArray[np.int64],
    triangles: NDArray[np.float64],
    names: NDArray[np.int64],
    near: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Where pieces of lines run behind triangles.

    Args:
        pieces: (N, 2, 3) ends: right, up, and towards the eye.
        own: (N, 2) names of the triangles on either hand, which hide no piece of their own.
        triangles: (F, 3, 3) corners, counterclockwise.
        names: (F,) of the triangles.
        near: (N,) depth below which a piece is not behind anything.

    Returns:
        (M, 3): number of a piece, and where on it, from 0 to 1, it begins and ends to be hidden;
        ascending, and none overlaps another.
    """
    found = np.empty((64, 3))
    count = 0
    if len(triangles) == 0:
        return found[:0]
    cells, low, step = _cells(triangles)
    starts, inside = _sorted_into(triangles, cells, low, step)
    seen = np.full(len(triangles), -1)
    for n in range(len(pieces)):
        reach, before, whole = near[n], count, False
        x0, y0, z0 = pieces[n, 0, 0], pieces[n, 0, 1], pieces[n, 0, 2]
        dx, dy, dz = pieces[n, 1, 0] - x0, pieces[n, 1, 1] - y0, pieces[n, 1, 2] - z0
        first = _cell((min(x0, x0 + dx) - reach - low[0]) / step[0], cells)
        last = _cell((max(x0, x0 + dx) + reach - low[0]) / step[0], cells)
        for column in range(first, last + 1):
            # The part of the piece that lies in this column of cells.
            a, b = 0.0, 1.0
            if abs(dx) > reach:
                left = (low[0] + step[0] * column - reach - x0) / dx
                right = (low[0] + step[0] * (column + 1) + reach - x0) / dx
                a, b = max(a, min(left, right)), min(b, max(left, right))
            ya, yb = y0 + a * dy, y0 + b * dy
            bottom = _cell((min(ya, yb) - reach - low[1]) / step[1], cells)
            top = _cell((max(ya, yb) + reach - low[1]) / step[1], cells)
            for cell in range(column * cells + bottom, column * cells + top + 1):
                for i in range(starts[cell], starts[cell + 1]):
                    t = inside[i]
                    if whole or seen[t] == n or names[t] == own[n, 0] or names[t] == own[n, 1]:
                        continue
                    seen[t] = n
                    begin, end = _part_behind(x0, y0, z0, dx, dy, dz, triangles[t], reach)
                    if end - begin > 1e-9:
                        whole = begin <= 0 and end >= 1
                        if whole:
                            count = before
                        found = _with(found, count, n, begin, end)
                        count += 1
            if whole:
                break
        count = _united(found, before, count)
    return found[:count]


@compiled
def _with(
    found: NDArray[np.float64], count: int, number: int, begin: float, end: float
) -> NDArray[np.float64]:
    """The rows with one more after the first ``count``; a longer copy where there is no room."""
    if count == len(found):
        grown = np.empty((2 * count, 3))
        grown[:count] = found
        found = grown
    found[count, 0], found[count, 1], found[count, 2] = number, begin, end
    return found


@compiled
def _united(found: NDArray[np.float64], first: int, last: int) -> int:
    """Sort rows ``first`` to ``last`` of one piece, and join those that overlap; where they end."""
    for i in range(first + 1, last):
        begin, end, j = found[i, 1], found[i, 2], i
        while j > first and found[j - 1, 1] > begin:
            found[j, 1], found[j, 2] = found[j - 1, 1], found[j - 1, 2]
            j -= 1
        found[j, 1], found[j, 2] = begin, end
    count = first
    for i in range(first, last):
        if count > first and found[i, 1] <= found[count - 1, 2] + 1e-9:
            found[count - 1, 2] = max(found[count - 1, 2], found[i, 2])
        else:
            found[count, 1], found[count, 2] = found[i, 1], found[i, 2]
            count += 1
    return count


@compiled
def _part_behind(
    x: float, y: float, z: float, dx: float, dy: float, dz: float,
    triangle: NDArray[np.float64], near: float,
) -> tuple[float, float]:  # fmt: skip
    """Where on a piece, from 0 to 1, it is behind a triangle; nowhere if the second is not more."""
    begin, end = 0.0, 1.0
    for k in range(3):
        ax, ay = triangle[k, 0], triangle[k, 1]
        ex, ey = triangle[(k + 1) % 3, 0] - ax, triangle[(k + 1) % 3, 1] - ay
        length = np.sqrt(ex * ex + ey * ey)
        if length == 0:
            return 1.0, 0.0
        # How far inside of this side the piece is: at its beginning, and on its way. A little more,
        # so that no gap is left between two triangles.
        at = (ex * (y - ay) - ey * (x - ax)) / length + 1e-3 * near
        way = (ex * dy - ey * dx) / length
        begin, end = _above(at, way, begin, end)
        if end <= begin:
            return 1.0, 0.0
    ux, uy = triangle[1, 0] - triangle[0, 0], triangle[1, 1] - triangle[0, 1]
    vx, vy = triangle[2, 0] - triangle[0, 0], triangle[2, 1] - triangle[0, 1]
    uz, vz = triangle[1, 2] - triangle[0, 2], triangle[2, 2] - triangle[0, 2]
    area = ux * vy - uy * vx
    gx, gy = (uz * vy - uy * vz) / area, (ux * vz - uz * vx) / area
    above = triangle[0, 2] + gx * (x - triangle[0, 0]) + gy * (y - triangle[0, 1]) - z
    margin = 4 * near * (1 + abs(gx) + abs(gy))
    return _above(above - margin, gx * dx + gy * dy - dz, begin, end)


@compiled
def _above(at: float, way: float, begin: float, end: float) -> tuple[float, float]:
    """The part between ``begin`` and ``end`` where ``at + way * t`` is more than zero."""
    if way == 0:
        return (begin, end) if at > 0 else (1.0, 0.0)
    if way > 0:
        return max(begin, -at / way), end
    return begin, min(end, -at / way)


@compiled
def _cell(at: float, cells: int) -> int:
    return min(cells - 1, max(0, floor(at)))


@compiled
def _cells(
    triangles: NDArray[np.float64],
) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """A grid over all triangles: cells in a row, its lower left corner, and the size of a cell."""
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for t in range(len(triangles)):
        for k in range(3):
            for i in range(2):
                low[i] = min(low[i], triangles[t, k, i])
                high[i] = max(high[i], triangles[t, k, i])
    covered = 0.0
    for t in range(len(triangles)):
        box = 1.0
        for i in range(2):
            a, b, c = triangles[t, 0, i], triangles[t, 1, i], triangles[t, 2, i]
            box *= (max(a, b, c) - min(a, b, c)) / max(high[i] - low[i], 1e-300)
        covered += box
    # As many as there are triangles, unless each were in fifty of them then, on average.
    cells = max(1, int(np.sqrt(len(triangles) * min(1.0, 48 / max(covered, 1e-9)))))
    cells = min(256, cells)
    step = np.empty(2)
    for i in range(2):
        step[i] = max((high[i] - low[i]) / cells, 1e-300)
    return cells, low, step


@compiled
def _sorted_into(
    triangles: NDArray[np.float64], cells: int, low: NDArray[np.float64], step: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts and triangles: the cell c meets the boxes of ``inside[starts[c]:starts[c + 1]]``."""
    spans = np.empty((len(triangles), 2, 2), np.int64)
    starts = np.zeros(cells * cells + 1, np.int64)
    for t in range(len(triangles)):
        for i in range(2):
            a, b, c = triangles[t, 0, i], triangles[t, 1, i], triangles[t, 2, i]
            spans[t, i, 0] = _cell((min(a, b, c) - low[i]) / step[i], cells)
            spans[t, i, 1] = _cell((max(a, b, c) - low[i]) / step[i], cells)
        for column in range(spans[t, 0, 0], spans[t, 0, 1] + 1):
            for row in range(spans[t, 1, 0], spans[t, 1, 1] + 1):
                starts[column * cells + row + 1] += 1
    starts = np.cumsum(starts)
    inside = np.empty(starts[-1], np.int64)
    free = starts[:-1].copy()
    for t in range(len(triangles)):
        for column in range(spans[t, 0, 0], spans[t, 0, 1] + 1):
            for row in range(spans[t, 1, 0], spans[t, 1, 1] + 1):
                inside[free[column * cells + row]] = t
                free[column * cells + row] += 1
    return starts, inside
