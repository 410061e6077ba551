"""Parts about one operation each that the other families lack: lofts, sweeps, mirrors, text, ..."""

from __future__ import annotations

import random

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import LETTERS, LONGEST, chain, grid, sides, up_to


def lofted_block(rng: random.Random) -> CadProgram:
    """A rectangle that becomes a smaller one above it."""
    x, y, height = sides(rng, smallest=30)
    return chain(
        f'cq.Workplane("XY").rect({x}, {y})',
        f".workplane(offset={height})"
        f".rect({rng.choice(grid(10, x - 10))}, {rng.choice(grid(10, y - 10))})",
        ".loft()",
    )


def lofted_adapter(rng: random.Random) -> CadProgram:
    """A rectangle that becomes a circle above it."""
    x, y, height = sides(rng, smallest=40)
    radius = rng.choice(grid(10, min(x, y) // 2 - 5, 5))
    return chain(
        f'cq.Workplane("XY").rect({x}, {y})',
        f".workplane(offset={height}).circle({radius})",
        ".loft()",
    )


def swept_pipe(rng: random.Random) -> CadProgram:
    """A pipe that goes up, bends towards +x and goes on."""
    radius = rng.choice((10, 15, 20, 25))
    bend = rng.choice(grid(radius + 10, 60, 5))
    rise = rng.choice(grid(5, LONGEST - bend - radius, 5))
    along = LONGEST - bend - radius
    return chain(
        f'cq.Workplane("XY").circle({radius}).circle({rng.choice(grid(5, radius - 5, 5))})',
        f'.sweep(cq.Workplane("XZ").vLine({rise})'
        f".radiusArc(({bend}, {rise + bend}), {bend}).hLine({along}))",
    )


def mirrored_plate(rng: random.Random) -> CadProgram:
    """A plate with a hole aside of its middle, and the other half made by mirroring."""
    x, y = LONGEST, rng.choice(grid(30, LONGEST))
    half = x // 2
    diameter = rng.choice(grid(8, min(half, y) - 10, 2))
    aside = rng.choice(grid(diameter // 2 + 3, half - diameter // 2 - 3))
    return chain(
        f'cq.Workplane("XY").box({half}, {y}, {rng.choice((5, 10, 15, 20, 30, 40))}, '
        "centered=(False, True, False))",
        f'.faces(">Z").workplane().center({aside}, 0).hole({diameter})',
        '.mirror("YZ", union=True)',
    )


def counterbored_block(rng: random.Random) -> CadProgram:
    """A block with one hole through it whose mouth is wider."""
    x, y, z = sides(rng, smallest=40)
    mouth = rng.choice(grid(20, min(x, y) - 10))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {z})',
        '.faces(">Z").workplane()',
        f".cboreHole({rng.choice(grid(10, mouth - 10))}, {mouth}, "
        f"{rng.choice(up_to(z - 10, (5, 10, 15, 20, 30)))})",
    )


def countersunk_block(rng: random.Random) -> CadProgram:
    """A block with one hole through it whose mouth is a cone of 90 degrees."""
    x, y, z = sides(rng, smallest=40)
    mouth = rng.choice(grid(20, min(x, y, 2 * z) - 10))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {z})',
        '.faces(">Z").workplane()',
        f".cskHole({rng.choice(grid(10, mouth - 10))}, {mouth}, 90)",
    )


def lettered_plate(rng: random.Random) -> CadProgram:
    """A plate with one large letter cut into it."""
    x, y = LONGEST, rng.choice(grid(60, LONGEST))
    thick = rng.choice((10, 15, 20, 30, 40))
    return chain(
        f'cq.Workplane("XY").box({x}, {y}, {thick})',
        '.faces(">Z").workplane()',
        f'.text("{rng.choice(LETTERS)}", {rng.choice(grid(40, y - 10))}, '
        f"-{rng.choice(up_to(thick - 5, (5, 10, 15)))})",
    )


def pin_assembly(rng: random.Random) -> CadProgram:
    """A plate and a pin that stands on it: two solids."""
    x, y = LONGEST, rng.choice(grid(40, LONGEST))
    thick = rng.choice((10, 20, 30))
    radius = rng.choice(grid(5, y // 2 - 10, 5))
    aside = rng.choice(grid(0, x // 2 - radius - 5, 5))
    return chain(
        "cq.Assembly()",
        f'.add(cq.Workplane("XY").box({x}, {y}, {thick}))',
        f'.add(cq.Workplane("XY").circle({radius}).extrude({rng.choice(grid(10, 60))}), '
        f"loc=cq.Location(({aside}, 0, {thick // 2})))",
    )
