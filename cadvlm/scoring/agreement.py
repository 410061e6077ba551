"""How well a solid agrees with pictures of it: all there is to go by where nobody knows the answer.

The solid is drawn from every camera that may have taken the picture, and each drawing is compared
with it. Both are first cut to the part and scaled to one size, so that neither where it lies in the
picture nor how large matters; nothing is turned or stretched, so that proportions do.

``silhouette``  shared over joint area of what the part covers; where one sees through it, it does
                not.
``edges``       cosine between the two maps of lines and steps of shade, blurred by a pixel.
``shading``     contrast and structure of the greys where both cover, as in SSIM (Wang et al., 2004)
                over the whole part: faces that lean alike are lit alike, however brightly.

``score`` is their weighted mean, in [0, 1], seen from the camera that agrees best; of several
pictures, the mean. A picture of lines may also be a sheet, and is compared with the solid's own
engineering drawing, line by line, as with one more camera. All this is meant for choosing between
candidates for the same pictures: a photograph before a lively background lowers it for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import fmean
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_fill_holes, gaussian_filter

from cadvlm.errors import InputError
from cadvlm.geometry.solid import Solid
from cadvlm.render.drawing import draw as drawing
from cadvlm.render.drawing.bitmap import bitmap
from cadvlm.render.look import GROUND
from cadvlm.render.shaded import draw

CAMERAS = ("iso", "front", "top", "right", "back", "left", "bottom", "-45/35", "135/35", "-135/35")
"""Where pictures are taken from: the named views, and the other corners above the part."""

DRAWING = "drawing"
"""The sheet with several views, beside the cameras: third angle, with hidden lines and dimensions,
as datasets have them."""

FINE, ROUGH = 128, 32
"""Longest side of a part, in pixels, when it is compared and when its camera is looked for."""
DRAWN = 2
"""A solid is drawn so many times as large; a picture is most of it the part."""
SHEET = 448
"""Width of a sheet when it is drawn."""
BEST = 2
"""Cameras that are compared finely, out of all that were tried roughly."""
MARGIN = 1 / 16
"""Around the part, so that borders are edges too."""

WEIGHTS = 0.4, 0.4, 0.2
"""Of silhouette, edges and shading."""

UNLIKE = 12
"""Grey levels between the part and what is behind it; noise and compression stay below."""
THIN = 0.5
"""A picture that inks less of what its lines enclose is a line drawing, of white faces."""
STEP = 24.0
"""Grey levels between neighbours beyond which an edge is an edge, however black."""
FLAT = 8.0
"""Standard deviation of greys that is nothing yet: two parts of one shade agree."""


class Cut(NamedTuple):
    """A part, cut out of a picture; all three (S, S)."""

    cover: NDArray[np.bool_]
    """Where the part is."""
    grey: NDArray[np.float32]
    """0 to 255."""
    edges: NDArray[np.float32]
    """As a vector it has length 1."""


class Picture(NamedTuple):
    """What a picture shows of a part."""

    fine: Cut
    rough: Cut
    lines: bool
    """Whether it is made of lines, and not of faces."""

    @classmethod
    def of(cls, image: Image.Image) -> Self | None:
        """Cut out the part; None where there is nothing but ground."""
        grey = np.asarray(image.convert("L"))
        ground = int(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
        cover, lines = _cover(grey, ground)
        fine, rough = (_cut(grey, cover, ground, size) for size in (FINE, ROUGH))
        return None if fine is None or rough is None else cls(fine, rough, lines)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far a solid and a picture say the same."""

    score: float
    silhouette: float
    edges: float
    shading: float
    view: str
    """The camera that agrees best; of several pictures, one for each, joined by ``+``."""


def agreement(
    solid: Solid, pictures: Sequence[Picture], cameras: Sequence[str] = CAMERAS
) -> Agreement:
    """Compare a solid with one picture of a part or more.

    Args:
        solid: what a candidate built.
        pictures: at least one.
        cameras: words that :func:`cadvlm.render.camera.camera` knows.
    """
    drawn = _Drawn(solid)
    best = []
    for picture in pictures:
        views = (*cameras, DRAWING) if picture.lines else cameras
        rough = {view: _compare(drawn(view, ROUGH), picture.rough, view) for view in views}
        likely = sorted(rough, key=lambda view: -rough[view].score)[:BEST]
        fine = [_compare(drawn(view, FINE), picture.fine, view) for view in likely]
        best.append(max(fine, key=lambda one: one.score))
    return Agreement(
        score=fmean(one.score for one in best),
        silhouette=fmean(one.silhouette for one in best),
        edges=fmean(one.edges for one in best),
        shading=fmean(one.shading for one in best),
        view="+".join(one.view for one in best),
    )


class _Drawn:
    """A solid as its cameras see it, each drawn once."""

    def __init__(self, solid: Solid) -> None:
        self._solid = solid
        self._cuts: dict[tuple[str, int], Cut | None] = {}

    def __call__(self, view: str, size: int) -> Cut | None:
        """None: it is too thin to be seen from there."""
        if (view, size) not in self._cuts:
            if view == DRAWING:
                grey = self._sheet
                cover, _ = _cover(grey, GROUND)
            else:
                grey = draw(self._solid, view, DRAWN * size)
                cover = grey != GROUND
            self._cuts[view, size] = _cut(grey, cover, GROUND, size)
        return self._cuts[view, size]

    @cached_property
    def _sheet(self) -> NDArray[np.uint8]:
        try:
            return bitmap(drawing.draw(self._solid, sheet="square"), SHEET)
        except InputError:  # too large or too small a part for paper
            return np.full((1, 1), GROUND, np.uint8)


def _compare(drawn: Cut | None, picture: Cut, view: str) -> Agreement:
    if drawn is None:
        return Agreement(0.0, 0.0, 0.0, 0.0, view)
    both, either = drawn.cover & picture.cover, drawn.cover | picture.cover
    silhouette = float(both.sum() / max(1, either.sum()))
    edges = float((drawn.edges * picture.edges).sum())
    shading = _alike(drawn.grey[both], picture.grey[both]) if both.any() else 0.0
    score = float(np.dot(WEIGHTS, (silhouette, edges, shading)))
    return Agreement(score, silhouette, edges, shading, view)


def _cover(grey: NDArray[np.uint8], ground: int) -> tuple[NDArray[np.bool_], bool]:
    """Where the part is, and whether that is what lines enclose."""
    differs: NDArray[np.bool_] = np.abs(grey.astype(np.int16) - ground) > UNLIKE
    filled: NDArray[np.bool_] = binary_fill_holes(differs)
    lines = bool(differs.sum() < THIN * filled.sum())
    return filled if lines else differs, lines


def _cut(grey: NDArray[np.uint8], cover: NDArray[np.bool_], ground: int, size: int) -> Cut | None:
    """What is covered, its longer side ``size``; None where nothing is."""
    if not cover.any():
        return None
    rows, columns = np.flatnonzero(cover.any(axis=1)), np.flatnonzero(cover.any(axis=0))
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    scaled = _fitted(grey, box, ground, size)
    covered = _fitted(cover.view(np.uint8) * np.uint8(255), box, 0, size) > 127
    return Cut(covered, scaled, _edges(scaled))


def _fitted(
    values: NDArray[np.uint8], box: tuple[int, int, int, int], ground: int, size: int
) -> NDArray[np.float32]:
    """What is in the box, in the middle of a square, its longer side ``size``."""
    width, height = box[2] - box[0], box[3] - box[1]
    scale = size / max(width, height)
    shape = max(1, round(width * scale)), max(1, round(height * scale))
    part = Image.fromarray(values).resize(shape, Image.Resampling.BOX, box)
    side = size + 2 * round(size * MARGIN)
    square = Image.new("L", (side, side), ground)
    square.paste(part, ((side - shape[0]) // 2, (side - shape[1]) // 2))
    return np.asarray(square, np.float32)


def _edges(grey: NDArray[np.float32]) -> NDArray[np.float32]:
    down, right = np.gradient(grey)
    steps = np.minimum(np.hypot(down, right), STEP)
    blurred: NDArray[np.float32] = gaussian_filter(steps, 1.0)
    return blurred / max(float(np.linalg.norm(blurred)), 1e-9)


def _alike(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    a, b = a - a.mean(), b - b.mean()
    together = 2 * float((a * b).mean()) + FLAT**2
    return max(0.0, together / (float((a * a).mean() + (b * b).mean()) + FLAT**2))
