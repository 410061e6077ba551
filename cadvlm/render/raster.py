"""Triangles and lines to pixels: a z-buffer on the processor, compiled by numba.

Positions are in pixels as :class:`cadvlm.render.camera.Camera` gives them: pixel ``(row, column)``
has its centre at ``(column + 0.5, row + 0.5)``, and a smaller depth is nearer. A pixel belongs to a
triangle when its centre does, counted half-open: neighbours neither overlap nor leave a gap.
"""

from __future__ import annotations

from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.kernels import compiled


@compiled
def normals(
    corners: NDArray[np.float64],
    triangles: NDArray[np.int32],
    num_vertices: int,
    cosine: float,
    eye: float,
) -> NDArray[np.float64]:
    """The surface's normal at each corner of each triangle.

    Args:
        corners: (T, 3, 3) positions before any perspective.
        triangles: (T, 3) the same corners as indices of vertices.
        num_vertices: How many vertices there are.
        cosine: Triangles around a vertex count as one smooth surface while the cosine of the angle
            between their normals is at least this; above 1 every one is flat.
        eye: How far the eye is from the origin, against the third direction; may be infinite.

    Returns:
        (T, 3, 3): averaged by area over the smooth surface around the corner, of unit length, and
        on the side of the triangle that the eye sees; zero where a triangle has no area.
    """
    flat, areas = _normals(corners)
    starts, around = _triangles_around(triangles, num_vertices)
    result = np.zeros((len(corners), 3, 3))
    for t in range(len(corners)):
        nx, ny, nz = flat[t, 0], flat[t, 1], flat[t, 2]
        towards = -nx * corners[t, 0, 0] - ny * corners[t, 0, 1] - nz * (eye + corners[t, 0, 2])
        side = -1.0 if towards < 0 else 1.0
        for k in range(3):
            x, y, z = 0.0, 0.0, 0.0
            if cosine > 1:
                x, y, z = nx, ny, nz
            else:
                vertex = triangles[t, k]
                for i in range(starts[vertex], starts[vertex + 1]):
                    u = around[i]
                    if nx * flat[u, 0] + ny * flat[u, 1] + nz * flat[u, 2] >= cosine:
                        x += areas[u] * flat[u, 0]
                        y += areas[u] * flat[u, 1]
                        z += areas[u] * flat[u, 2]
            length = side * np.sqrt(x * x + y * y + z * z)
            if length != 0:
                result[t, k, 0] = x / length
                result[t, k, 1] = y / length
                result[t, k, 2] = z / length
    return result


@compiled
def _normals(corners: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Unit normals (T, 3), zero for a triangle without area, and twice the areas (T,)."""
    normals = np.zeros((len(corners), 3))
    areas = np.empty(len(corners))
    for t in range(len(corners)):
        ax = corners[t, 1, 0] - corners[t, 0, 0]
        ay = corners[t, 1, 1] - corners[t, 0, 1]
        az = corners[t, 1, 2] - corners[t, 0, 2]
        bx = corners[t, 2, 0] - corners[t, 0, 0]
        by = corners[t, 2, 1] - corners[t, 0, 1]
        bz = corners[t, 2, 2] - corners[t, 0, 2]
        x, y, z = ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx
        areas[t] = np.sqrt(x * x + y * y + z * z)
        if areas[t] > 0:
            normals[t, 0], normals[t, 1], normals[t, 2] = x / areas[t], y / areas[t], z / areas[t]
    return normals, areas


@compiled
def _triangles_around(
    triangles: NDArray[np.int32], num_vertices: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Starts (V + 1,) and triangles (3 T,): vertex v has ``around[starts[v]:starts[v + 1]]``."""
    starts = np.zeros(num_vertices + 1, np.int64)
    for vertex in triangles.ravel():
        starts[vertex + 1] += 1
    starts = np.cumsum(starts)
    around = np.empty(triangles.size, np.int64)
    free = starts[:-1].copy()
    for t in range(len(triangles)):
        for k in range(3):
            vertex = triangles[t, k]
            around[free[vertex]] = t
            free[vertex] += 1
    return starts, around


@compiled
def fill(
    corners: NDArray[np.float64],
    shades: NDArray[np.float64],
    image: NDArray[np.uint8],
    depth: NDArray[np.float32],
) -> None:
    """Paint triangles, the nearest one on top.

    Args:
        corners: (T, 3, 3) projected positions.
        shades: (T, 3) grey at the corners, interpolated between them.
        image: (H, W) painted in place.
        depth: (H, W) of what ``image`` shows; updated in place.
    """
    height, width = image.shape
    for t in range(len(corners)):
        a, b, c = _from_top(corners[t, 0, 1], corners[t, 1, 1], corners[t, 2, 1])
        xa, ya, za, sa = corners[t, a, 0], corners[t, a, 1], corners[t, a, 2], shades[t, a]
        xb, yb, zb, sb = corners[t, b, 0], corners[t, b, 1], corners[t, b, 2], shades[t, b]
        xc, yc, zc, sc = corners[t, c, 0], corners[t, c, 1], corners[t, c, 2], shades[t, c]
        for row in range(max(0, ceil(ya - 0.5)), min(height, ceil(yc - 0.5))):
            # Where the row meets the long edge and one of the others. Edges run from the top down
            # in both of their triangles, which so compute the very same crossing.
            y = row + 0.5
            f = (y - ya) / (yc - ya)
            x0, z0, s0 = xa + f * (xc - xa), za + f * (zc - za), sa + f * (sc - sa)
            if y < yb:
                f = (y - ya) / (yb - ya)
                x1, z1, s1 = xa + f * (xb - xa), za + f * (zb - za), sa + f * (sb - sa)
            else:
                f = (y - yb) / (yc - yb)
                x1, z1, s1 = xb + f * (xc - xb), zb + f * (zc - zb), sb + f * (sc - sb)
            first, last = max(0, ceil(min(x0, x1) - 0.5)), min(width, ceil(max(x0, x1) - 0.5))
            if first >= last:
                continue
            dz, ds = (z1 - z0) / (x1 - x0), (s1 - s0) / (x1 - x0)
            for column in range(first, last):
                along = column + 0.5 - x0
                if z0 + dz * along < depth[row, column]:
                    depth[row, column] = z0 + dz * along
                    image[row, column] = int(s0 + ds * along + 0.5)


@compiled
def _from_top(y0: float, y1: float, y2: float) -> tuple[int, int, int]:
    """The corners 0, 1 and 2 in ascending order of their y."""
    a, b, c = 0, 1, 2
    if y1 < y0:
        a, b, y0, y1 = b, a, y1, y0
    if y2 < y1:
        b, c, y1 = c, b, y2
    if y1 < y0:
        a, b = b, a
    return a, b, c


@compiled
def lines(
    points: NDArray[np.float64],
    starts: NDArray[np.int32],
    width: int,
    tolerance: float,
    image: NDArray[np.uint8],
    depth: NDArray[np.float32],
) -> None:
    """Draw polylines, as 0, where nothing lies in front of their middle.

    Args:
        points: (P, 3) projected positions, one polyline after the other.
        starts: (E + 1,) where each polyline begins in ``points``; the last entry is P.
        width: In pixels, across the line's larger direction.
        tolerance: A line this far behind the surface still shows, in pixels of depth.
        image: (H, W) painted in place.
        depth: (H, W) as :func:`fill` left it.
    """
    height, across = image.shape
    before = (width - 1) // 2
    for e in range(len(starts) - 1):
        for p in range(starts[e], starts[e + 1] - 1):
            x, y, z = points[p, 0], points[p, 1], points[p, 2]
            dx, dy, dz = points[p + 1, 0] - x, points[p + 1, 1] - y, points[p + 1, 2] - z
            # One pixel for each column of a flat line, for each row of a steep one, half-open.
            flat = abs(dx) >= abs(dy)
            origin, length = (x, dx) if flat else (y, dy)
            begin, end = min(origin, origin + length), max(origin, origin + length)
            for step in range(ceil(begin - 0.5), ceil(end - 0.5)):
                f = (step + 0.5 - origin) / length
                column = step if flat else floor(x + f * dx)
                row = floor(y + f * dy) if flat else step
                if (
                    0 <= row < height
                    and 0 <= column < across
                    and z + f * dz - tolerance <= depth[row, column]
                ):
                    if flat:
                        image[max(0, row - before) : row - before + width, column] = 0
                    else:
                        image[row, max(0, column - before) : column - before + width] = 0


@compiled
def halved(
    image: NDArray[np.uint8], behind: NDArray[np.uint8], opacity: float, palette: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Colours of a picture of half the size.

    Args:
        image: (2 H, 2 W) values: 0 an edge, 255 nothing, shades between.
        behind: The same of what lies behind the nearest surface; looked at below an opacity of 1.
        opacity: Share of a colour in ``image``, unless it is an edge's.
        palette: (256, 3) what the values mean.

    Returns:
        (H, W, 4) red, green, blue, and how much of the pixel the part covers.
    """
    height, width = image.shape[0] // 2, image.shape[1] // 2
    result = np.empty((height, width, 4), np.uint8)
    for row in range(height):
        for column in range(width):
            red, green, blue, cover = 0.0, 0.0, 0.0, 0.0
            for k in range(4):
                y, x = 2 * row + k // 2, 2 * column + k % 2
                value = image[y, x]
                share = opacity if 0 < value < 255 else 1.0
                red += share * palette[value, 0]
                green += share * palette[value, 1]
                blue += share * palette[value, 2]
                if share < 1:
                    value = behind[y, x]
                    red += (1 - share) * palette[value, 0]
                    green += (1 - share) * palette[value, 1]
                    blue += (1 - share) * palette[value, 2]
                cover += image[y, x] != 255
            result[row, column, 0] = int(red / 4 + 0.5)
            result[row, column, 1] = int(green / 4 + 0.5)
            result[row, column, 2] = int(blue / 4 + 0.5)
            result[row, column, 3] = int(cover * 255 / 4 + 0.5)
    return result
