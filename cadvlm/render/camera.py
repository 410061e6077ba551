"""Cameras: where a part is seen from, and which pixel a point of it falls on.

Unless a camera says otherwise the projection is parallel, the part's bounding box is centred, and
it fills 8/9 of the picture's width or 2/3 of its height, whichever comes first: measured on the
pictures of GenCAD (Alam and Ahmed, 2024), which GenCAD-Code trains on, so that models that know
those pictures know ours.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import cos, inf, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from cadvlm.errors import InputError
from cadvlm.geometry.lines import VIEWS, frame

FILLED = 8 / 9, 2 / 3
"""Shares of width and height."""

BEHIND = 1.1
"""From the middle of a part to the eye, where the camera does not say: in its radii, divided by the
sine of half the angle of view, so that the part lies within that angle."""


@dataclass(frozen=True, slots=True)
class Projection:
    """A camera aimed at one part, for one size of picture."""

    center: NDArray[np.float64]
    """(3,) the middle of the part's bounding box."""
    axes: NDArray[np.float64]
    """(3, 3) rows: the picture's right, its down, and away from the eye; as long as a unit of the
    part is in pixels."""
    eye: float
    """From the middle to the eye, in pixels; infinite for a parallel projection."""
    middle: NDArray[np.float64]
    """(3,) what is added last: the pixel of the bounding box's middle, and 0."""

    def place(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points (N, 3) as the camera stands to them: to the right, down and away, in pixels."""
        placed: NDArray[np.float64] = (points - self.center) @ self.axes.T
        return placed

    def to_pixels(self, placed: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 3) pixels and depth of what :meth:`place` gave. Depth grows away from the eye, and
        along a straight line as evenly as the pixels do."""
        pixels: NDArray[np.float64] = placed
        if self.eye < inf:
            pixels = placed * (self.eye / (self.eye + placed[:, 2:]))
        return pixels + self.middle

    def towards_eye(self, placed: NDArray[np.float64]) -> NDArray[np.float64]:
        """(..., 3) unit vectors from points that :meth:`place` gave."""
        if self.eye == inf:
            return np.broadcast_to(np.array([0.0, 0.0, -1.0]), placed.shape)
        way = np.array([0.0, 0.0, -self.eye]) - placed
        unit: NDArray[np.float64] = way / np.linalg.norm(way, axis=-1, keepdims=True)
        return unit


@dataclass(frozen=True, slots=True)
class Camera:
    """Where a part is seen from."""

    axes: NDArray[np.float64]
    """(3, 3) rows: the picture's right, its up, and from the part towards the eye; unit length."""
    angle_deg: float = 0.0
    """Angle of view from the top of the picture to its bottom; 0 is a parallel projection."""
    distance: float | None = None
    """From the middle of the part to the eye, in longest sides of the part, for cameras that stay
    where they are; None: the part fills the picture."""
    filled: tuple[float, float] = FILLED
    """How much of the width or the height the bounding box takes, where it fills the picture."""

    def aim(self, bbox: Sequence[float], width: int, height: int) -> Projection:
        """Aim at a part.

        Args:
            bbox: ``(xmin, ymin, zmin, xmax, ymax, zmax)`` of the part.
            width, height: of the picture, in pixels.
        """
        low, high = np.asarray(bbox[:3]), np.asarray(bbox[3:])
        center, middle = (low + high) / 2, np.array([width / 2, height / 2, 0.0])
        away = self.axes * np.array([[1.0], [-1.0], [-1.0]])
        if not self.angle_deg:
            wide, tall, _ = np.abs(self.axes) @ (high - low)
            pixels = min(width * self.filled[0] / wide, height * self.filled[1] / tall)
            return Projection(center, away * pixels, inf, middle)
        half = radians(self.angle_deg / 2)
        if self.distance is not None:
            eye = self.distance * float((high - low).max())
            pixels = height / 2 / tan(half) / eye
            return Projection(center, away * pixels, eye * pixels, middle)
        eye = BEHIND * float(np.linalg.norm(high - low)) / 2 / sin(half)
        corners = np.array(list(itertools.product(*zip(low, high, strict=True))))
        one = Projection(center, away, eye, np.zeros(3))
        seen = one.to_pixels(one.place(corners))[:, :2]
        first, last = seen.min(axis=0), seen.max(axis=0)
        pixels = float((np.array([width, height]) * self.filled / (last - first)).min())
        middle[:2] -= pixels * (first + last) / 2
        return Projection(center, away * pixels, eye * pixels, middle)

    def project(
        self, points: NDArray[np.float64], bbox: Sequence[float], size: int
    ) -> NDArray[np.float64]:
        """Map points (N, 3) of a part to a square picture; see :meth:`Projection.to_pixels`."""
        projection = self.aim(bbox, size, size)
        return projection.to_pixels(projection.place(points))

    def turned(self, right_deg: float, up_deg: float, roll_deg: float) -> Camera:
        """The same camera moved around the part, to the right and up; the picture turns left."""
        a, b, c = radians(right_deg), radians(up_deg), radians(roll_deg)
        around_up = np.array([[cos(a), 0, -sin(a)], [0, 1, 0], [sin(a), 0, cos(a)]])
        around_right = np.array([[1, 0, 0], [0, cos(b), -sin(b)], [0, sin(b), cos(b)]])
        around_back = np.array([[cos(c), -sin(c), 0], [sin(c), cos(c), 0], [0, 0, 1]])
        return replace(self, axes=around_back @ around_right @ around_up @ self.axes)


def looking(eye: Sequence[float], up: Sequence[float] = (0, 0, 1)) -> Camera:
    """A camera that looks from ``eye`` at the middle of a part, ``up`` upwards in the picture."""
    return Camera(frame(eye, up))


CAMERAS = {name: looking(eye, up) for name, (eye, up) in VIEWS.items()} | {
    "back": looking((0, 1, 0)),
    "left": looking((-1, 0, 0)),
    "bottom": looking((0, 0, -1), (0, -1, 0)),
}
"""By name: the views of a drawing, for pictures too, and those from the other sides."""

_ANGLES = re.compile(r"(-?\d+(?:\.\d+)?)/(-?\d+(?:\.\d+)?)")


def camera(view: str) -> Camera:
    """The camera that a word stands for: a name in :data:`CAMERAS` or two angles in degrees.

    ``30/20`` stands 30 degrees to the right of the front and 20 above; ``90/0`` is ``right``,
    ``0/90`` is ``top``.

    Raises:
        InputError: the word is neither.
    """
    if view in CAMERAS:
        return CAMERAS[view]
    angles = _ANGLES.fullmatch(view)
    if angles is None:
        known = ", ".join(CAMERAS)
        raise InputError(f"view {view!r}: neither one of {known} nor angles such as 30/20")
    around, above = (radians(float(angle)) for angle in angles.groups())
    back = [sin(around) * cos(above), -cos(around) * cos(above), sin(above)]
    right = [cos(around), sin(around), 0.0]
    return Camera(np.array([right, np.cross(back, right), back]))
