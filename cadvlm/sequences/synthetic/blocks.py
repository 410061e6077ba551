"""Boxes of any proportion with one feature."""

from __future__ import annotations

import random

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import chain, grid, sides, up_to


def drilled_block(rng: random.Random) -> CadProgram:
    """A block with one hole through it, from any of the faces that the eye sees."""
    x, y, z = sides(rng, smallest=30)
    face, entry = rng.choice(((">Z", (x, y)), (">X", (y, z)), ("<Y", (x, z))))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {z})',
        f'.faces("{face}").workplane()',
        f".hole({rng.choice(grid(10, min(entry) - 10))})",
    )


def pocket_block(rng: random.Random) -> CadProgram:
    """A block with a rectangular pocket from above, shallow enough to show its floor."""
    x, y, z = sides(rng, smallest=40)
    length, width = rng.choice(grid(20, x - 10)), rng.choice(grid(20, y - 10))
    depth = rng.choice(grid(10, min(z - 10, length, width)))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {z})',
        '.faces(">Z").workplane()',
        f".rect({length}, {width})",
        f".cutBlind(-{depth})",
    )


def filleted_block(rng: random.Random) -> CadProgram:
    """A block with its four edges along one axis rounded."""
    x, y, z = sides(rng)
    axis, section = rng.choice((("X", (y, z)), ("Y", (x, z)), ("Z", (x, y))))
    radius = rng.choice(up_to(min(section) / 2 - 5, (5, 10, 15, 20, 30, 40)))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {z})', f'.edges("|{axis}")', f".fillet({radius})"
    )


def chamfered_block(rng: random.Random) -> CadProgram:
    """A block with the rim of its top face bevelled."""
    x, y, z = sides(rng)
    bevel = rng.choice(up_to(min(x / 2, y / 2, z) - 5, (5, 10, 15, 20, 30, 40)))
    return chain(f'cq.Workplane("XY").box({x}, {y}, {z})', '.faces(">Z")', f".chamfer({bevel})")


def open_box(rng: random.Random) -> CadProgram:
    """A box without a lid; floor and walls are equally thick."""
    x, y, z = sides(rng, smallest=30)
    wall = rng.choice(up_to(min(x / 2, y / 2, z) - 5, (5, 10, 15)))
    return chain(f'cq.Workplane("XY").box({x}, {y}, {z})', '.faces(">Z")', f".shell(-{wall})")
