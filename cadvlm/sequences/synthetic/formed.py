"""Parts of ten and more operations that are bent, cast, turned or put together."""

from __future__ import annotations

import random

from cadvlm.records import CadProgram
from cadvlm.sequences.synthetic.draw import LETTERS, LONGEST, at, chain, grid, rim

_HALF = LONGEST // 2


def mirrored_yoke(rng: random.Random) -> CadProgram:
    """Half of a fork with a lug, and its mirror image."""
    y, thick, lug = rng.choice((40, 50, 60)), rng.choice((10, 12)), rng.choice((30, 36, 40))
    bore = rng.choice((8, 10, 12))
    return chain(
        f'cq.Workplane("XY").box({_HALF}, {y}, {thick}, centered=(False, True, False))',
        f'.edges("|Z and >X").fillet({rng.choice((4, 6, 8))})',
        f"{at(30, 0, thick)}.rect(12, {y - 16}).extrude({lug})",
        f'.faces(">Z").edges("|X").fillet({rng.choice((4, 6, 8))})',
        f"{at(36, 0, thick + lug // 2, 'YZ')}.circle({bore // 2 + 4})"
        f".extrude({rng.choice((2, 3, 4))})",
        f"{at(24, 0, thick + lug // 2, 'YZ')}.circle({bore // 2}).cutBlind(20)",
        f"{at(43, 0, thick)}.rarray(1, {y - 16}, 1, 2).hole(4)",
        f"{at(12, 0, thick)}.cboreHole({rng.choice((4, 5))}, 10, {rng.choice((3, 4))})",
        f"{at(0, 0, thick)}.rect(10, {rng.choice((10, 14, 18))}).cutThruAll()",
        f"{at(12, 0, 0)}.rect(12, {y - 20}).cutBlind({rng.choice((2, 3))})",
        '.mirror("YZ", union=True)',
    )


def lofted_hopper(rng: random.Random) -> CadProgram:
    """A funnel from a round spout to a square mouth, on a drilled flange, with ribs."""
    mouth, height = LONGEST, rng.choice((40, 50, 60))
    foot, bore = rng.choice((18, 20, 22)), rng.choice((10, 12))
    flange, top = foot + 16, height + 4
    across = mouth - rng.choice((0, 10, 20, 30))
    return chain(
        f'cq.Workplane("XY").circle({foot}).workplane(offset={height})'
        f".rect({mouth}, {across}).loft()",
        f"{at(0, 0, height)}.rect({mouth}, {across}).extrude(4)",
        f'.faces(">Z").edges().chamfer({rng.choice((1, 2))})',
        f"{at(0, 0, 0)}.circle({flange}).extrude(-{rng.choice((6, 8))})",
        f"{at(0, 0, 0)}.polarArray({foot + 10}, 45, 360, 4).hole(5, 10)",
        f"{at(0, 0, -4)}.circle({bore + 3}).extrude(-{rng.choice((12, 16, 20))})",
        f"{at(0, 0, top)}.rect(60, 40).workplane(offset=-{top - 10}).circle({bore}).loft("
        'combine="cut")',
        f"{at(0, 0, 12)}.circle({bore}).cutBlind(-60)",
        f"{at(0, 0, top)}.rect(66, 46).rect(64, 44).cutBlind(-{rng.choice((2, 3))})",
        f"{at(0, 0, top)}.rarray(86, 1, 2, 1).hole({rng.choice((4, 5))}, 6)",
        f"{at(0, 0, 0)}.polarArray({flange}, 0, 360, 4).rect(6, 8).cutBlind(-10)",
    )


def pipe_elbow(rng: random.Random) -> CadProgram:
    """A bent pipe with a drilled flange at either end and a branch."""
    outer, bend = rng.choice((12, 14, 16)), rng.choice((35, 40, 45))
    inner, flange = outer - rng.choice((3, 4)), outer + 14
    rise = rng.choice((10, 15, 20))
    along = LONGEST - flange - bend
    top = rise + bend
    path = f'cq.Workplane("XZ").vLine({rise}).radiusArc(({bend}, {top}), {bend}).hLine({along})'
    bolt = rng.choice((2, 3))
    return chain(
        f'cq.Workplane("XY").circle({outer}).sweep({path})',
        f"{at(0, 0, 0)}.circle({flange}).extrude({rng.choice((5, 6, 8))})",
        f"{at(bend + along, 0, top, 'YZ')}.circle({flange}).extrude(-{rng.choice((5, 6, 8))})",
        f"{rim(0, 0, 0)}.chamfer(1)",
        f"{rim(bend + along, 0, top)}.chamfer(1)",
        f"{at(bend + along // 2, 0, top)}.circle({outer - 4}).extrude({outer + 6})",
        f'.cut(cq.Workplane("XY").circle({inner}).sweep({path}))',
        f"{at(bend + along // 2, 0, top + outer + 6)}.hole({2 * outer - 14}, {outer + 6})",
        f"{at(0, 0, 0)}.polarArray({outer + 7}, 45, 360, 4).circle({bolt}).cutBlind(10)",
        f"{at(bend + along, 0, top, 'YZ')}.polarArray({outer + 7}, 45, 360, 4)"
        f".circle({bolt}).cutBlind(-10)",
        f"{at(0, 0, 0)}.circle({inner + 2}).cutBlind({rng.choice((1, 2))})",
    )


def turned_pulley(rng: random.Random) -> CadProgram:
    """A revolved wheel with a groove, a bored hub, spokes cut free and a grub screw."""
    width, hub = rng.choice((24, 28, 32)), rng.choice((16, 18, 20))
    bore, groove = rng.choice((8, 10, 12)), rng.choice((4, 5, 6))
    proud = rng.choice((6, 8, 10))
    middle = width // 2
    return chain(
        f'cq.Workplane("XZ").rect({_HALF}, {width}, centered=False)'
        ".revolve(360, (0, 0, 0), (0, 1, 0))",
        f'.cut(cq.Workplane("XZ").moveTo({_HALF}, {middle - groove})'
        f".lineTo({_HALF - 2 * groove}, {middle}).lineTo({_HALF}, {middle + groove}).close()"
        ".revolve(360, (0, 0, 0), (0, 1, 0)))",
        f"{rim(0, 0, width)}.chamfer(1)",
        f"{rim(0, 0, 0)}.chamfer(1)",
        f"{at(0, 0, width)}.circle(36).circle({hub}).cutBlind(-{rng.choice((4, 6))})",
        f"{at(0, 0, 0)}.circle(36).circle({hub}).cutBlind({rng.choice((4, 6))})",
        f"{at(0, 0, width)}.circle({hub}).extrude({proud})",
        f"{rim(0, 0, width + proud)}.fillet({rng.choice((1, 2))})",
        f"{at(0, 0, width + proud)}.hole({bore})",
        f"{at(0, 0, width)}.polarArray(27, 0, 360, {rng.choice((4, 5, 6))}).circle(6).cutThruAll()",
        f"{at(0, 0, width + proud)}.center({bore // 2}, 0).rect(4, 4).cutThruAll()",
        f"{at(0, 0, width + proud // 2, 'YZ')}.circle(1).cutBlind({hub + 5})",
    )


def gusset_bracket(rng: random.Random) -> CadProgram:
    """An angle with two ribs, holes in both legs, a slot and bevelled edges."""
    wide, tall, thick = rng.choice((60, 70, 80)), rng.choice((50, 60, 70)), rng.choice((8, 10))
    rib = rng.choice((20, 25, 30))
    ribs = [
        f'.union(cq.Workplane("XZ", origin=({thick}, {y}, {thick})).lineTo({rib}, 0)'
        f".lineTo(0, {rib}).close().extrude(5))"
        for y in (-wide // 2 + 5, wide // 2)
    ]
    return chain(
        f'cq.Workplane("XY").box({LONGEST}, {wide}, {thick}, centered=(False, True, False))',
        f'.edges("|Z and >X").fillet({rng.choice((6, 8, 10))})',
        f"{at(0, 0, thick)}.rect({2 * thick}, {wide}).extrude({tall - thick})",
        f'.intersect(cq.Workplane("XY").box({LONGEST}, {wide}, 200, centered=(False, True, True)))',
        f'.edges("|X and >Z").chamfer({rng.choice((5, 8, 10))})',
        *ribs,
        f"{at(70, 0, thick)}.rarray(1, {wide - 24}, 1, 2).cskHole(5, 10, 90)",
        f"{at(60, 0, thick)}.slot2D({rng.choice((20, 24))}, {rng.choice((6, 8))}).cutThruAll()",
        f"{at(0, 0, tall - 14, 'YZ')}.rarray({wide - 28}, 1, 2, 1).circle(3).cutBlind({thick})",
        f"{at(0, 0, tall - 14, 'YZ')}.circle({rng.choice((5, 6, 7))}).cutBlind({thick})",
        f'{at(86, 0, thick)}.text("{rng.choice(LETTERS)}", 12, -2)',
    )


def pump_assembly(rng: random.Random) -> CadProgram:
    """A base, a housing on it, a shaft through it and two bolts: five solids."""
    thick, height = rng.choice((8, 10, 12)), rng.choice(grid(30, 50, 5))
    radius, bore = rng.choice((20, 22, 24)), rng.choice((8, 10, 12))
    base = (
        f'cq.Workplane("XY").box({LONGEST}, 60, {thick}, centered=(True, True, False))'
        f'.edges("|Z").fillet({rng.choice((4, 6, 8))})'
        '.faces(">Z").workplane().rect(84, 44, forConstruction=True).vertices().hole(6)'
    )
    housing = (
        f'cq.Workplane("XY").circle({radius}).extrude({height})'
        f'.faces(">Z").edges().chamfer({rng.choice((1, 2))})'
        f'.faces(">Z").workplane().hole({bore + 2})'
    )
    shaft = (
        f'cq.Workplane("XY").circle({bore // 2}).extrude({height + rng.choice((10, 15, 20))})'
        '.faces(">Z").edges().chamfer(1)'
    )
    bolt = 'cq.Workplane("XY").polygon(6, 10).extrude(5).faces(">Z").edges().chamfer(1)'
    return chain(
        "cq.Assembly()",
        f".add({base})",
        f".add({housing}, loc=cq.Location((0, 0, {thick})))",
        f".add({shaft}, loc=cq.Location((0, 0, {thick})))",
        f".add({bolt}, loc=cq.Location((-36, 0, {thick})))",
        f".add({bolt}, loc=cq.Location((36, 0, {thick})))",
    )
