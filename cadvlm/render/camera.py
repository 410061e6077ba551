"""Cameras: where a part is seen from, and which pixel a point of it falls on.

All views are orthographic. The part's bounding box is centred, and fills 8/9 of the picture's width
or 2/3 of its height, whichever comes first: measured on the pictures of GenCAD (Alam and Ahmed,
2024), which GenCAD-Code trains on, so that models that know those pictures know ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.lines import VIEWS

WIDTH_FILLED = 8 / 9
HEIGHT_FILLED = 2 / 3


@dataclass(frozen=True, slots=True)
class Camera:
    """An orthographic camera."""

    axes: NDArray[np.float64]
    """(3, 3) rows: the picture's right, its up, and from the part towards the eye; unit length."""

    def project(
        self, points: NDArray[np.float64], bbox: Sequence[float], size: int
    ) -> NDArray[np.float64]:
        """Map points to the picture.

        Args:
            points: (N, 3) in the part's own frame.
            bbox: ``(xmin, ymin, zmin, xmax, ymax, zmax)`` of the part.
            size: Width and height of the picture in pixels.

        Returns:
            (N, 3): pixels to the right and down from the picture's upper left corner, and depth,
            growing away from the eye, in pixels too.
        """
        low, high = np.asarray(bbox[:3]), np.asarray(bbox[3:])
        width, height, _ = np.abs(self.axes) @ (high - low)
        pixels = size * min(WIDTH_FILLED / width, HEIGHT_FILLED / height)
        placed = (points - (low + high) / 2) @ (self.axes.T * [pixels, -pixels, -pixels])
        projected: NDArray[np.float64] = placed + np.array([size / 2, size / 2, 0])
        return projected


def _from(eye: tuple[int, int, int], up: tuple[int, int, int]) -> Camera:
    back = np.array(eye, dtype=float)
    right = np.cross(np.array(up), back)
    axes = np.stack([right, np.cross(back, right), back])
    return Camera(axes / np.linalg.norm(axes, axis=1, keepdims=True))


CAMERAS = {name: _from(eye, up) for name, (eye, up) in VIEWS.items()}
"""The views of a drawing, for pictures too."""
