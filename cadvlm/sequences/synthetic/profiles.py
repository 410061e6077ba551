"""Straight-sided sections, extruded: towards the eye from the XZ plane, or upwards from XY.

Sections start at the origin with their open side towards +x and +y of the sketch plane.
"""

from __future__ import annotations

import random

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import chain, grid, sides, up_to

_THICKNESSES = (5, 10, 15, 20, 30)


def l_profile(rng: random.Random) -> CadProgram:
    """An angle section with equally thick legs."""
    width, height, length = sides(rng, smallest=30)
    thick = rng.choice(up_to(min(width, height) - 15, _THICKNESSES))
    return chain(
        _plane(rng),
        f".hLineTo({width}).vLineTo({thick}).hLineTo({thick}).vLineTo({height}).hLineTo(0).close()",
        f".extrude({length})",
    )


def u_profile(rng: random.Random) -> CadProgram:
    """A channel section, open towards +y of the sketch, with equally thick walls."""
    width, height, length = sides(rng, smallest=30)
    thick = rng.choice(up_to(min(width / 2, height) - 5, _THICKNESSES))
    return chain(
        _plane(rng),
        f".hLineTo({width}).vLineTo({height}).hLineTo({width - thick}).vLineTo({thick})",
        f".hLineTo({thick}).vLineTo({height}).hLineTo(0).close()",
        f".extrude({length})",
    )


def t_profile(rng: random.Random) -> CadProgram:
    """A tee standing on its flange, the web in the middle."""
    width, height, length = sides(rng, smallest=30)
    flange = rng.choice(up_to(height - 15, _THICKNESSES))
    web = rng.choice(up_to(width - 20, grid(10, 40)))
    left, right = (width - web) // 2, (width + web) // 2
    return chain(
        _plane(rng),
        f".hLineTo({width}).vLineTo({flange}).hLineTo({right}).vLineTo({height})",
        f".hLineTo({left}).vLineTo({flange}).hLineTo(0).close()",
        f".extrude({length})",
    )


def wedge(rng: random.Random) -> CadProgram:
    """A block whose upper right edge is cut off by a slope."""
    width, height, length = sides(rng, smallest=30)
    lip, ridge = rng.choice(grid(10, height - 10)), rng.choice(grid(10, width - 10))
    return chain(
        _plane(rng),
        f".hLineTo({width}).vLineTo({lip}).lineTo({ridge}, {height}).hLineTo(0).close()",
        f".extrude({length})",
    )


def ribbed_bracket(rng: random.Random) -> CadProgram:
    """An angle bracket with a triangular rib in the middle of its inner corner."""
    width, height, length = sides(rng, smallest=40)
    thick = rng.choice((5, 10, 15, 20))
    half_rib = rng.choice(up_to(length / 2 - 10, (5, 10, 15)))
    return chain(
        'cq.Workplane("XZ")',
        f".hLineTo({width}).vLineTo({thick}).hLineTo({thick}).vLineTo({height}).hLineTo(0).close()",
        f".extrude({length}).workplane(offset=-{half_rib})",
        f".moveTo({thick}, {thick}).hLineTo({width}).lineTo({thick}, {height}).close()",
        f".extrude({2 * half_rib})",
    )


def _plane(rng: random.Random) -> str:
    return f'cq.Workplane("{rng.choice(("XY", "XZ"))}")'
