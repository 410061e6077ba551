"""One picture of a part by one word: a camera, several in a grid, or what another dataset shows.

==========================  ====================================================================
``iso``, ``front``, 30/20   one camera; see :func:`cadvlm.render.camera.camera`
``iso+front+top``           several, from left to right and from the top down
``cadrille``                four corners of the part from nearby, two by two, each of 134 pixels
                            with its border of 3; -Y is up
``openecad``                a corner of the part, anew for each: the eye at (x, y, z), all three
                            evenly between 0.75 and 1
``openecad-transparent``    from (1, 1, 1), through the faces
``openecad-orthographic``   from (1, 1, 1), +X, +Y and +Z, two by two
==========================  ====================================================================

The last four are read from their projects' code (``dataset.py`` of cadrille, ``step2img.py`` of
OpenECAD). Their own sizes are 268 x 268, 640 x 480, and 1280 x 960 for OpenECAD's four.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from cadvlm.geometry.solid import Solid
from cadvlm.records import Rendering
from cadvlm.render import png
from cadvlm.render.camera import Camera, camera, looking
from cadvlm.render.look import GROUND, LOOKS, Look
from cadvlm.render.shaded import paint
from cadvlm.render.variation import Variation

BESIDE = "+"
"""Between the cameras of a grid."""


WHOLE = 0.99, 0.99
"""What a part fills in the kernel's viewer, which leaves a margin of a hundredth."""


class Published(NamedTuple):
    """How the pictures of another dataset are made."""

    style: str
    cameras: tuple[Camera, ...]
    """Empty: one at random."""
    border: float = 0.0


def _from_corners(*eyes: tuple[int, int, int]) -> tuple[Camera, ...]:
    """The kernel's viewer, Z upwards."""
    up = {eye: (0, 1, 0) if eye == (0, 0, 1) else (0, 0, 1) for eye in eyes}
    return tuple(replace(looking(eye, up[eye]), filled=WHOLE) for eye in eyes)


def _from_nearby(*eyes: tuple[int, int, int]) -> tuple[Camera, ...]:
    """Open3D's viewer, its eye 0.9 times (1, 1, 1) from the middle of a part of size 1."""
    cameras = (looking(eye, (0, -1, 0)) for eye in eyes)
    return tuple(replace(it, angle_deg=60.0, distance=0.9 * sqrt(3)) for it in cameras)


PUBLISHED = {
    "cadrille": Published(
        "cadrille", _from_nearby((-1, -1, -1), (1, 1, 1), (1, -1, 1), (-1, 1, -1)), 3 / 134
    ),
    "openecad": Published("openecad", ()),
    "openecad-transparent": Published("transparent", _from_corners((1, 1, 1))),
    "openecad-orthographic": Published(
        "openecad", _from_corners((1, 1, 1), (1, 0, 0), (0, 1, 0), (0, 0, 1))
    ),
}


def render(
    solid: Solid,
    view: str,
    size: tuple[int, int],
    rng: np.random.Generator,
    *,
    style: str = "shaded",
    columns: int | None = None,
    border: float = 0.0,
    variation: Variation | None = None,
) -> Rendering:
    """Draw a part.

    Args:
        solid: the part.
        view: see the module.
        size: width and height of the whole picture, in pixels.
        rng: what is drawn at random comes from here.
        style: a name in :data:`cadvlm.render.look.LOOKS`; other datasets' pictures have their own.
        columns: of a grid; None: as many as rows, or one more.
        border: around each picture of a grid, black, as a share of its height.
        variation: how the picture differs from a plain one.

    Raises:
        InputError: the view is not known.
    """
    if view in PUBLISHED:
        style, cameras, border = PUBLISHED[view]
        columns = None
        if not cameras:
            x, y, z = rng.uniform(0.75, 1.0, 3).tolist()
            cameras = (replace(looking((x, y, z)), filled=WHOLE),)
    else:
        cameras = tuple(camera(word) for word in view.split(BESIDE))
    look = LOOKS[style]
    if variation is not None:
        look = variation.look(look)
        cameras = tuple(variation.camera(it) for it in cameras)
    image = _grid(solid, cameras, look, size, columns or ceil(sqrt(len(cameras))), border)
    finished = image[..., :3] if image.ndim == 3 else image
    if variation is not None:
        finished = variation.finish(image, rng)
    return Rendering(view, style, *size, png.encode(_grey(finished)))


def _grid(
    solid: Solid,
    cameras: Sequence[Camera],
    look: Look,
    size: tuple[int, int],
    columns: int,
    border: float,
) -> NDArray[np.uint8]:
    """Pictures side by side; one alone has no border."""
    width, height = size
    if len(cameras) == 1:
        return paint(solid, cameras[0], look, width, height)
    wide, tall = width // columns, height // ceil(len(cameras) / columns)
    edge = round(border * tall)
    tiles = [paint(solid, it, look, wide - 2 * edge, tall - 2 * edge) for it in cameras]
    grey = tiles[0].ndim == 2
    nothing = GROUND if grey else [*look.palette[GROUND], 0]
    image = np.full((height, width, *tiles[0].shape[2:]), nothing, np.uint8)
    for number, tile in enumerate(tiles):
        top, left = tall * (number // columns), wide * (number % columns)
        cell = image[top : top + tall, left : left + wide]
        if edge:
            cell[...] = 0 if grey else [0, 0, 0, 255]
        cell[edge : tall - edge, edge : wide - edge] = tile
    return image


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """One value a pixel where that says it all."""
    if image.ndim == 2:
        return image
    red, green, blue = image[:, :, 0], image[:, :, 1], image[:, :, 2]
    grey = np.array_equal(red, green) and np.array_equal(green, blue)
    return np.ascontiguousarray(red if grey else image)
