"""What is taken on a sheet: a raster of half millimetres that answers for many places at once."""

from __future__ import annotations

from math import floor

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.kernels import compiled
from cadvlm.render.drawing.sheet import Box

CELL = 0.5
"""Millimetres."""


class Space:
    """Which cells of an area are taken; outside it nothing is free."""

    def __init__(self, area: Box) -> None:
        self._origin = np.array([area.left, area.bottom])
        columns = int(np.ceil(area.width / CELL))
        rows = int(np.ceil(area.height / CELL))
        self._taken = np.zeros((columns, rows), dtype=bool)
        self._sums: NDArray[np.int32] | None = None

    def line(self, points: NDArray[np.float64]) -> None:
        """Take the cells that a polyline (N, 2) runs through."""
        _mark((points - self._origin) / CELL, self._taken)
        self._sums = None

    def box(self, box: Box) -> None:
        """Take the cells of a box."""
        (left, bottom), (right, top) = self._cells(np.array(box).reshape(2, 2))
        self._taken[max(0, left) : max(0, right + 1), max(0, bottom) : max(0, top + 1)] = True
        self._sums = None

    def is_free(self, box: Box) -> bool:
        """Whether nothing is in a box, and all of it lies in the area."""
        (left, bottom), (right, top) = self._cells(np.array(box).reshape(2, 2))
        columns, rows = self._taken.shape
        inside = min(left, bottom) >= 0 and right < columns and top < rows
        return bool(inside and not self._taken[left : right + 1, bottom : top + 1].any())

    def free(self, boxes: NDArray[np.float64]) -> NDArray[np.bool_]:
        """(N,) whether nothing is in each of N boxes (N, 4), and all of it lies in the area."""
        if self._sums is None:
            sums = self._taken.cumsum(axis=0, dtype=np.int32).cumsum(axis=1, dtype=np.int32)
            self._sums = np.pad(sums, ((1, 0), (1, 0)))
        low, high = self._cells(boxes[:, :2]), self._cells(boxes[:, 2:]) + 1
        inside = (low >= 0).all(axis=1) & (high <= self._taken.shape).all(axis=1)
        low, high = (np.clip(ends, 0, self._taken.shape) for ends in (low, high))
        (x0, y0), (x1, y1), sums = low.T, high.T, self._sums
        count = sums[x1, y1] - sums[x0, y1] - sums[x1, y0] + sums[x0, y0]
        free: NDArray[np.bool_] = inside & (count == 0)
        return free

    def met(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.int64]:
        """(N,) how often N straight paths from (N, 2) to (N, 2) enter what is taken."""
        paths = np.stack([starts - self._origin, ends - self._origin], axis=1) / CELL
        entries: NDArray[np.int64] = _entries(paths, self._taken)
        return entries

    def _cells(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        cells: NDArray[np.int64] = np.floor((points - self._origin) / CELL).astype(np.int64)
        return cells


@compiled
def _mark(points: NDArray[np.float64], taken: NDArray[np.bool_]) -> None:
    """Take the cells along a polyline (N, 2), given in cells."""
    columns, rows = taken.shape
    for p in range(len(points) - 1):
        x, y = points[p, 0], points[p, 1]
        dx, dy = points[p + 1, 0] - x, points[p + 1, 1] - y
        steps = 1 + int(2 * max(abs(dx), abs(dy)))
        for step in range(steps + 1):
            column, row = floor(x + dx * step / steps), floor(y + dy * step / steps)
            if 0 <= column < columns and 0 <= row < rows:
                taken[column, row] = True


@compiled
def _entries(paths: NDArray[np.float64], taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(N,) how often paths (N, 2, 2), given in cells, go from what is free to what is taken."""
    columns, rows = taken.shape
    entries = np.zeros(len(paths), np.int64)
    for n in range(len(paths)):
        x, y = paths[n, 0, 0], paths[n, 0, 1]
        dx, dy = paths[n, 1, 0] - x, paths[n, 1, 1] - y
        steps = 1 + int(2 * max(abs(dx), abs(dy)))
        inside = False
        for step in range(steps + 1):
            column, row = floor(x + dx * step / steps), floor(y + dy * step / steps)
            now = 0 <= column < columns and 0 <= row < rows and taken[column, row]
            if now and not inside:
                entries[n] += 1
            inside = now
    return entries
