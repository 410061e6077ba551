"""Parts made to order: parametric families, written as short CadQuery programs.

They exist so that a small model can learn *picture to code* from nothing but one grey isometric
picture, in which absolute size cannot be seen and only the right, front and top faces show. Hence:

- every part's longest side is ``LONGEST``, all other lengths are integers on a coarse grid;
- no parameter hides: holes go through, pockets show their floor, ends face the eye;
- a family has one way of writing its parts down, and every draw is a valid solid by construction.

:data:`FAMILIES` are what a source of synthetic parts has when it does not say which. :data:`ALL`
has more of them, about operations that these lack. :data:`MACHINES` are another kind: long programs
whose parameters are known, to measure how far a model gets.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic import (
    blocks,
    formed,
    machined,
    operations,
    plates,
    profiles,
    rounds,
)
from cadvlm.sequences.synthetic.draw import LONGEST

__all__ = ["ALL", "FAMILIES", "GROUPS", "LONGEST", "MACHINES", "chosen", "part"]

Family = Callable[[random.Random], CadProgram]

FAMILIES: dict[str, Family] = {
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

ALL: dict[str, Family] = FAMILIES | {
    family.__name__: family
    for family in (
        operations.lofted_block,
        operations.lofted_adapter,
        operations.swept_pipe,
        operations.mirrored_plate,
        operations.counterbored_block,
        operations.countersunk_block,
        operations.lettered_plate,
        operations.pin_assembly,
    )
}

MACHINES: dict[str, Family] = {
    family.__name__: family
    for family in (
        machined.instrument_panel,
        machined.boss_carrier,
        machined.round_housing,
        machined.stepped_spindle,
        machined.enclosure,
        machined.manifold,
        formed.mirrored_yoke,
        formed.lofted_hopper,
        formed.pipe_elbow,
        formed.turned_pulley,
        formed.gusset_bracket,
        formed.pump_assembly,
    )
}
"""Parts of ten and more operations, of which not all can be seen in one picture."""

_EVERY = ALL | MACHINES

GROUPS: dict[str, tuple[str, ...]] = {
    "default": tuple(FAMILIES),
    "all": tuple(ALL),
    "machines": tuple(MACHINES),
    "sketches": tuple(
        ["l_profile", "u_profile", "t_profile", "wedge", "tube", "stepped_shaft", "prism"]
    ),
}
"""Families by one word; ``sketches`` do nothing but sketch and extrude."""


def chosen(names: Iterable[str]) -> list[str]:
    """Families by their names and those of groups, each once, in order.

    Raises:
        KeyError: a name that is neither.
    """
    every = (one for name in names for one in GROUPS.get(name, (name,)))
    families = list(dict.fromkeys(every))
    for name in families:
        if name not in _EVERY:
            raise KeyError(name)
    return families


def part(
    seed: int | str, index: int, families: Sequence[str] = tuple(FAMILIES)
) -> tuple[str, CadProgram]:
    """Part ``index`` of the endless series ``seed``: the family's name and the program.

    Depends on nothing but its arguments, on any machine. Families take turns, so any run of
    consecutive indices is balanced.
    """
    name = families[index % len(families)]
    # Seeding with a string hashes it by SHA-512, which no interpreter setting changes.
    return name, _EVERY[name](random.Random(f"{seed}:{index}"))
