"""How a picture differs from a plain one: augmentation, for models that meet more than one look.

What is drawn at random is drawn once for each picture, from a generator of its own, so that a
picture can be made again alone: :func:`vary` draws, a :class:`Variation` applies.
"""

from __future__ import annotations

import colorsys
from dataclasses import dataclass, replace
from math import cos, radians, sin

import numpy as np
from numpy.typing import NDArray

from cadvlm.render import scan
from cadvlm.render.camera import Camera
from cadvlm.render.look import Color, Light, Look

LINE_FACTOR = 3.0
"""Lines are at most so many times as wide or narrow."""

LEAST_ANGLE_DEG = 1.0
"""Perspectives below are parallel projections."""


@dataclass(frozen=True, slots=True)
class Variation:
    """One draw. The defaults change nothing."""

    turn_deg: tuple[float, float] = (0.0, 0.0)
    """How far the camera moves around the part, to the right and up."""
    roll_deg: float = 0.0
    angle_deg: float = 0.0
    """Angle of view; 0 leaves the projection as it is."""
    color: Color | None = None
    gloss: float = 0.0
    light: Light | None = None
    """A lamp; the one at the eye gives up as much."""
    line: float = 1.0
    """Factor of the width of lines."""
    ink: float = 0.0
    """How much lighter than black lines are, 0 to 1."""
    paper: float = 0.0
    """How worn the paper is; see :func:`cadvlm.render.scan.printed`."""
    noise: float = 0.0
    """How bad the scanner or camera is; see :func:`cadvlm.render.scan.scanned`."""
    background: float = 0.0
    """How lively what stands behind the part is; see :func:`cadvlm.render.scan.ground`."""

    def camera(self, camera: Camera) -> Camera:
        """Where the part is seen from now."""
        turned = camera.turned(*self.turn_deg, self.roll_deg)
        if self.angle_deg < LEAST_ANGLE_DEG or turned.distance is not None:
            return turned
        return replace(turned, angle_deg=self.angle_deg)

    def look(self, look: Look) -> Look:
        """How it is painted now."""
        if self.color is not None:
            look = replace(look, color=self.color, gloss=self.gloss, soft=True)
        if self.light is not None:
            rest = max(0.0, look.at_eye - self.light.power)
            look = replace(look, at_eye=rest, lights=(self.light,))
        if self.line != 1.0 or self.ink:
            ink = (self.ink,) * 3
            look = replace(look, edge_px=look.edge_px * self.line, edge_color=ink, soft=True)
        return look

    def finish(self, image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """What is done to a picture, (H, W) grey or (H, W, 4) with its cover, once it is painted.

        Returns:
            (H, W) grey values, or (H, W, 3) colours.
        """
        if self.background:
            image = scan.before(image, scan.ground(rng, image.shape[:2], self.background))
        elif image.ndim == 3:
            image = image[:, :, :3]
        if self.paper:
            image = scan.printed(image, rng, self.paper)
        return scan.scanned(image, rng, self.noise) if self.noise else image

    def finish_sheet(self, image: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
        """The same for a drawing (H, W), which lies on the background as a sheet of paper."""
        if self.paper:
            image = scan.printed(image, rng, self.paper)
        behind = None
        if self.background:
            behind = scan.ground(rng, image.shape[:2], self.background)
        if behind is not None or self.roll_deg or self.angle_deg:
            image = scan.laid(image, behind, rng, self.roll_deg, self.angle_deg)
        return scan.scanned(image, rng, self.noise) if self.noise else image


def vary(
    rng: np.random.Generator,
    *,
    probability: float,
    jitter_deg: float,
    rotation_deg: float,
    perspective_deg: float,
    material: float,
    light: float,
    lines: float,
    paper: float,
    noise: float,
    background: float,
) -> Variation:
    """Draw how a picture differs; the arguments are those of ``pictures.augment``."""
    # Every number is drawn whether it is used or not, so that one setting does not move another.
    used = (rng.random(9) < probability).tolist()
    u = rng.random(16).tolist()
    signed = [2 * share - 1 for share in u]
    hue, saturation, value = u[3], 0.8 * material * u[4] * u[4], 1 - 0.5 * material * u[5]
    around, above = radians(180 * signed[6]), radians(15 + 60 * u[7])
    lamp = (sin(around) * cos(above), sin(above), cos(around) * cos(above))
    return Variation(
        turn_deg=(jitter_deg * signed[0], jitter_deg * signed[1]) if used[0] else (0.0, 0.0),
        roll_deg=rotation_deg * signed[2] if used[1] else 0.0,
        angle_deg=perspective_deg * u[8] if used[2] else 0.0,
        color=colorsys.hsv_to_rgb(hue, saturation, value) if used[3] and material else None,
        gloss=material * u[9] if used[3] else 0.0,
        light=Light(lamp, light * (0.3 + 0.5 * u[10])) if used[4] and light else None,
        line=LINE_FACTOR ** (lines * signed[11]) if used[5] else 1.0,
        ink=0.5 * lines * u[12] if used[5] else 0.0,
        paper=paper * u[13] if used[6] else 0.0,
        noise=noise * u[14] if used[7] else 0.0,
        background=background * u[15] if used[8] else 0.0,
    )
