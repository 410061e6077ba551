"""Turned parts and prisms: circles and polygons extruded, profiles revolved."""

from __future__ import annotations

import math
import random
from itertools import pairwise

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import LONGEST, PLANES, chain, grid, up_to

_HALF = LONGEST // 2


def bolt_circle_disc(rng: random.Random) -> CadProgram:
    """A disc with through holes on a circle."""
    ring = rng.choice(grid(20, 40, 5))
    count = rng.choice((3, 4, 5, 6, 8))
    chord = 2 * ring * math.sin(math.pi / count)
    radius = rng.choice(up_to(min(_HALF - ring, chord / 2) - 2, (4, 6, 8, 10)))
    return chain(
        f'cq.Workplane("XY").circle({_HALF})',
        f".polarArray({ring}, 0, 360, {count}).circle({radius})",
        f".extrude({rng.choice((5, 10, 15, 20, 30, 40, 60, 80, 100))})",
    )


def flange(rng: random.Random) -> CadProgram:
    """A disc with a bored hub and a bolt circle."""
    thick = rng.choice((5, 10, 15, 20, 30))
    hub = rng.choice((15, 20, 25, 30))
    bore = rng.choice(grid(5, hub - 5, 5))
    ring = (hub + _HALF) // 2
    radius = rng.choice(up_to((_HALF - hub) / 2 - 4, (4, 6)))
    return chain(
        f'cq.Workplane("XY").circle({_HALF}).circle({bore})',
        f".polarArray({ring}, 0, 360, {rng.choice((3, 4, 6, 8))}).circle({radius})",
        f".extrude({thick})",
        f'.faces(">Z").workplane().circle({hub}).circle({bore})',
        f".extrude({rng.choice(grid(10, 60))})",
    )


def tube(rng: random.Random) -> CadProgram:
    """A ring or a tube along any axis."""
    plane = rng.choice(list(PLANES))
    outer, length = _stock(rng)
    inner = rng.choice(grid(5, outer - 5, 5))
    return chain(
        f'cq.Workplane("{plane}")', f".circle({outer}).circle({inner})", f".extrude({length})"
    )


def stepped_shaft(rng: random.Random) -> CadProgram:
    """Two or three coaxial cylinders, thinner towards the eye."""
    plane = rng.choice(("XY", "YZ"))
    count = rng.choice((2, 3))
    radius, length = _stock(rng, shortest=40)
    radii = [radius, *sorted(rng.sample(grid(5, radius - 5, 5), count - 1), reverse=True)]
    ends = [0, *sorted(rng.sample(grid(10, length - 10), count - 1)), length]
    first, *others = (
        f".circle({r}).extrude({end - start})"
        for r, (start, end) in zip(radii, pairwise(ends), strict=True)
    )
    return chain(
        f'cq.Workplane("{plane}"){first}',
        *(f'.faces("{PLANES[plane]}").workplane(){step}' for step in others),
    )


def prism(rng: random.Random) -> CadProgram:
    """A regular prism along any axis, solid or bored; the circle is around its corners."""
    plane = rng.choice(list(PLANES))
    if rng.random() < 0.5:  # only these are as wide as their circle
        corners, diameter, length = rng.choice((6, 8)), LONGEST, rng.choice(grid(10, LONGEST, 5))
    else:
        corners, diameter, length = rng.choice((3, 5, 6, 8)), rng.choice(grid(40, 90)), LONGEST
    inscribed = diameter / 2 * math.cos(math.pi / corners)
    bore = f".circle({rng.choice(grid(5, int(inscribed) - 5, 5))})" if rng.random() < 0.5 else ""
    return chain(
        f'cq.Workplane("{plane}").polygon({corners}, {diameter}){bore}', f".extrude({length})"
    )


def cone(rng: random.Random) -> CadProgram:
    """A frustum on either end; a widening one is steep enough for its flank to be seen."""
    wide, height = _stock(rng, slimmest=20)
    narrow = rng.choice(grid(5, wide - 5, 5))
    if wide - narrow < height and rng.random() < 0.5:
        foot, head = narrow, wide
    else:
        foot, head = wide, narrow
    return chain(
        'cq.Workplane("XZ")',
        f".hLineTo({foot}).lineTo({head}, {height}).hLineTo(0).close()",
        ".revolve()",
    )


def spool(rng: random.Random) -> CadProgram:
    """A core between two rims, which leave it in sight."""
    rim, height = _stock(rng, slimmest=20, shortest=40)
    thick = rng.choice(up_to(height / 2 - 10, (5, 10, 15, 20)))
    core = rng.choice(grid(max(5, rim - (height - 2 * thick)), rim - 5, 5))
    return chain(
        'cq.Workplane("XZ")',
        f".hLineTo({rim}).vLineTo({thick}).hLineTo({core}).vLineTo({height - thick})",
        f".hLineTo({rim}).vLineTo({height}).hLineTo(0).close()",
        ".revolve()",
    )


def _stock(rng: random.Random, *, slimmest: int = 15, shortest: int = 10) -> tuple[int, int]:
    """Radius and length of round stock; its diameter or its length is ``LONGEST``."""
    if rng.random() < 0.5:
        return _HALF, rng.choice(grid(shortest, LONGEST, 5))
    return rng.choice(grid(slimmest, _HALF - 5, 5)), LONGEST
