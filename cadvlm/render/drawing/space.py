"""What is taken on a sheet: a raster of half millimetres that answers for many places at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

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
        self._take(_sampled(points))

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

    def met(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        """(N,) how often N paths (N, S, 2) of S samples each enter what is taken."""
        cells = self._cells(points)
        inside = np.asarray(((cells >= 0) & (cells < self._taken.shape)).all(axis=-1))
        x, y = np.moveaxis(np.where(inside[..., None], cells, 0), -1, 0)
        taken = (self._taken[x, y] & inside).astype(np.int64)
        entries: NDArray[np.int64] = (np.diff(taken, axis=-1, prepend=0) > 0).sum(axis=-1)
        return entries

    def _take(self, points: NDArray[np.float64]) -> None:
        cells = self._cells(points)
        cells = cells[((cells >= 0) & (cells < self._taken.shape)).all(axis=1)]
        self._taken[cells[:, 0], cells[:, 1]] = True
        self._sums = None

    def _cells(self, points: NDArray[np.float64]) -> NDArray[np.int64]:
        cells: NDArray[np.int64] = np.floor((points - self._origin) / CELL).astype(np.int64)
        return cells


def _sampled(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """A polyline with points no further apart than half a cell."""
    at = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    along = np.linspace(0.0, at[-1], 2 + int(at[-1] / (CELL / 2)))
    along = np.union1d(along, at)
    return np.stack([np.interp(along, at, points[:, k]) for k in (0, 1)], axis=1)
