"""Parts made to order: parametric families, written as short CadQuery programs.

They exist so that a small model can learn *picture to code* from nothing but one grey isometric
picture, in which absolute size cannot be seen and only the right, front and top faces show. Hence:

- every part's longest side is ``LONGEST``, all other lengths are integers on a coarse grid;
- no parameter hides: holes go through, pockets show their floor, ends face the eye;
- a family has one way of writing its parts down, and every draw is a valid solid by construction.
"""

from __future__ import annotations

import random
from collections.abc import Callable

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic import blocks, plates, profiles, rounds
from cadvlm.sequences.synthetic.draw import LONGEST

__all__ = ["FAMILIES", "LONGEST", "part"]

FAMILIES: dict[str, Callable[[random.Random], CadProgram]] = {
    family.__name__: family
    for family in (
        plates.corner_hole_plate,
        plates.hole_grid_plate,
        plates.slotted_plate,
        plates.boss_plate,
        blocks.drilled_block,
        blocks.pocket_block,
        blocks.filleted_block,
        blocks.chamfered_block,
        blocks.open_box,
        profiles.l_profile,
        profiles.u_profile,
        profiles.t_profile,
        profiles.wedge,
        profiles.ribbed_bracket,
        rounds.bolt_circle_disc,
        rounds.flange,
        rounds.tube,
        rounds.stepped_shaft,
        rounds.prism,
        rounds.cone,
        rounds.spool,
    )
}
"""Name of a family -> the function that draws one of its parts."""


def part(seed: int, index: int) -> tuple[str, CadProgram]:
    """Part ``index`` of the endless series ``seed``: the family's name and the program.

    Depends on nothing but its arguments, on any machine. Families take turns, so any run of
    consecutive indices is balanced.
    """
    name = list(FAMILIES)[index % len(FAMILIES)]
    # Seeding with a string hashes it by SHA-512, which no interpreter setting changes.
    return name, FAMILIES[name](random.Random(f"{seed}:{index}"))
