"""Parts of ten and more operations that a mill or a lathe would make: plates, housings, spindles.

What is where is said in absolute places, as on a drawing, so that no feature depends on which face
the one before it left behind.
"""

from __future__ import annotations

import random

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import LETTERS, LONGEST, at, chain, grid, rim

_HALF = LONGEST // 2


def instrument_panel(rng: random.Random) -> CadProgram:
    """A plate with six cells, another kind of opening in each."""
    thick, corner = rng.choice((8, 10, 12, 15)), rng.choice((4, 5, 6, 8))
    cells = [(x, y) for x in (-30, 0, 30) for y in (-18, 18)]
    rng.shuffle(cells)
    small, wide = rng.choice((4, 6, 8)), rng.choice((12, 14, 16))
    deep = rng.choice((2, 3, 4))
    openings = (
        f".hole({rng.choice((6, 8, 10, 12))})",
        f".cboreHole({small}, {wide}, {deep})",
        f".cskHole({small}, {wide}, 90)",
        f".slot2D({rng.choice((16, 18, 20))}, {rng.choice((6, 8))}, 90).cutBlind(-{deep})",
        f".rect({rng.choice((12, 16, 20))}, {rng.choice((10, 14, 18))}).cutThruAll()",
        f'.text("{rng.choice(LETTERS)}", {rng.choice((14, 16, 18))}, -2)',
    )
    return chain(
        f'cq.Workplane("XY").box({LONGEST}, 80, {thick}, centered=(True, True, False))',
        f'.edges("|Z").fillet({corner})',
        f'.faces(">Z").edges().chamfer({rng.choice((1, 2))})',
        *(f"{at(x, y, thick)}{opening}" for (x, y), opening in zip(cells, openings, strict=True)),
        f"{at(0, 0, thick)}.rect(88, 68, forConstruction=True).vertices().hole(4)",
        f"{at(0, 0, thick)}.rarray(30, 1, 4, 1).circle(2).cutBlind(-{deep})",
    )


def boss_carrier(rng: random.Random) -> CadProgram:
    """A plate with three bosses of different heights, each bevelled and bored."""
    y, thick = rng.choice((40, 50, 60)), rng.choice((6, 8, 10))
    heights = rng.sample(grid(8, 40, 4), 3)
    radii = [rng.choice((9, 10, 12)) for _ in range(3)]
    bosses = [
        step
        for x, height, radius in zip((-32, 0, 32), heights, radii, strict=True)
        for step in (
            f"{at(x, 0, thick)}.circle({radius}).extrude({height})",
            f"{rim(x, 0, thick + height)}.chamfer({rng.choice((1, 2))})",
            f"{at(x, 0, thick + height)}.hole({rng.choice((6, 8, 10))}, {height})",
        )
    ]
    return chain(
        f'cq.Workplane("XY").box({LONGEST}, {y}, {thick}, centered=(True, True, False))',
        f'.edges("|Z").fillet({rng.choice((3, 4, 6))})',
        *bosses,
        f"{at(0, 0, thick)}.rarray(28, {y - 14}, 4, 2).hole(4)",
        f"{at(0, 0, 0)}.rect(60, {y - 20}).cutBlind({rng.choice((2, 3))})",
    )


def round_housing(rng: random.Random) -> CadProgram:
    """A disc with a bored hub, two circles of holes, a key and a recess below."""
    thick, height = rng.choice((12, 16, 20)), rng.choice(grid(10, 40, 5))
    hub, bore = rng.choice((18, 20, 22)), rng.choice((10, 12, 14))
    key, count = rng.choice((4, 6)), rng.choice((4, 6, 8))
    return chain(
        f'cq.Workplane("XY").circle({_HALF}).extrude({thick})',
        f"{rim(0, 0, thick)}.chamfer({rng.choice((1, 2, 3))})",
        f"{at(0, 0, thick)}.circle({hub}).extrude({height})",
        f"{rim(0, 0, thick + height)}.fillet({rng.choice((1, 2, 3))})",
        f"{at(0, 0, thick + height)}.hole({bore})",
        f"{at(0, 0, thick + height)}.center({bore // 2}, 0).rect({key}, {key}).cutThruAll()",
        f"{at(0, 0, thick)}.polarArray(42, 0, 360, {count}).cboreHole(4, 8, {rng.choice((3, 4))})",
        f"{at(0, 0, thick)}.polarArray(30, 45, 360, 4).circle(5).extrude({rng.choice((4, 6, 8))})",
        f"{at(0, 0, thick)}.polarArray(30, 45, 360, 4).circle(2).cutThruAll()",
        f"{at(0, 0, 0)}.circle(24).circle(14).cutBlind({rng.choice((3, 4, 5))})",
        f"{at(0, 0, 0)}.circle(48).circle(46).cutBlind({rng.choice((1, 2))})",
    )


def stepped_spindle(rng: random.Random) -> CadProgram:
    """A shaft of four steps with bevelled ends, a keyway, a cross hole and a centre hole."""
    radii = sorted(rng.sample((10, 12, 14, 16, 18, 20, 22, 24), 4), reverse=True)
    lengths = [rng.choice((20, 25)), rng.choice((20, 25)), rng.choice((20, 25))]
    ends = [0, lengths[0], sum(lengths[:2]), sum(lengths), LONGEST]
    steps = [
        f"{at(0, 0, start)}.circle({radius}).extrude({end - start})"
        for radius, start, end in zip(radii[1:], ends[1:], ends[2:], strict=False)
    ]
    last = radii[-1]
    keyway = f'cq.Workplane("XY").box({rng.choice((4, 6))}, 20, 16)'
    return chain(
        f'cq.Workplane("XY").circle({radii[0]}).extrude({lengths[0]})',
        *steps,
        f"{rim(0, 0, 0)}.chamfer({rng.choice((1, 2))})",
        f"{rim(0, 0, LONGEST)}.chamfer({rng.choice((1, 2))})",
        f"{rim(0, 0, ends[1])}.fillet(1)",
        f"{at(0, 0, LONGEST)}.hole({rng.choice((4, 6))}, {rng.choice((10, 15, 20))})",
        f".cut({keyway}.translate((0, {radii[1] + 6}, {(ends[1] + ends[2]) // 2})))",
        f"{at(0, 0, (ends[2] + ends[3]) // 2, 'YZ')}.circle({rng.choice((2, 3))}).cutThruAll()",
        f"{at(0, 0, 0)}.polarArray({radii[0] - 4}, 0, 360, 4).circle(1).cutBlind(4)",
        f"{at(0, 0, 92)}.circle({last}).circle({last - 2}).cutBlind(-{rng.choice((3, 5))})",
    )


def enclosure(rng: random.Random) -> CadProgram:
    """An open box with bored posts inside, openings in two walls, vents in the floor, and feet."""
    y, height, wall = rng.choice((60, 70, 80)), rng.choice((30, 40, 50)), rng.choice((3, 4))
    posts = f".rect(76, {y - 24}, forConstruction=True).vertices()"
    return chain(
        f'cq.Workplane("XY").box({LONGEST}, {y}, {height}, centered=(True, True, False))',
        f'.edges("|Z").fillet({rng.choice((6, 8))})',
        f'.faces(">Z").shell(-{wall})',
        f"{at(0, 0, wall)}{posts}.circle(5).extrude({rng.choice((12, 16, 20))})",
        f"{at(0, 0, height)}{posts}.hole(4, {height - wall - 1})",
        f"{at(_HALF, 0, height // 2, 'YZ')}.rect(20, {rng.choice((8, 10, 12))}).cutBlind(-10)",
        f"{at(0, -y // 2, height // 2, 'XZ')}.circle({rng.choice((4, 5, 6))}).cutBlind(-10)",
        f"{at(20, -y // 2, height // 2, 'XZ')}.slot2D(16, {rng.choice((4, 6))}).cutBlind(-10)",
        f"{at(0, 0, 0)}.rarray(8, 1, {rng.choice((3, 4, 5))}, 1).rect(3, 20).cutBlind({wall})",
        f"{at(0, 0, 0)}.rect(72, {y - 28}, forConstruction=True).vertices().circle(4)"
        f".extrude(-{rng.choice((3, 4, 5))})",
        '.faces("<Z").edges().chamfer(1)',
        f"{at(0, y // 2 - wall, height // 2)}.rect(30, 4).extrude({rng.choice((4, 6))})",
    )


def manifold(rng: random.Random) -> CadProgram:
    """A block with ports on three sides, each with a raised rim, and fixing holes."""
    y, height = rng.choice((50, 60)), rng.choice((40, 50))
    bore = rng.choice((8, 10, 12))
    ports = [
        step
        for x in (-28, 28)
        for step in (
            f"{at(x, 0, height)}.circle({bore // 2 + 5}).extrude({rng.choice((4, 6, 8))})",
            f"{at(x, 0, height + 8)}.hole({bore}, {height // 2 + 8})",
        )
    ]
    return chain(
        f'cq.Workplane("XY").box({LONGEST}, {y}, {height}, centered=(True, True, False))',
        f'.edges("|Z").chamfer({rng.choice((3, 5))})',
        f'.faces(">Z").edges().fillet({rng.choice((1, 2))})',
        *ports,
        f"{at(0, -y // 2, height // 2, 'XZ')}.circle({bore // 2 + 4})"
        f".extrude({rng.choice((3, 5))})",
        f"{at(0, -y // 2 - 6, height // 2, 'XZ')}.hole({bore}, {y // 2 + 6})",
        f"{at(-_HALF, 0, height // 2, 'YZ')}.circle({bore // 2 - 1}).cutBlind({LONGEST - 10})",
        f"{at(0, 0, height)}.rect(20, {y - 16}, forConstruction=True).vertices().cskHole(4, 8, 90)",
        f"{at(0, 0, 0)}.rarray(60, {y - 20}, 2, 2).circle(3).cutBlind({rng.choice((6, 8, 10))})",
        f'{at(0, 0, height)}.text("{rng.choice(LETTERS)}", 14, -2)',
    )
