"""What an operation is for, in a word that people use: a plate, a boss, a through hole.

From the forms of the outlines and the box of what is there already, so a word may be too friendly:
a round cut at the inner corner of an angle is called a hole.
"""

from __future__ import annotations

from cadvlm.codegen.body import Body
from cadvlm.codegen.forms import Disc, Rectangle, Slot, form
from cadvlm.sequences.loops import bounds
from cadvlm.sequences.model import Boolean, Extrude, Profile

THIN = 4.0
"""A plate is at least so many times as wide as it is thick, a bar so many times as long."""


def intent(op: Extrude, before: Body, decimals: int) -> str:
    """A noun for each thing that an operation makes; ``before`` is what was there."""
    nouns = {_noun(op, profile, before, decimals) for profile in op.profiles}
    general = {Boolean.CUT: "recess", Boolean.JOIN: "pad"}
    return nouns.pop() if len(nouns) == 1 else general.get(op.boolean, "body")


def counted(count: int, noun: str, rest: str = "") -> str:
    """``4 circles of ...``, or ``circle of ...`` where there is one."""
    return f"{count} {noun}s{rest}" if count > 1 else noun + rest


def _noun(op: Extrude, profile: Profile, before: Body, decimals: int) -> str:
    outline = form(profile.outer, decimals)
    match op.boolean, outline:
        case Boolean.NEW, _:
            return _base(profile, abs(op.end - op.start), decimals)
        case Boolean.JOIN, Disc():
            return "collar" if profile.inner else "boss"
        case Boolean.JOIN, Rectangle():
            return "block"
        case Boolean.JOIN, _:
            return "pad"
        case Boolean.INTERSECT, _:
            return "outline to keep"
    through, inside = before.pierced(op), before.holds(op)
    match outline:
        case _ if profile.inner:
            return "cut-out" if through else "groove"
        case Disc() if inside:
            return "through hole" if through else "blind hole"
        case Slot() if inside and through:
            return "slot"
    return "cut-out" if through else "pocket" if inside else "recess"


def _base(profile: Profile, height: float, decimals: int) -> str:
    outline = form(profile.outer, decimals)
    left, bottom, right, top = bounds(profile.outer)
    thin, middle, long = sorted((right - left, top - bottom, height))
    if isinstance(outline, Disc):
        flat, bored = (
            thin == height,
            any(isinstance(form(h, decimals), Disc) for h in profile.inner),
        )
        words = ("ring", "disc") if flat else ("tube", "cylinder")
        return words[0] if bored and len(profile.inner) == 1 else words[1]
    if middle >= THIN * thin and thin == height:
        return "plate"
    if isinstance(outline, Rectangle) and not profile.inner:
        return "plate" if middle >= THIN * thin else "bar" if long >= THIN * middle else "block"
    return "profile" if long == height else "body"
