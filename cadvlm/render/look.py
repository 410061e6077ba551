"""Looks: what a part seems to be made of, how it is lit, and how its edges are drawn.

The look of another dataset is what its published code asks its viewer for:

- ``shaded``, GenCAD's (Alam and Ahmed, 2024), is fitted to the published pictures themselves.
- ``openecad`` and ``transparent`` (Yuan et al., 2024; ``step2img.py`` of its project): dark grey
  in the kernel's own viewer, lit from the eye, black edges two pixels wide; faces three quarters
  opaque in the second. Its small axes in the corner are left out.
- ``cadrille`` (Kolodiazhnyi et al., 2025; ``dataset.py`` of its project): light yellow facets in
  Open3D's viewer, lit from the eye by two lamps of 0.66, no edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Color = tuple[float, float, float]
"""Red, green and blue, 0 to 1, as a screen shows them."""

WHITE: Color = (1.0, 1.0, 1.0)
BLACK: Color = (0.0, 0.0, 0.0)

EDGE, GROUND = 0, 255
"""What these values of a picture stand for before it has colours; all others are shades."""

DARKEST, LIGHTEST = 1, 254


@dataclass(frozen=True, slots=True)
class Light:
    """A lamp, far away, beside the lamp at the eye."""

    way: tuple[float, float, float]
    """Towards it: to the right, up, and towards the eye; any length."""
    power: float


@dataclass(frozen=True, slots=True)
class Look:
    """How a part is painted. Light adds up, from 0 to 1, before ``gamma``."""

    color: Color = WHITE
    """Of a face in full light."""
    ambient: float = 0.0565
    """Light from everywhere."""
    at_eye: float = 0.3715
    """Power of the lamp at the eye."""
    lights: tuple[Light, ...] = ()
    gloss: float = 0.0
    """Power of a lamp's reflection, as a share of the lamp's."""
    gamma: float = 2.2
    smooth: bool = True
    """Facets of a round face run into one another."""
    edge_px: float = 1.0
    """Width of the edges in a picture of 448 pixels; 0 draws none."""
    edge_color: Color = BLACK
    ground: Color = WHITE
    opacity: float = 1.0
    """Below 1 what lies behind the faces shows too, edges included."""
    soft: bool = True
    """Borders between pixels are smoothed: drawn twice as large, then halved."""

    @property
    def plain(self) -> bool:
        """A pixel's value is its grey."""
        colors = (self.color, self.ground, self.edge_color)
        return not self.soft and self.opacity == 1 and colors == (WHITE, WHITE, BLACK)

    def shades(
        self, normals: NDArray[np.float64], towards_eye: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Shades between ``DARKEST`` and ``LIGHTEST``.

        Args:
            normals: (..., 3) unit vectors to the right, down and away, away from the material.
            towards_eye: (..., 3) likewise.
        """
        facing = np.abs(np.einsum("...i,...i", normals, towards_eye))
        light = self.ambient + self.at_eye * (facing + self.gloss * facing**SHININESS)
        for lamp in self.lights:
            way = np.array(lamp.way) * (1, -1, -1)
            way /= np.linalg.norm(way)
            half = towards_eye + way
            half /= np.linalg.norm(half, axis=-1, keepdims=True)
            mirrored = np.clip(np.einsum("...i,...i", normals, half), 0, 1) ** SHININESS
            light += lamp.power * (np.clip(normals @ way, 0, 1) + self.gloss * mirrored)
        shade: NDArray[np.float64] = 255 * np.clip(light, 0, 1) ** (1 / self.gamma)
        return np.clip(shade, DARKEST, LIGHTEST)

    @property
    def palette(self) -> NDArray[np.uint8]:
        """(256, 3) colours of the values of a picture, edges and ground included."""
        values = np.arange(256.0)[:, None]
        colors = values * np.array(self.color)
        # What shines is the lamp's colour, not the part's.
        colors += self.gloss * np.clip((values - SHINES) / (255 - SHINES), 0, 1) * (255 - colors)
        colors[EDGE] = 255 * np.array(self.edge_color)
        colors[GROUND] = 255 * np.array(self.ground)
        rounded: NDArray[np.uint8] = np.rint(colors).astype(np.uint8)
        return rounded


SHININESS = 40
"""Phong's exponent: reflections about 15 degrees wide, as on machined metal."""

SHINES = 190
"""Shade from which a glossy face whitens."""

_DARK = 0.125 ** (1 / 2.2)
"""A quarter of middle grey, in the kernel's linear light."""

LOOKS = {
    # A lamp at the eye and a little light from everywhere, with the usual gamma: 69 edge-on, 141 on
    # the faces of a box in the iso view, 173 face-on; within a grey level of GenCAD's on average.
    "shaded": Look(soft=False),
    "openecad": Look((_DARK, _DARK, _DARK), ambient=0.25, at_eye=0.75, edge_px=2.0),
    "transparent": Look((_DARK,) * 3, ambient=0.25, at_eye=0.75, edge_px=2.0, opacity=0.75),
    "cadrille": Look(
        (1.0, 1.0, 136 / 255), ambient=0.0, at_eye=1.32, gamma=1.0, smooth=False, edge_px=0.0
    ),
}
"""By name: ``pictures.style``."""
