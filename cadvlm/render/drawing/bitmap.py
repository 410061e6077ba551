"""A drawing as pixels: lines with soft edges, each pixel as dark as the line covers it."""

from __future__ import annotations

from math import ceil, floor

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.kernels import compiled
from cadvlm.render.drawing.sheet import Sheet, dashed

PAPER = 255

THINNEST_PX = 1.0
"""Lines are never drawn narrower: in small pictures they would fade to light grey."""


def bitmap(sheet: Sheet, width: int, *, line: float = 1.0) -> NDArray[np.uint8]:
    """Draw a sheet.

    Args:
        sheet: what to draw.
        width: in pixels; the height follows from the paper.
        line: factor of the width of all lines.

    Returns:
        (H, W) grey values, the first row on top.
    """
    pixels = width / sheet.width
    image = np.full((round(sheet.height * pixels), width), PAPER, np.uint8)
    lines: list[tuple[NDArray[np.float64], float]] = []
    for stroke in sheet.ink.strokes:
        style = stroke.line.value
        lines += [(piece, style.width) for piece in dashed(stroke.points, style.dashes)]
    for label in sheet.ink.labels:
        lines += [(points, label.stroke_width) for points in label.strokes()]
    flip = np.array([pixels, -pixels])
    corner = np.array([0.0, sheet.height * pixels])
    if lines:
        points = np.concatenate([points for points, _ in lines]) * flip + corner
        starts = np.cumsum([0, *(len(points) for points, _ in lines)])
        widths = np.maximum(np.array([width for _, width in lines]) * pixels * line, THINNEST_PX)
        _strokes(points, starts, widths, image)
    if sheet.ink.arrows:
        arrows = np.stack([arrow.corners() for arrow in sheet.ink.arrows]) * flip + corner
        _triangles(arrows, image)
    return image


@compiled
def _strokes(
    points: NDArray[np.float64],
    starts: NDArray[np.int64],
    widths: NDArray[np.float64],
    image: NDArray[np.uint8],
) -> None:
    """Draw polylines with round ends. A pixel is as dark as its darkest line."""
    height, width = image.shape
    for s in range(len(starts) - 1):
        reach = widths[s] / 2 + 0.5
        for p in range(starts[s], starts[s + 1] - 1):
            x0, y0 = points[p, 0], points[p, 1]
            dx, dy = points[p + 1, 0] - x0, points[p + 1, 1] - y0
            square = dx * dx + dy * dy
            top, bottom = min(y0, y0 + dy) - reach, max(y0, y0 + dy) + reach
            for row in range(max(0, floor(top)), min(height, ceil(bottom))):
                y = row + 0.5 - y0
                # The columns that the widened line can touch in this row.
                low, high = x0 + min(0.0, dx), x0 + max(0.0, dx)
                if abs(dy) > 1e-9:
                    a, b = (y - reach) / dy, (y + reach) / dy
                    first, last = max(0.0, min(a, b)), min(1.0, max(a, b))
                    low = x0 + min(first * dx, last * dx)
                    high = x0 + max(first * dx, last * dx)
                begin = max(0, floor(low - reach))
                for column in range(begin, min(width, ceil(high + reach))):
                    x = column + 0.5 - x0
                    f = 0.0
                    if square > 0:
                        f = min(1.0, max(0.0, (x * dx + y * dy) / square))
                    away = np.sqrt((x - f * dx) ** 2 + (y - f * dy) ** 2)
                    _darken(image, row, column, reach - away)


@compiled
def _triangles(corners: NDArray[np.float64], image: NDArray[np.uint8]) -> None:
    """Fill triangles (T, 3, 2)."""
    height, width = image.shape
    for t in range(len(corners)):
        ax, ay = corners[t, 0, 0], corners[t, 0, 1]
        area = (corners[t, 1, 0] - ax) * (corners[t, 2, 1] - ay)
        area -= (corners[t, 2, 0] - ax) * (corners[t, 1, 1] - ay)
        side = 1.0 if area > 0 else -1.0
        top, bottom = corners[t, :, 1].min() - 1, corners[t, :, 1].max() + 1
        left, right = corners[t, :, 0].min() - 1, corners[t, :, 0].max() + 1
        for row in range(max(0, floor(top)), min(height, ceil(bottom))):
            for column in range(max(0, floor(left)), min(width, ceil(right))):
                inside = 1.0
                for k in range(3):
                    x, y = corners[t, k, 0], corners[t, k, 1]
                    dx, dy = corners[t, (k + 1) % 3, 0] - x, corners[t, (k + 1) % 3, 1] - y
                    cross = dx * (row + 0.5 - y) - dy * (column + 0.5 - x)
                    length = max(1e-9, np.sqrt(dx * dx + dy * dy))
                    inside = min(inside, side * cross / length + 0.5)
                _darken(image, row, column, inside)


@compiled
def _darken(image: NDArray[np.uint8], row: int, column: int, cover: float) -> None:
    if cover > 0:
        grey = int(255 * (1 - min(1.0, cover)) + 0.5)
        if grey < image[row, column]:
            image[row, column] = grey
