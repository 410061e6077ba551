"""Flat parts with holes, slots or a boss."""

from __future__ import annotations

import random

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import LONGEST, chain, grid, up_to

_THICKNESSES = (5, 10, 15, 20, 30, 40)


def corner_hole_plate(rng: random.Random) -> CadProgram:
    """A plate with one through hole near each corner."""
    x, y = _outline(rng)
    margin = rng.choice(up_to((min(x, y) - 20) / 2, (10, 15, 20)))
    across, along = x - 2 * margin, y - 2 * margin
    diameter = rng.choice(up_to(min(2 * margin, across, along) - 4, (6, 10, 14, 18)))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {rng.choice(_THICKNESSES)})',
        '.faces(">Z").workplane()',
        f".rect({across}, {along}, forConstruction=True).vertices()",
        f".hole({diameter})",
    )


def hole_grid_plate(rng: random.Random) -> CadProgram:
    """A plate with rows and columns of through holes, one pitch for both."""
    x, y = _outline(rng)
    pitch = rng.choice((20, 25, 30))
    radius = rng.choice(up_to(pitch / 2 - 3, (4, 6, 8, 10)))
    columns, rows = (
        # Two at least along a long side: the pitch of a single hole could not be seen.
        rng.randint(2 if side == LONGEST else 1, min(4, (side - 2 * radius - 10) // pitch + 1))
        for side in (x, y)
    )
    return chain(
        f'cq.Workplane("XY").rect({x}, {y})',
        f".rarray({pitch}, {pitch}, {columns}, {rows}).circle({radius})",
        f".extrude({rng.choice(_THICKNESSES)})",
    )


def slotted_plate(rng: random.Random) -> CadProgram:
    """A plate with parallel slots through it, along x or along y."""
    x, y = _outline(rng)
    turned = rng.random() < 0.5
    along, across = (y, x) if turned else (x, y)
    length = rng.choice(grid(30, along - 10))
    width = rng.choice(up_to((across - 20) / 2, (10, 15, 20)))
    pitch = rng.choice(up_to(across - width - 10, grid(width + 10, width + 30, 5)))
    count = rng.randint(2, min(3, (across - width - 10) // pitch + 1))
    array = f"{pitch}, 1, {count}, 1" if turned else f"1, {pitch}, 1, {count}"
    return chain(
        f'cq.Workplane("XY").rect({x}, {y})',
        f".rarray({array}).slot2D({length}, {width}, {90 if turned else 0})",
        f".extrude({rng.choice(_THICKNESSES)})",
    )


def boss_plate(rng: random.Random) -> CadProgram:
    """A plate with a round or a rectangular boss in the middle."""
    x, y = _outline(rng)
    if rng.random() < 0.5:
        foot = f".circle({rng.choice(grid(10, min(x, y) // 2 - 5, 5))})"
    else:
        foot = f".rect({rng.choice(grid(20, x - 10))}, {rng.choice(grid(20, y - 10))})"
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {rng.choice(_THICKNESSES)})',
        '.faces(">Z").workplane()',
        f"{foot}.extrude({rng.choice(grid(10, 60))})",
    )


def _outline(rng: random.Random) -> tuple[int, int]:
    drawn = [LONGEST, rng.choice(grid(40, LONGEST))]
    rng.shuffle(drawn)
    return drawn[0], drawn[1]
